"""The sentences that the rules understand: yours to edit, or to delete with the rest of them."""

import re
from typing import Any

from .grammar import Draft, Sentence, Slot


def slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-")


NOTE = {
    "name": Slot("a name", r"[^:\n]{0,80}\w[^:\n]{0,80}?", slug),
    "text": Slot("a text", r"\S.*?"),
}
CALLED = "(?:(?:the|a|my|new) )*note (?:called |named )?{name}: ?{text}"
SENTENCES = (
    Sentence(f"(?:overwrite|replace) {CALLED}", "save_note", NOTE, {"overwrite": True}, whole=True),
    Sentence(
        f"(?:(?:save|write|make|take|add) )?{CALLED}",
        "save_note",
        NOTE,
        {"overwrite": False},
        whole=True,
    ),
)
USAGE = "“note shopping: milk and eggs” and “overwrite the note shopping: bread”."
SAID = {"save_note": "It is in {saved}."}
# What a tool's error says, the argument that mends it, and what to ask for.
MENDED_BY = (
    ("there is a note", "name", "another name, or “overwrite it”"),
    ("is no name", "name", "another name"),
)
FINAL: tuple[str, ...] = ()  # errors that nothing mends
ANSWERS: dict[str, dict[str, Any]] = {r"(?:overwrite|replace)(?: it)?": {"overwrite": True}}


def completed(step: Draft, known: dict[str, Any]) -> Draft:
    """Nothing is looked up here."""
    return step
