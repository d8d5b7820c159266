"""What takes words: a call's arguments to edit, a reason to reject, an answer. And the way back."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ...forms import Field, form_for
from ...inbound import CallId
from ...waiting import Waiting
from .blocks import body_of, headline
from .words import Block, cut, note, plain_text

Do = Literal["approve", "edit", "reject", "choose", "say", "later"]
LONGEST = 3_000  # characters that a field of theirs holds
MOST = 80  # fields of one modal
OPTIONS = 100
WORDS = "words"  # the field for them
TITLES = {"edit": "Edit, then approve", "reject": "Reject", "say": "Answer"}
SUBMITS = TITLES | {"edit": "Approve with these"}
ASKS = {"reject": "Why? The agent reads it.", "say": "Your answer"}


class Shown(BaseModel):
    """What a button was shown for, or a modal: one call of one thread, and what it does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    do: Do
    thread_id: str
    call_id: CallId
    n: int = 0


def modal(shown_for: Shown, waiting: Waiting) -> dict[str, Any]:
    do = shown_for.do
    inputs = edits(waiting) if do == "edit" else [words(do)]
    is_doubt = do == "reject" and waiting.reason == "in_doubt"
    return {
        "type": "modal",
        "callback_id": do,
        "title": plain_text("It was not done" if is_doubt else TITLES[do], 24),
        "submit": plain_text("It was not done" if is_doubt else SUBMITS[do], 24),
        "close": plain_text("Cancel", 24),
        "private_metadata": shown_for.model_dump_json(),
        "blocks": [*body_of(waiting, headline(waiting)), *inputs],
    }


def words(do: str) -> Block:
    element = {"type": "plain_text_input", "action_id": WORDS, "multiline": True}
    return as_input(WORDS, ASKS[do], element, optional=do == "reject")


def edits(waiting: Waiting) -> list[Block]:
    fields = form_for(waiting)
    made = [editor(field) for field in fields if can_be_edited(field)][:MOST]
    left = len(fields) - len(made)
    return [*made, *([note(f"{left} of its arguments cannot be edited here.")] if left else [])]


def can_be_edited(field: Field) -> bool:
    """What does not fit into a field of theirs stays as it is."""
    return len(field.choices) <= OPTIONS and cut(field.value, LONGEST) == field.value


def editor(field: Field) -> Block:
    optional = not field.required or not field.value
    return as_input(block_of(field.name), field.label, element_of(field), optional, field.about)


def element_of(field: Field) -> Block:
    if field.kind != "choice":
        text = {"type": "plain_text_input", "action_id": WORDS, "max_length": LONGEST}
        several = {"multiline": True} if field.kind in ("long_text", "json") else {}
        return text | several | ({"initial_value": field.value} if field.value else {})
    options = [
        {"text": plain_text(choice.label), "value": str(n)}
        for n, choice in enumerate(field.choices)
    ]
    now = [n for n, choice in enumerate(field.choices) if choice.value == field.value]
    chosen = {"initial_option": options[now[0]]} if now else {}
    return {"type": "static_select", "action_id": WORDS, "options": options} | chosen


def as_input(name: str, label: str, element: Block, optional: bool, about: str = "") -> Block:
    made = {
        "type": "input",
        "block_id": name,
        "label": plain_text(label, 2_000),
        "element": element,
        "optional": optional,
    }
    return made | ({"hint": plain_text(about, 2_000)} if about else {})


def block_of(name: str) -> str:
    """The id of the block in which this argument is edited."""
    return f"argument.{name}"[:255]


def typed_in(values: Mapping[str, Any], waiting: Waiting) -> dict[str, str]:
    """What was typed and chosen, by the name of the argument."""
    typed: dict[str, str] = {}
    for field in filter(can_be_edited, form_for(waiting)):
        if (text := text_of(values, block_of(field.name))) is None:
            continue
        if field.kind == "choice" and text:
            text = field.choices[int(text)].value if is_place(text, field) else text
        typed[field.name] = text
    return typed


def is_place(text: str, field: Field) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 4 and int(text) < len(field.choices)


def text_of(values: Mapping[str, Any], name: str) -> str | None:
    """None where there is no such field; empty where nothing was typed or chosen."""
    match values.get(name):
        case {"words": {"selected_option": {"value": str() as value}}}:
            return value
        case {"words": {"value": str() as value}}:
            return value
        case {"words": dict()}:
            return ""
    return None
