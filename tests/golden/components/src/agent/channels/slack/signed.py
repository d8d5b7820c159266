"""What Slack sends is signed over its raw bytes; nothing else is read any further."""

from fastapi import HTTPException, Request
from slack_sdk.signature import SignatureVerifier

from ...settings import WrongSettings
from .settings import configured

HEADERS = ("x-slack-request-timestamp", "x-slack-signature")


async def signed(request: Request) -> bytes:
    """The body, if Slack has sent it in the last five minutes. Raises HTTPException, 401."""
    given = [request.headers.getlist(name) for name in HEADERS]
    if any(len(values) != 1 for values in given):
        raise refused()
    try:
        secrets = configured().secrets
    except WrongSettings:  # it is not used here
        raise refused() from None
    [timestamp], [signature] = given
    body = await request.body()
    if not any(is_right(secret, body, timestamp, signature) for secret in secrets):
        raise refused()
    return body


def is_right(secret: str, body: bytes, timestamp: str, signature: str) -> bool:
    """The verifier says no to what is wrong, and raises at what is malformed."""
    try:
        return SignatureVerifier(secret).is_valid(body, timestamp, signature)
    except (ValueError, TypeError, OverflowError):
        return False


def refused() -> HTTPException:
    return HTTPException(401, "this is not signed by Slack, or too long ago")
