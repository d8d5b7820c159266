"""What is signed in links and in the names of mails: which call of which thread, for whom.

Nothing is kept of it. That a link decides once follows from the call, which is answered once.
"""

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from pydantic import SecretStr

from ...people import Person
from .settings import Mailing, secrets_in

CHANNEL = "email"
Kind = Literal["asks", "reminds", "settles", "ends", "explains"]


@dataclass(frozen=True)
class Link:
    """`until` is in seconds since 1970."""

    thread_id: str
    call_id: str
    address: str
    until: int

    @property
    def person(self) -> Person:
        return Person(CHANNEL, self.address)


@dataclass(frozen=True)
class Name:
    """What a mail of ours is about, in its Message-ID: a reply says it again.

    `since` is when what waits was asked, in milliseconds since 1970: after a delay it is another.
    """

    kind: Kind
    thread_id: str
    call_id: str
    to: str
    since: int = 0
    about: str = ""  # what tells it from another of the same


def token_for(link: Link, secret: SecretStr) -> str:
    return signed("link", [link.thread_id, link.call_id, link.address, link.until], secret)


def link_in(token: str, secret: SecretStr) -> Link | None:
    """None for what we have not signed. Whether its time is over is not asked here."""
    said = signed_in("link", token, secret)
    return Link(*said) if said else None


def message_id(name: Name, mailing: Mailing) -> str:
    """The same mail has the same name, however often it is sent."""
    who = sha256(f"{name.to}\n{name.about}".encode()).hexdigest()[:8]
    said: list[str | int] = [name.kind, name.thread_id, name.call_id, who, name.since]
    return f"<{signed('mail', said, mailing.secret)}@{mailing.domain}>"


def name_in(text: str, secret: SecretStr) -> Name | None:
    said = signed_in("mail", text.strip().strip("<>").partition("@")[0], secret)
    return Name(*said) if said else None


def signed(purpose: str, said: Sequence[str | int], secret: SecretStr) -> str:
    body = json.dumps(said, separators=(",", ":")).encode()
    made = signature(purpose, body, secrets_in(secret)[0])
    return f"{urlsafe_b64encode(body).decode().rstrip('=')}.{made}"


def signed_in(purpose: str, token: str, secret: SecretStr) -> list[Any] | None:
    if not re.fullmatch(r"[\w-]{1,1000}\.[0-9a-f]{32}", token, re.ASCII):
        return None
    text, _, given = token.partition(".")
    try:
        body = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    ours = [signature(purpose, body, each) for each in secrets_in(secret)]
    if not sum(hmac.compare_digest(given, one) for one in ours):
        return None
    said: list[Any] = json.loads(body)
    return said


def signature(purpose: str, body: bytes, secret: SecretStr) -> str:
    text = f"agent email {purpose}\n".encode() + body
    return hmac.new(secret.get_secret_value().encode(), text, "sha256").hexdigest()[:32]
