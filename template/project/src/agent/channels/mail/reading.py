"""A mail as it came in, by whichever way: who wrote, what, and in reply to what. Pure."""

import json
import re
from codecs import lookup
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
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
# Not by Python's own parser, which takes `ada@example.com <eve@evil.example>` for Ada's.
QUOTED = r'"(?:[^"\\]|\\.)*"'
COMMENT = r"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)"
ONE_AUTHOR = re.compile(
    rf'((?:{QUOTED}|{COMMENT}|[^"\\()<>,;:])*)<([^<>()",;:\s]+)>(?:\s|{COMMENT})*'
    rf'|([^<>()",;:\s]+)((?:\s|{COMMENT})*)'
)
ROBOTS = re.compile(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", re.ASCII)
# Of a header, and of a page, so much is read: what is longer takes the square of the time.
MAX_HEADER = 4_000
MAX_PAGE = 200_000
CUT = "\n[\u2026]"  # there is more, so nothing above it is a yes
STRUCK = "~~"  # around what is struck out, so that it is no word
LINE_ENDS = ("\n", "\n> ")
ENDLESS = ("punycode", "idna")  # they take the square of the time as well
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
        sender, subject = f"<{posted['FromFull']['Email']}>", str(posted["Subject"])
        headers += [("From", sender), ("Subject", subject)]
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
    found = ONE_AUTHOR.fullmatch(froms[0].strip()) if len(froms) == 1 else None
    if found is None or len(found[0]) > MAX_HEADER:
        return "", ""
    address = str(found[2] or found[3]).lower()
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


def text_in(part: MIMEPart) -> str:
    """Of all that is shown, in its order: some write one text above a picture and one below. Of
    alternatives the first that says anything, or one that shows that something is struck out.
    """
    if not part.is_multipart() or part.get_content_type().startswith("message/"):
        return words_in(part)
    texts = [text for each in part.iter_parts() if (text := text_in(each)).strip()]
    if part.get_content_type() == "multipart/alternative":
        return next((text for text in texts if STRUCK in text), texts[0] if texts else "")
    return "\n".join(texts)


def words_in(part: MIMEPart) -> str:
    if part.get_content_maintype() != "text" or part.is_attachment():
        return ""
    text = characters_in(part.get_payload(decode=True), part.get_content_charset(""))
    return text_of_html(text) if part.get_content_subtype() == "html" else text


def characters_in(raw: Any, charset: str) -> str:
    """Some name what they are written in by a name of their own, or by none that there is."""
    alias = re.sub(r"^(windows|ibm|cp)-?(?=\d)", "cp", re.sub(r"^x-|-[ie]$", "", charset))
    for name, errors in ((charset, "replace"), (alias, "replace"), ("utf-8", "strict")):
        with suppress(LookupError, ValueError):
            if lookup(name).name not in ENDLESS:
                return bytes(raw).decode(name, errors)
    return bytes(raw).decode("latin-1")


def normalized(text: str) -> str:
    """As JSON can hold it, with the line ends that everybody else uses."""
    return str(text).encode("utf-8", "replace").decode().replace("\r\n", "\n")


class Readable(HTMLParser):
    """What can be read of a page. What it quotes is marked as in plain text, and what it strikes
    out is no word; what would not be seen is read as well where its end is missing.
    """

    UNSEEN = ("style", "script", "title")
    BLOCKS = ("p", "div", "tr", "li", "blockquote", "pre", "hr", "h1", "h2", "h3")
    STRUCK = ("s", "del", "strike")

    def __init__(self) -> None:
        super().__init__()
        self.said, self.unseen, self.within = ["\n"], list[str](), Counter[str]()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.within[tag] += 1
        self.begin(tag)
        style = str(dict(attributes).get("style")).lower()
        self.said += [STRUCK] if tag in self.STRUCK or "line-through" in style else []

    def handle_endtag(self, tag: str) -> None:
        self.within[tag] -= self.within[tag] > 0
        self.unseen = self.unseen if self.is_unseen else []
        self.said += [STRUCK] if tag in self.STRUCK else []
        self.begin(tag if tag != "br" else "")

    @property
    def is_unseen(self) -> bool:
        return any(self.within[each] for each in self.UNSEEN)

    def begin(self, tag: str) -> None:
        """A line, marked or not, in place of one that was begun and is empty."""
        if tag in self.BLOCKS and self.said[-1] in LINE_ENDS:
            self.said.pop()
        if tag in (*self.BLOCKS, "br"):
            self.said.append(LINE_ENDS[self.within["blockquote"] > 0])

    def handle_data(self, data: str) -> None:
        text = data if self.within["pre"] else re.sub(r"[ \t\r\n]+", " ", data)
        if self.is_unseen:
            self.unseen.append(data)
        elif text.strip(" ") or self.said[-1] not in LINE_ENDS:
            self.said.append(text.replace("\n", LINE_ENDS[self.within["blockquote"] > 0]))


def text_of_html(html: str) -> str:
    page = Readable()
    # Outlook writes these, and what it does not know of them ends the parser.
    page.feed(re.sub(r"<!\[(?:(?:end)?if[^<>]*\](?:>|(?=-->)))?", " ", html[:MAX_PAGE]))
    page.handle_data(unescape(page.rawdata))  # `close` takes the square of the time for it
    return "".join([*page.said, *page.unseen]).strip() + (CUT if len(html) > MAX_PAGE else "")
