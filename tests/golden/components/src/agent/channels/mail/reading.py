"""A mail as it came in, by whichever way: who wrote, what, and in reply to what. Pure."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.errors import MessageError
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import default
from functools import lru_cache
from hashlib import sha256
from typing import Any

from .settings import ADDRESS
from .texts import CUT, text_in, text_of_html

MESSAGE_ID = re.compile(r"<[^<>\s]{1,990}>")
# Not by Python's own parser, which takes `ada@example.com <eve@evil.example>` for Ada's.
QUOTED = r'"(?:[^"\\]|\\.)*"'
COMMENT = r"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)"
ONE_AUTHOR = re.compile(
    rf'((?:{QUOTED}|{COMMENT}|[^"\\()<>,;:])*)<([^<>()",;:\s]+)>(?:\s|{COMMENT})*'
    rf'|([^<>()",;:\s]+)((?:\s|{COMMENT})*)'
)
ROBOTS = re.compile(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", re.ASCII)
MAX_HEADER = 4_000  # characters: what is longer takes the square of the time
MAX_OTHER = 1_000  # of a header of which there can be one in each part
MOST_PARTS, MOST_LEVELS = 100, 30
MOST = 1_000_000  # bytes of a mail that are read; of what stands behind them, none is a yes
registry = HeaderRegistry()


@lru_cache(maxsize=1_000)
def header(name: str, value: str) -> Any:
    longest = MAX_OTHER if name.lower().startswith("content-") else MAX_HEADER
    return registry(name, value[:longest])


policy = default.clone(header_factory=header)
# What the parsers of mails and of HTML raise; AssertionError is the latter's own.
UNREADABLE = (
    *(MessageError, ValueError, LookupError, AttributeError, TypeError),
    *(RecursionError, AssertionError),
)


class NoMail(ValueError):
    """What came is no mail that can be read."""


@dataclass(frozen=True)
class Mail:
    """`sender` is the one address of From, in lower case, and empty where there is not one."""

    id: str
    sender: str
    name: str
    subject: str
    text: str
    headers: Sequence[tuple[str, str]]
    envelope: str = ""

    def all(self, name: str) -> list[str]:
        return [value for header, value in self.headers if header.lower() == name]

    @property
    def refers_to(self) -> list[str]:
        """What it replies to, the nearest first."""
        headers = [*self.all("references")[:1], *self.all("in-reply-to")[:1]]
        # Decoded, because some break what is too long for a line as if it were words.
        texts = [decoded(text[-MAX_HEADER:]) for text in headers]
        found = [each for text in texts for each in MESSAGE_ID.findall(text)]
        return list(dict.fromkeys(reversed(found)))

    @property
    def is_automatic(self) -> bool:
        """By a machine, which might answer for ever: an out-of-office, a bounce, a list."""
        submitted = self.all("auto-submitted")
        return (
            any(each.strip().lower() != "no" for each in submitted)
            or bool({each.strip().lower() for each in self.all("precedence")} & BULK)
            or any(self.all(name) for name in ("x-autoreply", "x-autorespond", "list-id"))
            or any(each.strip() == "<>" for each in self.all("return-path"))
            or any("multipart/report" in each.lower() for each in self.all("content-type"))
            or bool(ROBOTS.match(self.sender))
        )


BULK = {"bulk", "list", "junk", "auto_reply"}


def beginning_of(raw: bytes) -> Mail:
    """As much of a mail as is read of any. Raises NoMail."""
    return from_bytes(raw[:MOST], len(raw) >= MOST)


def from_bytes(raw: bytes, is_cut: bool = False) -> Mail:
    """A whole mail, or what there is of it. Raises NoMail."""
    try:
        message = message_from_bytes(plainly(raw), policy=policy)
        assert isinstance(message, EmailMessage)
        headers = [(name, unfolded(value)) for name, value in message.raw_items()]
        return mail_of(headers, text_in(message) + (CUT if is_cut else ""), raw)
    except NoMail:
        raise
    except UNREADABLE as error:
        raise NoMail(f"this is no mail: {type(error).__name__}") from None


def plainly(raw: bytes) -> bytes:
    """As whoever vouches for it reads it. To Python's parser a lone CR ends a line, and a blank
    before the colon a header, or all of them. Raises NoMail, also for what would take minutes.
    """
    head, *body = re.split(rb"(?<=\n)(?=\r?\n)", raw, maxsplit=1)
    if re.search(rb"\r(?!\n)", head):
        raise NoMail("its headers have a line end that is none")
    small = raw.lower()
    if small.count(b"content-type") > MOST_PARTS or small.count(b"boundary") > MOST_LEVELS:
        raise NoMail("it has too many parts")
    return b"".join([re.sub(rb"(?m)^([!-9;-~]+)[ \t]+:", rb"\1:", head), *body])


def from_postmark(body: bytes) -> Mail:
    """The JSON that Postmark posts. Raises NoMail."""
    try:
        posted = json.loads(body)
        if isinstance(raw := posted.get("RawEmail"), str):
            return beginning_of(raw.encode())
        found = ((each["Name"], each["Value"]) for each in posted["Headers"])
        headers = [(str(name).strip(), str(value)) for name, value in found]
        sender, subject = f"<{posted['FromFull']['Email']}>", str(posted["Subject"])
        headers += [("From", sender), ("Subject", subject)]
        text = str(posted.get("TextBody") or "")
        text = text or text_of_html(str(posted.get("HtmlBody") or "")[:MOST])
        return mail_of(headers, text[:MOST] + (CUT if len(text) > MOST else ""), body)
    except UNREADABLE as error:
        raise NoMail(f"this is not what Postmark posts: {type(error).__name__}") from None


def from_mailgun(form: Mapping[str, str], body: bytes) -> Mail:
    """The form that Mailgun posts, parsed or raw. Raises NoMail."""
    try:
        if raw := form.get("body-mime"):
            return replace(beginning_of(raw.encode()), envelope=envelope_in(form))
        found = json.loads(form["message-headers"])
        headers = [(str(name).strip(), str(value)) for name, value in found]
        text = form.get("body-plain") or text_of_html(form.get("body-html", ""))
        return mail_of(headers, text, body, envelope_in(form))
    except UNREADABLE as error:
        raise NoMail(f"this is not what Mailgun posts: {type(error).__name__}") from None


def envelope_in(form: Mapping[str, str]) -> str:
    return form["sender"].strip().lower()


def mail_of(headers: Sequence[tuple[str, str]], text: str, raw: bytes, envelope: str = "") -> Mail:
    def one(name: str) -> str:
        return next((value for header, value in headers if header.lower() == name), "")

    name, sender = author(value for header, value in headers if header.lower() == "from")
    found = MESSAGE_ID.search(one("message-id"))
    id = found[0] if found else f"<{sha256(raw).hexdigest()}@no.message.id>"
    return Mail(id, sender, name, decoded(one("subject")), normalized(text), headers, envelope)


def author(values: Iterable[str]) -> tuple[str, str]:
    """The name and the address in From, where there is one From and one address in it."""
    froms = list(values)
    found = ONE_AUTHOR.fullmatch(froms[0].strip()) if len(froms) == 1 else None
    if found is None or len(found[0]) > MAX_HEADER:
        return "", ""
    address = str(found[2] or found[3])
    if not address.isascii():  # in small letters it could be another one's
        return "", ""
    address = address.lower()
    words = re.split(r"[\s()<>]+", re.sub(QUOTED, " ", found[0]).lower())
    if {word for word in words if "@" in word} != {address} or not ADDRESS.fullmatch(address):
        return "", ""
    name = decoded(re.sub(COMMENT, " ", found[1] or "") or found[4] or "").strip(' "()')
    return " ".join(reversed(name.split(", "))), address


def unfolded(value: Any) -> str:
    """As it was sent: what is read into it, and decoded, is for whoever asks."""
    return normalized(re.sub(r"\r?\n(?=[ \t])", "", str(value)))


def decoded(value: str) -> str:
    return normalized(policy.header_factory("subject", value))


def normalized(text: str) -> str:
    """As JSON can hold it, with the line ends that everybody else uses."""
    return str(text).encode("utf-8", "replace").decode().replace("\r\n", "\n")
