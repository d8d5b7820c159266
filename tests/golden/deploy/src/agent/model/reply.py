"""A model's reply is read: lenient in its form, exact in its meaning.

It is thinking, which is left out, prose, and exactly one JSON object, fenced or not. Whatever else
it may be is no step. The time that this takes grows with its length and with nothing else.
"""

import re
from collections.abc import Iterable
from typing import Any

from .json_text import NoStep, end_of_object, read_object

MAX_LENGTH = 1_000_000  # characters

# Thinking as models mark it. The template of some opens it in the prompt: then it only ends.
TAGS = r"think|thinking|thoughts?|reasoning|reflection|analysis|scratchpad"
MARK = re.compile(
    rf"(?P<brace>[{{}}])|(?P<begin><(?:{TAGS})>|\[THINK\]|◁think▷)"
    rf"|(?P<end></(?:{TAGS})>|\[/THINK\]|◁/think▷)",
    re.IGNORECASE,
)
# What stands around an object that is mentioned, quoted, or a part of something larger.
OPENING, CLOSING = r"\"'“\u2018«", r"\"'”\u2019»"
MENTION = re.compile(rf"[\w\[(,;=+{OPENING}{CLOSING}][ \t]*\Z|[{CLOSING}]\s*:\s*\Z|\A\s*[|>]\s*\Z")
OPENED = re.compile(rf"[\[({OPENING}]\s*\Z")
CLOSED = re.compile(rf"\s*+[\]),:{CLOSING}]")
ALONE = re.compile(r"""[ \t]*+(?:[`.!*]|</?[\w|:-]+>|<\|[\w|]+\|>)*+[ \t]*+(?:\Z|[\r\n])""")
TAG = re.compile(MARK.pattern.partition("|")[2], re.IGNORECASE)
BEGINS_WITH_OBJECT = re.compile(r"\s*(?:```\w*\s*)?\{")
NO_PROSE = re.compile(r"```\w*|</?[\w|:-]+>|<\|[\w|]+\|>|\W")


def read_reply(text: str, shown: Iterable[str] = ()) -> dict[str, Any]:
    """The one object of the reply. Raises NoStep with what is wrong, in words of ours.

    An object that stands in what the model was shown is, with prose around it, a quotation.
    """
    if len(text) > MAX_LENGTH:
        raise NoStep(f"it is longer than {MAX_LENGTH:,} characters")
    begin, start, end = find(text)
    if not stands_alone(text, begin, start, end):
        raise NoStep("its JSON object is part of a sentence, or of something larger")
    if has_prose(text[begin:start], text[end:]) and is_quoted(text[start:end], shown):
        raise NoStep("its JSON object is a quotation from the thread")
    return read_object(text[start:end])


def find(text: str) -> tuple[int, int, int]:
    """Where the thinking ends, and where the only object behind it begins and ends."""
    found: tuple[int, int] | None = None
    thought = place = end_of_unopened_thinking(text)
    while mark := MARK.search(text, place):
        place = mark.end()
        if mark["begin"] and found:
            raise NoStep("it goes on thinking behind its JSON object")
        if mark["begin"]:
            thought = place = end_of_thinking(text, mark)
        elif mark["end"]:
            if thought:
                raise NoStep("its thinking ends twice")
            thought, found = place, None
        elif mark["brace"] == "}":
            raise NoStep("its braces do not match")
        elif found:
            raise NoStep("it has more than one JSON object")
        else:
            found = mark.start(), (place := end_of_object(text, mark.start()))
    if not found:
        raise NoStep("it has no JSON object")
    return thought, *found


def end_of_unopened_thinking(text: str) -> int:
    """0 if there is none. An object at the very beginning may have the tag in one of its texts."""
    tag = TAG.search(text)
    return tag.end() if tag and tag["end"] and not BEGINS_WITH_OBJECT.match(text) else 0


def end_of_thinking(text: str, begin: re.Match[str]) -> int:
    """Behind the first tag that ends what this one began."""
    name = re.sub(r"\W", "", begin[0])
    end = re.compile(rf"(?:</{name}>|\[/{name}\]|◁/{name}▷)", re.IGNORECASE)
    if not (found := end.search(text, begin.end())):
        raise NoStep("it was cut off while thinking")
    return found.end()


def stands_alone(text: str, begin: int, start: int, end: int) -> bool:
    """Whether the object is no part of a sentence, of a list or of a larger text."""
    before = text[begin:start]
    line = before[max(before.rfind("\n"), before.rfind("\r")) + 1 :]
    part = MENTION.search(line[-200:]) if line.strip() else OPENED.search(before[-200:])
    return not part and bool(ALONE.match(text, end)) and not CLOSED.match(text, end)


def has_prose(*around: str) -> bool:
    return any(NO_PROSE.sub("", text) for text in around)


def is_quoted(found: str, shown: Iterable[str]) -> bool:
    """Whether it stands there, however it is spaced."""
    return any("".join(found.split()) in "".join(text.split()) for text in shown)
