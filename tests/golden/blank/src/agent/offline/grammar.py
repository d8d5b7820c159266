"""From a text to the steps that it asks for; a word that no sentence has makes it ask for none.

`sentences.py` has the sentences. A text is cut into clauses, and each must be one of them, whole:
“unless” or “not” may turn a clause around, and nothing is done on a guess.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
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
PLACE = re.compile(r"\{([a-z_]+)\}")


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
    def regex(self) -> str:
        one = self.pattern or "|".join(self.choices)
        more = rf"(?:(?:,|,? and) (?:{one}))*" if self.several else ""
        return rf"(?:{one}){more}"

    def values(self, text: str | None) -> list[Any]:
        """What the words in this place mean: one hole if they are missing or do not fit."""
        if text is None:
            missing = Hole(self.wanted, self.choices)
            return [missing if self.default is None else self.default]
        if not re.fullmatch(self.regex, text, re.I | re.S):
            return [Hole(f"{self.wanted} in place of “{text[:40]}”", self.choices)]
        found = re.findall("|".join(self.choices), text, re.I) if self.several else [text]
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

    def regexes(self, sentence: Sentence, loose: bool = False) -> list[str]:
        def place(found: re.Match[str]) -> str:
            more = r"|\S+" if loose else ""
            return f"(?P<{found[1]}>{self.places[found[1]].regex}{more})"

        apart = sentence.patterns.replace("[ ]", " ") if loose else sentence.patterns
        return [PLACE.sub(place, regex_of(each)) for each in apart.split("; ")]

    def steps(self, sentence: Sentence, text: str, loose: bool = False) -> list[Draft]:
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


class Unclear(Exception):
    """The clause, and the part of it that is in no sentence."""

    def __init__(self, clause: str, part: str) -> None:
        super().__init__(clause, part)
        self.clause, self.part = clause, part


# What turns a clause around, or makes it depend on something: then none of it is done.
NOT = re.compile(
    r"\b(?:not|never|neither|nor|no longer|no more|without|unless|except|but|or|if|when|once|until"
    r"|till|before|after|later|tomorrow|wait|hold on|maybe|perhaps|only|half|part|up to|less than"
    r"|more than|cancel)\b|\S*%|\w*n['\u2019]t\b",
    re.I,
)
NEXT = re.compile(r",?\s+and then\s+|,?\s+then\s+|;|[.!?](?=\s|$)|\n", re.I)
BEFORE = re.compile(
    r"(?:[\s,]|\b(?:please|can|could|would|will|you|hi|hello|hey|now|also|so|ok|okay|yes|no(?=[,.;:])|and|then"
    r"|i want to|we need to|let['\u2019]?s|just|what is|what['\u2019]s)\b)*",
    re.I,
)
BEHIND = re.compile(r"(?:[\s,.;?!=]|\b(?:please|now|thanks|thank you|again|instead)\b)*\Z", re.I)
LONGEST, MOST_CUTS = 2000, 8  # so that no text takes long


def understand(text: str, rules: Rules) -> list[Draft]:
    """The steps that a text asks for. Raises Unclear, and then none of it is to be done."""
    if len(text) > LONGEST:
        part = f"{text[:40]}… ({len(text)} characters, of which it reads {LONGEST} at most)"
        raise Unclear(part, part)
    if steps := first(rules.steps(each, bare(text)) for each in rules.sentences if each.whole):
        return steps
    clauses = [clause for clause in map(bare, NEXT.split(text)) if clause]
    return [step for clause in clauses for step in meaning(clause, rules)]


def meaning(clause: str, rules: Rules) -> list[Draft]:
    if steps := first(rules.steps(each, clause) for each in rules.sentences if each.quoted):
        return steps
    if negation := NOT.search(clause):
        raise Unclear(clause, clause[negation.start() :])
    if steps := first(rules.steps(each, clause) for each in rules.sentences):
        return steps
    cuts = list(re.finditer(r",? and |, ", clause))
    for cut in cuts if len(cuts) <= MOST_CUTS else ():
        begun = bare(clause[: cut.start()])
        if steps := first(rules.steps(each, begun) for each in rules.sentences):
            with suppress(Unclear):
                return [*steps, *meaning(bare(clause[cut.end() :]), rules)]
    if steps := first(rules.steps(each, clause, loose=True) for each in rules.sentences):
        return steps
    raise Unclear(clause, foreign(clause, rules))


def foreign(clause: str, rules: Rules) -> str:
    """What is left of the clause beside the longest sentence in it; or a word that is misspelt."""
    regexes = (regex for each in rules.sentences for regex in rules.regexes(each))
    found = [re.search(rf"(?<!\w)(?:{one})(?!\w)", clause, re.I | re.S) for one in regexes]
    known = max((match[0] for match in found if match), key=len, default="")
    if known:
        return clause.replace(known, " ", 1).strip(" ,")
    words = words_of(rules)
    said = (word for word in WORD.findall(clause) if word.lower() not in words)
    return next((word for word in said if get_close_matches(word.lower(), words, 1, 0.75)), clause)


def words_of(rules: Rules) -> set[str]:
    return set(WORD.findall(PLACE.sub(" ", " ".join(each.patterns for each in rules.sentences))))


def is_near(text: str, rules: Rules) -> bool:
    """Whether a word of it is one of theirs."""
    return any(word.lower() in words_of(rules) for word in WORD.findall(text))


WORD = re.compile("[A-Za-z]{4,}")

# What may stand in an answer beside what was asked for.
ANSWERING = re.compile(
    r"(?:[\s,.;:!]|\b(?:please|thanks|the|to|in|on|of|for|and|order|instead|rather|let['\u2019]?s"
    r"|try|use|take|make it|it is|it['\u2019]s)\b)*",
    re.I,
)


def answered(text: str, open_places: Mapping[str, Slot]) -> dict[str, list[Any]]:
    """What an answer has for them. Raises Unclear if it is a question, or says anything besides."""
    doubt = NOT.search(text)
    if len(text) > LONGEST or "?" in text or doubt:
        raise Unclear(text, text[doubt.start() :] if doubt else text)
    values: dict[str, list[Any]] = {}
    rest = text
    for name, slot in open_places.items():
        if found := re.search(slot.regex, rest, re.I):
            values[name] = slot.values(found[0])
            rest = f"{rest[: found.start()]} {rest[found.end() :]}"
    if not values or not ANSWERING.fullmatch(rest):
        raise Unclear(text, rest.strip() if values else text)
    return values


def bare(text: str) -> str:
    """Without the courtesies around it."""
    begun = BEFORE.match(text)
    return BEHIND.sub("", text[begun.end() if begun else 0 :], count=1)


def first(found: Iterator[list[Draft]]) -> list[Draft]:
    return next(filter(None, found), [])


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
