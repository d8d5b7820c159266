"""How others' words are printed: nothing in them can pass for a line, an argument or an event.

All of it is pure. Values are quoted as JSON is; in words of several lines, each line after the
first bears a mark. Whatever moves the cursor, turns the direction or ends a line can be seen.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from .redaction import marked, redact

LONGEST = 1_000  # characters of one value that are shown
MORE = "  │ "  # before a line that goes on with what the line above says
SECRETS_RUN = "(secrets are shown in part: the call runs with them as they are)"


def quoted(value: Any) -> str:
    """Any JSON on one line; where it is long, its beginning and its length."""
    text = json.dumps(value, ensure_ascii=False)
    length = len(value) if isinstance(value, str) else len(text)
    cut = f"{text[:LONGEST]}… ({length:,} characters)" if len(text) > LONGEST else text
    return visible(cut)


def words(text: str) -> str:
    """What somebody says, whole."""
    lines = text.replace("\r\n", "\n").split("\n")
    return f"\n{MORE}".join(visible(line, but="\t") for line in lines)


def one_line(text: str) -> str:
    return visible(text)


def arguments(call: Mapping[str, Any]) -> list[str]:
    """One a line, as they will run; secrets are marked as such and never there in full."""
    shown: dict[str, Any] = marked(dict(call))
    lines = [f"{key_of(name)}: {quoted(value)}" for name, value in shown.items()]
    return lines if shown == call else [*lines, SECRETS_RUN]


def described(data: Any) -> str:
    """Any JSON on one line, without its secrets."""
    return quoted(redact(data))


def key_of(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else quoted(name)


def visible(text: str, but: str = "") -> str:
    """What is no letter or sign stands there as JSON writes it: `\\n`, `\\u001b`."""
    if text.translate(dict.fromkeys(map(ord, but))).isprintable():  # as nearly all is
        return text
    return "".join(
        char if char.isprintable() or char in but else json.dumps(char)[1:-1] for char in text
    )
