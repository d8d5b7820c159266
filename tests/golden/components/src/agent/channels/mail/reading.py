"""A mail as it came in, by whichever way: who wrote, what, and in reply to what. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.errors import MessageError
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage, MIMEPart
from email.policy import default
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from typing import Any

from .settings import ADDRESS

MESSAGE_ID = re.compile(r"<[^<>\s]{1,990}>")
# Stricter than RFC 5322: Python's own parser takes `ada@example.com <eve@evil.example>` for Ada's.
ONE_AUTHOR = re.compile(r'("[^"@<>]*"|[^"@<>,;:()]*)<([^<>\s]+)>|([^<>\s]+)')
ROBOTS = re.compile(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", re.ASCII)
# Of a header, and of a page, so much is read: what is longer takes the square of the time.
MAX_HEADER = 4_000
MAX_PAGE = 200_000
CUT = "\n[\u2026]"  # there is more, so nothing above it is a yes
header = HeaderRegistry()
policy = default.clone(header_factory=lambda name, value: header(name, value[:MAX_HEADER]))
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


def from_bytes(raw: bytes, is_cut: bool = False) -> Mail:
    """A whole mail, or what there is of it. Raises NoMail."""
    try:
        message = message_from_bytes(raw, policy=policy)
        assert isinstance(message, EmailMessage)
        headers = [(name, unfolded(value)) for name, value in message.raw_items()]
        return mail_of(headers, text_in(message) + (CUT if is_cut else ""), raw)
    except UNREADABLE as error:
        raise NoMail(f"this is no mail: {type(error).__name__}") from None


def from_postmark(body: bytes) -> Mail:
    """The JSON that Postmark posts. Raises NoMail."""
    try:
        posted = json.loads(body)
        if isinstance(raw := posted.get("RawEmail"), str):
            return from_bytes(raw.encode())
        headers = [(str(each["Name"]), str(each["Value"])) for each in posted["Headers"]]
        headers += [("From", whole(posted["FromFull"])), ("Subject", str(posted["Subject"]))]
        text = posted.get("TextBody") or text_of_html(str(posted.get("HtmlBody") or ""))
        return mail_of(headers, str(text), body)
    except UNREADABLE as error:
        raise NoMail(f"this is not what Postmark posts: {type(error).__name__}") from None


def from_mailgun(form: Mapping[str, str], body: bytes) -> Mail:
    """The form that Mailgun posts, parsed or raw. Raises NoMail."""
    try:
        if raw := form.get("body-mime"):
            return replace(from_bytes(raw.encode()), envelope=envelope_in(form))
        headers = [(str(name), str(value)) for name, value in json.loads(form["message-headers"])]
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
    if len(froms) != 1:
        return "", ""
    found = ONE_AUTHOR.fullmatch(froms[0].strip())
    name, address = (found[1] or "", (found[2] or found[3]).lower()) if found else ("", "")
    return decoded(name).strip(' "'), address if ADDRESS.fullmatch(address) else ""


def unfolded(value: Any) -> str:
    """As it was sent: what is read into it, and decoded, is for whoever asks."""
    return normalized(re.sub(r"\r?\n(?=[ \t])", "", str(value)))


def decoded(value: str) -> str:
    return normalized(policy.header_factory("subject", value))


def whole(full: Mapping[str, Any]) -> str:
    return f"<{full['Email']}>"


def text_in(message: EmailMessage) -> str:
    """Of all its parts: some write one above a picture and one below."""
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    kind = body.get_content_type()
    texts = [part.get_content() for part in shown_in(message) if part.get_content_type() == kind]
    whole = [text_of_html(text) if kind == "text/html" else text for text in texts]
    return "\n".join(whole)


def shown_in(part: MIMEPart) -> Iterator[MIMEPart]:
    """The texts of a mail, without what is attached."""
    if part.is_multipart() and not part.get_content_type().startswith("message/"):
        for each in part.iter_parts():
            yield from shown_in(each)
    elif part.get_content_maintype() == "text" and not part.is_attachment():
        yield part


def normalized(text: str) -> str:
    """As JSON can hold it, with the line ends that everybody else uses."""
    return str(text).encode("utf-8", "replace").decode().replace("\r\n", "\n")


class Readable(HTMLParser):
    """What can be read of a page, without what it quotes."""

    UNSEEN = ("blockquote", "style", "script", "head", "title")
    BREAKS = ("br", "p", "div", "tr", "li")

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.within = 0

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.within += tag in self.UNSEEN
        self.said += ["\n"] if tag in self.BREAKS else []

    def handle_endtag(self, tag: str) -> None:
        self.within -= tag in self.UNSEEN and self.within > 0

    def handle_data(self, data: str) -> None:
        if not self.within:
            self.said.append(data)


def text_of_html(html: str) -> str:
    page = Readable()
    # Outlook writes these, and what it does not know of them ends the parser.
    page.feed(re.sub(r"<!\[[^>]*>?", " ", html[:MAX_PAGE]))
    page.handle_data(unescape(page.rawdata))  # `close` takes the square of the time for it
    return "".join(page.said).strip() + (CUT if len(html) > MAX_PAGE else "")
