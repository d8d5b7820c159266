"""The form of the rules: sentences, the places in them, and what a place means.

`sentences.py` has those of this agent, and `clauses.py` finds them in a text.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import isfinite
from typing import Any, NamedTuple

Draft = dict[str, Any]  # an intent and its arguments: values, holes and RESULT


class Hole(NamedTuple):
    """What only a human can tell; `old` is what stood there and would not do."""

    wanted: str
    choices: tuple[str, ...] = ()
    old: Any = None


RESULT = "the result of the step before"
PLACE, WORD = re.compile(r"\{([a-z_]+)\}"), re.compile("[A-Za-z]{2,}")


@dataclass(frozen=True)
class Slot:
    """A place in a sentence: what fills it, and what is asked for where nothing does.

    Of `choices` there may be `several` in one place, each of which is a step of its own.
    """

    wanted: str
    pattern: str = ""
    read: Callable[[str], Any] = str
    choices: tuple[str, ...] = ()
    several: bool = False
    default: Any = None

    @property
    def one(self) -> str:
        longest_first = sorted(self.choices, key=len, reverse=True)
        return f"(?:{self.pattern or '|'.join(map(re.escape, longest_first))})"

    @property
    def regex(self) -> str:
        return self.one + (rf"(?:(?:,|,? and) {self.one})*" if self.several else "")

    def values(self, text: str | None) -> list[Any]:
        """What the words in this place mean: one hole if they are missing or do not fit."""
        if text is None:
            missing = Hole(self.wanted, self.choices)
            return [missing if self.default is None else self.default]
        if not re.fullmatch(self.regex, text, re.I | re.S):
            return [Hole(f"{self.wanted} in place of “{text[:40]}”", self.choices)]
        found = re.findall(self.one, text, re.I) if self.several else [text]
        return [self.read(each) for each in found]


@dataclass(frozen=True)
class Sentence:
    """What asks for a tool, and what is `said` of its result.

    Of the `patterns`, with `;` between them, each is a regular expression in which `[…]` may be
    missing and `{name}` is a place, as it may be in the intent; `given` are arguments that they
    imply. `mended_by` has what is found in an error, and the argument of which another value mends
    it; one of the `answers` will do as well, and changes others. An error with what is `final`
    ends it. What is `whole` is a text, and not a clause of one; the words of what is `quoted` are
    handed to a human, so none of them turns it around.
    """

    intent: str
    patterns: str
    said: str = ""
    mended_by: Mapping[str, str] = field(default_factory=dict)
    final: str = ""
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False
    quoted: bool = False

    def answer(self, text: str) -> Mapping[str, Any] | None:
        said = ((re.fullmatch(regex_of(one), text, re.I), one) for one in self.answers)
        return next((self.answers[one] for found, one in said if found), None)


@dataclass(frozen=True)
class Rules:
    """All that differs from agent to agent; `completed` adds to a step what was looked up."""

    places: Mapping[str, Slot]
    sentences: tuple[Sentence, ...]
    usage: str
    completed: Callable[[Draft, Draft], Draft] = lambda step, known: step

    @cached_property
    def words(self) -> set[str]:
        """That the sentences are made of."""
        patterns = " ".join(each.patterns for each in self.sentences)
        choices = " ".join(one for slot in self.places.values() for one in slot.choices)
        return {word.lower() for word in WORD.findall(f"{PLACE.sub(' ', patterns)} {choices}")}

    def regexes(self, sentence: Sentence, loose: bool = False) -> list[str]:
        other = rf"|(?!(?:{'|'.join(self.words)})\b)\S+" if loose else ""

        def place(found: re.Match[str]) -> str:
            return f"(?P<{found[1]}>{self.places[found[1]].regex}{other})"

        return [PLACE.sub(place, regex_of(each)) for each in sentence.patterns.split("; ")]

    def steps(self, sentence: Sentence, text: str, loose: bool = False) -> list[Draft]:
        """None if the text is not this sentence; a `loose` one may have other words in a place."""
        tried = (re.fullmatch(each, text, re.I | re.S) for each in self.regexes(sentence, loose))
        if not (found := next(filter(None, tried), None)):
            return []
        named = PLACE.findall(sentence.intent + sentence.patterns)
        names = [name for name in self.places if name in named]
        columns = [self.places[name].values(found.groupdict().get(name)) for name in names]
        fixed = {"intent": sentence.intent, **sentence.given}
        return [fixed | dict(zip(names, row, strict=True)) for row in product(*columns)]

    def sentence(self, intent: str) -> Sentence:
        """What this intent came of, with the places in its name filled in or not."""
        names = ((each, PLACE.sub(r"[\\w{}]+", each.intent)) for each in self.sentences)
        return next((each for each, name in names if re.fullmatch(name, intent)), Sentence("", ""))


def regex_of(pattern: str) -> str:
    grouped = re.sub(r"(?<!\\)(?:\[|\((?!\?))", "(?:", pattern)
    return re.sub(r"(?<!\\)\]", ")?", grouped).replace(" ", r"\s+")


def number(text: str) -> int | float | str | None:
    """Of a text that is one; the words for the result before; None for another."""
    if re.fullmatch(IT, text.strip(), re.I):
        return RESULT
    try:
        value = float(text) if set(text) & set(".eE") else int(text)
    except (ValueError, OverflowError):
        return None
    return value if isfinite(value) else None


IT = r"(?:(?:the|that|this|last|previous) )*(?:result|answer)|it|that|this"
NUMBER = rf"-?[0-9]{{1,300}}(?:\.[0-9]{{1,300}})?(?!\w)|{IT}"
