"""From a text to the steps that it asks for; a word that no sentence has makes it ask for none.

A text is cut into clauses, and each must be a sentence, whole: “unless” or “not” may turn a clause
around, and nothing is done on a guess.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

from .grammar import WORD, Draft, Rules, Slot


class Unclear(Exception):
    """The clause, and the part of it that is in no sentence."""

    def __init__(self, clause: str, part: str) -> None:
        super().__init__(clause, part)
        self.clause, self.part = clause, part


# What turns a clause around, or makes it depend on something: then none of it is done.
NOT = re.compile(
    r"\b(?:not|never|neither|nor|no longer|no more|without|unless|except|but|or|if|when|once|until"
    r"|till|before|after|later|tomorrow|wait|hold on|maybe|perhaps|only|half|part|up to|less than"
    r"|more than|cancel|provided|assuming|as long as|as soon as|subject to|otherwise|should|first"
    r"|ignore|avoid(?:ed)?|stop)\b|\S*%|\w*n['\u2019]t\b",
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
    if steps := first(rules.steps(each, opened(text)) for each in rules.sentences if each.whole):
        return steps
    clauses = [clause for clause in NEXT.split(text) if bare(clause)]
    try:
        return [step for clause in clauses for step in meaning(clause, rules)]
    except Unclear:  # of what is all that is asked for, what does not fit can be asked for anew
        one = bare(clauses[0])
        loose = (rules.steps(each, one, loose=True) for each in rules.sentences)
        if len(clauses) == 1 and not NOT.search(one) and (steps := first(loose)):
            return steps
        raise


def meaning(said: str, rules: Rules) -> list[Draft]:
    if steps := first(rules.steps(each, opened(said)) for each in rules.sentences if each.quoted):
        return steps
    clause = bare(said)
    if negation := NOT.search(clause):
        raise Unclear(clause, clause[negation.start() :])
    if steps := first(rules.steps(each, clause) for each in rules.sentences):
        return steps
    cuts = list(re.finditer(r",? and |, ", clause))
    for cut in cuts if len(cuts) <= MOST_CUTS else ():
        begun = bare(clause[: cut.start()])
        if steps := first(rules.steps(each, begun) for each in rules.sentences):
            with suppress(Unclear):
                return [*steps, *meaning(clause[cut.end() :], rules)]
    raise Unclear(clause, foreign(clause, rules))


def foreign(clause: str, rules: Rules) -> str:
    """What is left of the clause beside the longest sentence in it; or a word that is misspelt, or
    what stands behind the words that it begins with and that are known.
    """
    regexes = (regex for each in rules.sentences for regex in rules.regexes(each))
    found = [re.search(rf"(?<!\w)(?:{one})(?!\w)", clause, re.I | re.S) for one in regexes]
    known = max((match[0] for match in found if match), key=len, default="")
    if known:
        return clause.replace(known, " ", 1).strip(" ,")
    said = [word for word in WORD.finditer(clause) if word[0].lower() not in rules.words]
    near = (word[0] for word in said if get_close_matches(word[0].lower(), rules.words, 1, 0.8))
    return next(near, clause[said[0].start() :] if said else clause)


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


def opened(text: str) -> str:
    """Without the courtesies in front of it."""
    begun = BEFORE.match(text)
    return text[begun.end() if begun else 0 :].strip()


def bare(text: str) -> str:
    return BEHIND.sub("", opened(text), count=1)


def first(found: Iterator[list[Draft]]) -> list[Draft]:
    return next(filter(None, found), [])
