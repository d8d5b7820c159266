"""A model's reply is read: lenient in its form, exact in its meaning.

It is thinking, which is left out, prose, and exactly one JSON object, fenced or not. Whatever else
it may be is no step. The time that this takes grows with its length and with nothing else.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .json_text import NoStep, end_of_object, read_object
from .schema import unwrapped

MAX_LENGTH = 1_000_000  # characters

# Thinking as models mark it. The template of some opens it in the prompt: then it only ends.
TAGS = r"think|thinking|thoughts?|reasoning|reflection|analysis|scratchpad"
OF = r"(?:\w{1,20}:)?"
MARK = re.compile(
    rf"(?P<brace>[{{}}])|(?P<begin><{OF}(?P<name>{TAGS})(?:\s[^<>]*)?>|\[THINK\]|◁think▷"
    rf"|<\|channel\|>\s*(?P<channel>analysis)\b)"
    rf"|(?P<end></{OF}(?:{TAGS})\s*>|\[/THINK\]|◁/think▷)",
    re.IGNORECASE,
)
# The tags that an answer may stand in. In any other it is a draft, an example, or struck out.
ANSWERS = (
    r"(?:final_?)?(?:answer|output|response|result|decision|step|action)|next_?step"
    r"|(?:tool|function)_?calls?|json|code|pre|p|div|br"
    r"|begin_of_text|im_start|start|assistant|(?:start|end)_header_id|message|final"
)
ANSWER = re.compile(ANSWERS, re.IGNORECASE)
# The same of fences: what is said of a block, such as `diff` or `draft`, is said of what is in it.
FENCE = re.compile(r"(?:```+|~~~+)[ \t]*([^\n{`~]*)")
OF_ANSWERS = re.compile(rf"|{ANSWERS}|json[5cl]?|js|javascript|te?xt|plain_?text", re.IGNORECASE)
END_OF_CHANNEL = re.compile(r"<\|end\|>|(?=<\|channel\|>)")
ANY_TAG = re.compile(
    r"<\|channel\|>\s*(?P<channel>\w+)|<(?P<end>/?)\|?(?P<name>[a-zA-Z][\w:.-]*+)[^<>]*+>"
)
# What stands around an object that is mentioned, quoted, or a part of something larger.
OPENING, CLOSING = r"\"'“\u2018«", r"\"'”\u2019»"
COMMENT = r"\A\s*(?:[|>]|[#%]+|//+|--+)\s*\Z"
MENTION = re.compile(rf"[\w\[(,;=+{OPENING}{CLOSING}][ \t]*\Z|[{CLOSING}]\s*:\s*\Z|{COMMENT}")
OPENED = re.compile(rf"(?:[\[({OPENING}]|/\*+|(?<!~)~~)\s*\Z")
CLOSED = re.compile(rf"\s*+(?:[\]),:{CLOSING}]|\*/|~~(?!~)|</(?!(?:{ANSWERS}|s)\b))", re.IGNORECASE)
ALONE = re.compile(r"""[ \t]*+(?:[`.!*]|</?[\w|:-]+>|<\|[\w|]+\|>)*+[ \t]*+(?:\Z|[\r\n])""")
TAG = re.compile(MARK.pattern.partition("|")[2], re.IGNORECASE)
BEGINS_WITH_OBJECT = re.compile(r"\s*(?:```\w*\s*)?\{")
INNERMOST = re.compile(r"\{[^{}]*\}")
WORDS = re.compile(r"""[^\s{}\[\],:"'“”`\\]+""")
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
    step = read_object(text[start:end])
    if has_prose(text[begin:start], text[end:]) and is_quoted(text[start:end], step, shown):
        raise NoStep("its JSON object is a quotation from the thread")
    return step


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
    name = begin["name"] or "think"
    of_tag = re.compile(rf"</{OF}{name}\s*>|\[/{name}\]|◁/{name}▷", re.IGNORECASE)
    end = END_OF_CHANNEL if begin["channel"] else of_tag
    if not (found := end.search(text, begin.end())):
        raise NoStep("it was cut off while thinking")
    return found.end()


def stands_alone(text: str, begin: int, start: int, end: int) -> bool:
    """Whether the object is no part of a sentence, of a list or of a larger text."""
    before = text[begin:start]
    line = before[max(before.rfind("\n"), before.rfind("\r")) + 1 :]
    part = MENTION.search(line[-200:]) if line.strip() else OPENED.search(before[-200:])
    if part or is_in_a_tag(before) or is_in_a_block(before):
        return False
    return bool(ALONE.match(text, end)) and not CLOSED.match(text, end)


def is_in_a_tag(before: str) -> bool:
    """Whether what comes behind stands in a tag that is none of an answer's."""
    opened: Counter[str] = Counter()
    for tag in ANY_TAG.finditer(before):
        name = (tag["channel"] or tag["name"]).lower()
        if tag["end"]:
            opened[name] = max(0, opened[name] - 1)
        elif not tag[0].endswith("/>"):
            opened[name] += 1
    return any(number and not ANSWER.fullmatch(name) for name, number in opened.items())


def is_in_a_block(before: str) -> bool:
    """Whether it stands in a comment, or in a fence that says that it is no answer."""
    fences = FENCE.findall(before)
    is_other = len(fences) % 2 and not OF_ANSWERS.fullmatch(fences[-1].strip())
    return bool(is_other) or before.rfind("<!--") > before.rfind("-->")


def has_prose(*around: str) -> bool:
    return any(NO_PROSE.sub("", text) for text in around)


def is_quoted(found: str, step: dict[str, Any], shown: Iterable[str]) -> bool:
    """Whether it stands there, however it is spaced, quoted, ordered and spelled."""
    squeezed, words, step = "".join(found.split()), sorted(WORDS.findall(found)), unwrapped(step)
    return any(
        squeezed in "".join(text.split())
        or any(
            sorted(WORDS.findall(each)) == words or says(each, step)
            for each in INNERMOST.findall(text)
        )
        for text in shown
    )


def says(text: str, step: dict[str, Any]) -> bool:
    try:
        return str(step.get("intent")) in text and read_object(text) == step
    except NoStep:
        return False
