"""Others' words as Slack shows them: none of them can be a mention, a link, a button or ours.

In what is marked up, Slack gives a meaning to three characters and leaves the rest to how it looks;
others' words stand behind a bar there, and what would run stands in code.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

from ...redaction import redact
from ...shown import visible

Block = dict[str, Any]
SECTION = 3_000  # characters, as each of these
LABEL = 75  # of a button, of an option
FENCE = "```"
ROOM = SECTION - 2 * len(FENCE) - 2  # in it


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, longest: int) -> str:
    """Slack counts as JavaScript does: what is beyond the first plane is two."""
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * longest:
        return text
    kept = units[: 2 * (longest - 1)].decode("utf-16-le", "ignore")
    return re.sub(r"&[a-z]{0,4}\Z", "", kept) + "…"  # no half of what was escaped


def said(text: str, longest: int = SECTION) -> str:
    """Somebody's words, each line behind a bar, whatever they begin with. Secrets are left out."""
    return cut(behind_bars(text), longest)


def behind_bars(text: str) -> str:
    shown = visible(str(redact(text)).replace("\r\n", "\n"), but="\n\t")
    return "\n".join(f"> {line}" for line in escaped(shown).split("\n"))


def is_said_whole(text: str) -> bool:
    return said(text) == behind_bars(text)


def code(lines: Iterable[str]) -> Iterator[str]:
    """Lines of JSON as they are, so many together as there is room for."""
    rows: list[str] = []
    for line in lines:
        row = cut(in_code(line), ROOM)
        if rows and len("\n".join([*rows, row]).encode("utf-16-le")) > 2 * ROOM:
            yield fenced(rows)
            rows = []
        rows.append(row)
    if rows:
        yield fenced(rows)


def in_code(line: str) -> str:
    return escaped(line.replace("`", "\\u0060"))  # as JSON can write it


def is_code_whole(lines: Iterable[str]) -> bool:
    """Whether none of them is cut: it can be longer as it is written there."""
    return all(cut(in_code(line), ROOM) == in_code(line) for line in lines)


def fenced(rows: list[str]) -> str:
    return "\n".join([FENCE, *rows, FENCE])


def section(text: str) -> Block:
    return {"type": "section", "text": marked_up(text)}


def note(text: str) -> Block:
    return {"type": "context", "elements": [marked_up(text)]}


def marked_up(text: str) -> Block:
    return {"type": "mrkdwn", "text": cut(text, SECTION), "verbatim": True}


def plain_text(text: str, longest: int = LABEL) -> Block:
    """Slack looks for nothing in it."""
    return {"type": "plain_text", "text": cut(visible(text), longest) or "—", "emoji": False}


def typed(text: str) -> str:
    """What somebody wrote, without the marks that Slack gives to what it knows in it."""
    return unescape_slack(re.sub(r"<([^<>|]*)(?:\|([^<>]*))?>", meant, text)).strip()


def meant(found: re.Match[str]) -> str:
    target, label = found[1], found[2]
    match target[:1]:
        case "@" | "#" | "!":
            return f"{target[:1].replace('!', '@')}{(label or target[1:]).lstrip('@#')}"
    return target.removeprefix("mailto:")


def unescape_slack(text: str) -> str:
    return re.sub("&(amp|lt|gt);", lambda found: unescape(found[0]), text)
