"""What can be read of a mail: all its texts, in their order. Pure.

Nothing that its writer said may be lost, as it may be the condition of a yes: of what is not read
there is a word, and what is struck out is marked.
"""

import re
from codecs import lookup
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from email.message import MIMEPart
from html import unescape
from html.parser import HTMLParser
from typing import Any

MAX_PAGE = 200_000  # characters: what is longer takes the square of the time
CUT = "\n[\u2026]"  # there is more, so nothing above it is a yes
STRUCK = "~~"  # around what is struck out, so that it is no word
# Where a comment, or what is not shown, ends for a browser and not for the parser.
ENDS = (
    (re.compile(r"<!--+>"), "<!---->"),
    (re.compile(r"--!>"), "-->"),
    (re.compile(r"</(style|script|title)\b[^<>]*>", re.I), r"</\1>"),
)
LINE_ENDS = ("\n", "\n> ")
ENDLESS = ("punycode", "idna")  # they take the square of the time as well


def text_in(part: MIMEPart) -> str:
    return "\n".join(texts_in(part))


def texts_in(part: MIMEPart) -> Sequence[str]:
    """Of all that is shown, in its order: some write one text above a picture and one below. Of
    alternatives the one with the most texts, or that shows that something is struck out.
    """
    if not part.is_multipart() or part.get_content_type().startswith("message/"):
        return [text] if (text := words_in(part)).strip() else []
    texts = [found for each in part.iter_parts() if (found := texts_in(each))]
    if part.get_content_type() == "multipart/alternative":
        return max(texts, key=lambda each: (STRUCK in "".join(each), len(each)), default=[])
    return [text for found in texts for text in found]


def words_in(part: MIMEPart) -> str:
    """Of a text or a mail that is attached, that it is there."""
    kind = part.get_content_maintype()
    if kind == "message" or (kind == "text" and part.is_attachment()):
        return f"[attached: {part.get_filename() or part.get_content_type()}]"
    if kind != "text":
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
    html, is_cut = html[:MAX_PAGE], len(html) > MAX_PAGE
    # Outlook writes these, and what it does not know of them ends the parser.
    html = re.sub(r"<!\[(?:(?:end)?if[^<>]*\](?:>|(?=-->)))?", " ", html)
    for as_browsers_read, as_parsed in ENDS:
        html = as_browsers_read.sub(as_parsed, html)
    page.feed(html)
    page.handle_data(unescape(page.rawdata))  # `close` takes the square of the time for it
    return "".join([*page.said, *page.unseen]).strip() + (CUT if is_cut else "")
