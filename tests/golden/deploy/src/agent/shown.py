"""How others' words are printed: nothing in them can pass for a line, an argument or an event.

All of it is pure. Values are quoted as JSON is; in words of several lines, each line after the
first bears a mark. Whatever moves the cursor, turns the direction or ends a line can be seen.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from unicodedata import east_asian_width

from .redaction import marked, redact

LONGEST = 1_000  # characters of one value that are shown
MORE = "  │ "  # before a line that goes on with what the line above says
# Letters and signs that nobody sees: fillers, the empty pattern of Braille, selectors of variants.
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00016fe4\U0001d159\U0001da7f\U0001da80\U000e0100-\U000e01ef]"
)
COLOUR_OR_CHAR = re.compile(r"\x1b\[[0-9;]*m|.", re.DOTALL)
SECRETS_RUN = "(secrets are shown in part: the call runs with them as they are)"


def quoted(value: Any) -> str:
    """Any JSON on one line; where it is long, its beginning and its length."""
    text = as_text(value)
    length = len(value) if isinstance(value, str) else len(text)
    cut = f"{text[:LONGEST]}… ({length:,} characters)" if len(text) > LONGEST else text
    return visible(cut)


def in_full(value: Any) -> str:
    return visible(as_text(value))


def as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def words(text: str) -> str:
    """What somebody says, whole."""
    lines = text.replace("\r\n", "\n").split("\n")
    return f"\n{MORE}".join(visible(line, but="\t") for line in lines)


def one_line(text: str) -> str:
    return visible(text)


def arguments(call: Mapping[str, Any], whole: bool = False) -> list[str]:
    """One a line, as they will run; secrets are marked as such and never there in full. Where a
    human decides what runs, nothing else is left out: `whole`, or not at all where it `is_cut`.
    """
    shown: dict[str, Any] = marked(dict(call))
    as_shown = in_full if whole else quoted
    lines = [f"{key_of(name)}: {as_shown(value)}" for name, value in shown.items()]
    return lines if shown == call else [*lines, SECRETS_RUN]


def is_cut(call: Mapping[str, Any]) -> bool:
    """Whether there is more of it than `arguments` shows."""
    return any(len(as_text(value)) > LONGEST for value in marked(dict(call)).values())


def described(data: Any) -> str:
    """Any JSON on one line, without its secrets."""
    return quoted(redact(data))


def listed(data: Any) -> list[str]:
    """The same, and of an object that is not long one name a line."""
    shown = redact(data)
    if isinstance(shown, dict) and shown and len(as_text(shown)) <= LONGEST:
        return [f"{key_of(name)}: {quoted(value)}" for name, value in shown.items()]
    return [quoted(shown)]


def key_of(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else quoted(name)


def visible(text: str, but: str = "") -> str:
    """What is no letter or sign stands there as JSON writes it: `\\n`, `\\u001b`."""
    rest = text.translate(dict.fromkeys(map(ord, but)))
    if rest.isprintable() and not BLANK.search(rest):  # as nearly all is
        return text
    return "".join(
        char if is_seen(char) or char in but else json.dumps(char)[1:-1] for char in text
    )


def folded(text: str, columns: int) -> str:
    """No line goes beyond the terminal's width: it would go on at the margin, as if it were new."""
    return "\n".join(row for line in text.split("\n") for row in rows(line, columns))


def rows(line: str, columns: int) -> Iterator[str]:
    """Cut behind a blank where one is near the end."""
    row, used = "", 0
    for piece in COLOUR_OR_CHAR.findall(line):
        if used + width(piece) > columns and used > len(MORE):
            end = row.rfind(" ") + 1
            end = end if end > max(columns // 2, len(MORE)) else len(row)
            yield row[:end]
            row = MORE + row[end:]
            used = sum(map(width, COLOUR_OR_CHAR.findall(row)))
        row, used = row + piece, used + width(piece)
    yield row


def width(piece: str) -> int:
    """In columns of a terminal; rather more than too few."""
    if piece.startswith("\x1b"):  # a colour
        return 0
    return 8 if piece == "\t" else 1 + (east_asian_width(piece) in "WF")


def is_seen(char: str) -> bool:
    return char.isprintable() and not BLANK.match(char)
