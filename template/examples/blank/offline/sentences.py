"""The sentences that the rules understand: yours to edit, or to delete with the rest of them."""

import re

from .grammar import Rules, Sentence, Slot


def slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-")


PLACES = {
    "name": Slot("a name", r"[^:\n]{0,80}\w[^:\n]{0,80}?", slug),
    "text": Slot("a text", r"\S.*?"),
}
NOTE = "((the|a|my|new) )*note [called |named ]{name}:[ ]{text}"
SENTENCES = (
    Sentence(
        "save_note",
        f"[(save|write|make|take|add) ]{NOTE}",
        "It is in {saved}.",
        mended_by={"there is a note|is no name": "name"},
        answers={"(overwrite|replace)[ it]": {"overwrite": True}},
        given={"overwrite": False},
        whole=True,
    ),
    Sentence("save_note", f"(overwrite|replace) {NOTE}", given={"overwrite": True}, whole=True),
)
USAGE = "“note shopping: milk and eggs” and “overwrite the note shopping: bread”."
RULES = Rules(PLACES, SENTENCES, USAGE)
