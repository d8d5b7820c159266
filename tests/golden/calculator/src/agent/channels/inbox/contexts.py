"""Factor 3: the exact context that the model sees now, or saw then, and what changed between."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ...context import ContextFormat
from ...events import Error, ModelFailed, ToolCall
from ...thread import Thread

LONGEST = 2_000  # lines that are compared one by one; more of them are old and new as a whole
AROUND = 3  # lines that did not change, on each side of those that did


@dataclass(frozen=True)
class Moment:
    """The model was asked: `at` is the event that came of it, None for now."""

    at: int | None
    label: str


@dataclass(frozen=True)
class Line:
    kind: Literal["same", "gone", "new", "left out"]
    text: str


def moments(thread: Thread) -> list[Moment]:
    """Each time the model was asked, and now."""
    asked = [Moment(e.id, label_of(e)) for e in thread.events if was_asked(e)]
    return [*asked, Moment(None, "now")]


def was_asked(event: object) -> bool:
    if isinstance(event, ToolCall | ModelFailed):
        return True
    return isinstance(event, Error) and event.call_id is None and "model" in (event.meta or {})


def label_of(event: object) -> str:
    return event.intent if isinstance(event, ToolCall) else getattr(event, "type", "")


def context_at(thread: Thread, at: int | None, form: ContextFormat) -> str:
    """As the event `at` was decided on, in the form of then."""
    if at is None:
        return thread.serialize_for_llm(form)
    then = (thread.events[at].meta or {}).get("format", form)
    return Thread(thread.events[:at]).serialize_for_llm(then if then in ("xml", "json") else form)


def changes(before: str, after: str) -> list[Line]:
    """Line by line, what did not change cut to a few lines around what did."""
    old, new = before.splitlines(), after.splitlines()
    # A context grows at its end: what both begin with need not be searched.
    start = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    if start is None:
        start = min(len(old), len(new))
    lines = [*same(new[:start]), *compared(old[start:], new[start:])]
    return lines


def compared(old: list[str], new: list[str]) -> list[Line]:
    if len(old) + len(new) > LONGEST:
        return [*(Line("gone", line) for line in old), *(Line("new", line) for line in new)]
    lines: list[Line] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            lines += same(old[a:b])
        else:
            lines += [*(Line("gone", line) for line in old[a:b])]
            lines += [*(Line("new", line) for line in new[c:d])]
    return lines


def same(lines: list[str]) -> list[Line]:
    if len(lines) <= 2 * AROUND + 1:
        return [Line("same", line) for line in lines]
    ends = (lines[:AROUND], lines[-AROUND:])
    head, tail = ([Line("same", line) for line in end] for end in ends)
    return [*head, Line("left out", f"{len(lines) - 2 * AROUND} lines as before"), *tail]
