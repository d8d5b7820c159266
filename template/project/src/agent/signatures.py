"""Standard Webhooks: a body bears its sender's signature, over its bytes, its name and the time.

https://www.standardwebhooks.com, with one secret that both sides know, `whsec_…`. The receiver may
hold two while one replaces the other, and the sender may sign with both.
"""

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

TOLERANCE = 300  # seconds, either way, between the sender's clock and ours
NAMES = ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
MAX_SIGNATURES = 10


def keys_in(secrets: str) -> list[bytes]:
    """Of one secret, or of more with commas between them. Raises ValueError."""
    try:
        keys = [key_in(each.strip().removeprefix("whsec_")) for each in secrets.split(",")]
    except ValueError:
        keys = [b""]
    if any(len(key) < 24 for key in keys):
        raise ValueError(
            "use whsec_ and the base64 of 24 bytes or more, as"
            ' `echo "whsec_$(openssl rand -base64 32)"` makes; between two of them a comma'
        )
    return keys


def key_in(base64: str) -> bytes:
    return b64decode(base64 + "=" * (-len(base64) % 4), validate=True)


def signature(key: bytes, name: str, at: str, body: bytes) -> str:
    signed = hmac.digest(key, f"{name}.{at}.".encode("latin-1", "replace") + body, "sha256")
    return f"v1,{b64encode(signed).decode()}"


def headers_for(keys: Sequence[bytes], name: str, at: int, body: bytes) -> dict[str, str]:
    """What is sent along with the body. The same message has the same name whenever it is sent."""
    signatures = " ".join(signature(key, name, str(at), body) for key in keys)
    return {ID: name, TIMESTAMP: str(at), SIGNATURE: signatures}


def fault_before(headers: Mapping[str, str], now: float) -> str | None:
    """Why this need not be read any further, whatever its body is."""
    if missing := [name for name in NAMES if not headers.get(name)]:
        return f"it is not signed: {missing[0]} is missing"
    at = headers[TIMESTAMP]
    if not re.fullmatch(r"[0-9]{1,12}", at):
        return f"{TIMESTAMP} is no number of seconds"
    if abs(now - int(at)) > TOLERANCE:
        return f"{TIMESTAMP} is more than {TOLERANCE} seconds away from now"
    return None


def fault_in(
    headers: Mapping[str, str], body: bytes, keys: Sequence[bytes], now: float
) -> str | None:
    """Why this is not believed, if it is not. Nothing of the body is read."""
    if fault := fault_before(headers, now):
        return fault
    at, given = headers[TIMESTAMP], headers[SIGNATURE].split(" ")
    right = [signature(key, headers[ID], at, body).encode() for key in keys]
    sent = [each.encode("utf-8", "replace") for each in given[:MAX_SIGNATURES]]
    # All of them each time: how long it takes says nothing about which was nearly right.
    if not sum(hmac.compare_digest(each, one) for each in sent for one in right):
        return "its signature is wrong"
    return None
