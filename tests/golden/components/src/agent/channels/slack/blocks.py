"""A request as a message: what would run or is asked, and a button for each way to answer.

Each button's value says which call of which thread it was shown for, and nothing else decides.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ...forms import form_for
from ...humans import HUMAN_INTENTS
from ...reach import Asked
from ...shown import arguments, is_cut
from ...waiting import Waiting
from .words import (
    Block,
    code,
    escaped,
    is_code_whole,
    is_said_whole,
    note,
    plain_text,
    said,
    section,
)

LATER = {  # when somebody can be asked again
    "In an hour": timedelta(hours=1),
    "Tomorrow": timedelta(days=1),
    "In a week": timedelta(weeks=1),
}
BECAME = "became"  # the block that says it
MOST = 20  # buttons of one block
CHOICES = 100
SHOWN = 6  # pieces of code; what is longer is no message
HEADS = {"approval": "Needs a yes", "in_doubt": "May have run", "question": "Has a question"}


def headline(waiting: Waiting, reminds: bool = False) -> str:
    """What a notification shows, and who cannot see blocks."""
    about = f": {waiting.intent}" if is_call(waiting) else ""
    again = " (once more)" if reminds else ""
    return escaped(f"{HEADS.get(waiting.reason, 'Needs your help')}{about}{again}")


def request(asked: Asked) -> list[Block]:
    head = headline(asked.waiting, asked.reminds)
    return [*body_of(asked.waiting, head, asked.expires_at), *buttons(asked)]


def body_of(waiting: Waiting, head: str, until: datetime | None = None) -> list[Block]:
    """What is asked, with nothing to click."""
    blocks = [section(f"*{head}*"), section(said(waiting.question))]
    if context := waiting.arguments.get("context") if waiting.reason == "question" else None:
        blocks.append(section(said(str(context))))
    if is_call(waiting):
        pieces = call_of(waiting)
        blocks += map(section, pieces[:SHOWN])
    if len(waiting.choices) > 1 and waiting.reason == "question":
        lines = (f"{n}. {choice}" for n, choice in enumerate(waiting.choices[:CHOICES], 1))
        blocks.append(section(said("\n".join(lines))))
    notes = []
    if waiting.approver and waiting.approver not in waiting.question:
        notes.append(f"It takes {escaped(waiting.approver)} to decide.")
    if until:
        notes.append(f"It can be answered until {moment(until)}.")
    return [*blocks, *([note(" ".join(notes))] if notes else [])]


def is_call(waiting: Waiting) -> bool:
    return waiting.intent is not None and waiting.intent not in HUMAN_INTENTS


def lines_of(waiting: Waiting) -> list[str]:
    return [str(waiting.intent), *(f"  {line}" for line in arguments(waiting.arguments))]


def call_of(waiting: Waiting) -> list[str]:
    return list(code(lines_of(waiting)))


def is_shown_whole(waiting: Waiting) -> bool:
    """The words of what is asked, and the call if it is one."""
    if not is_said_whole(waiting.question):
        return False
    is_whole = not is_cut(waiting.arguments) and is_code_whole(lines_of(waiting))
    return not is_call(waiting) or (is_whole and len(call_of(waiting)) <= SHOWN)


def moment(at: datetime) -> str:
    """In the reader's own zone, and language."""
    fallback = at.strftime("%d %b %Y, %H:%M %Z")
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def buttons(asked: Asked) -> list[Block]:
    waiting, of = asked.waiting, (asked.thread_id, asked.waiting.call_id)
    later = [button(label, "later", of, n) for n, label in enumerate(LATER)]
    not_now = [note("Not now? Ask again:"), *rows(later)]
    if waiting.for_approval and not is_shown_whole(waiting):
        told = note("It is too long to be shown here: decide where all of it can be seen.")
        return [told, *rows([button("Reject…", "reject", of)]), *not_now]
    return [*rows(answers(waiting, of)), *not_now]


def answers(waiting: Waiting, of: tuple[str, str]) -> list[Block]:
    if waiting.for_approval:
        again = waiting.reason == "in_doubt"
        yes = button("Run it again" if again else "Approve", "approve", of, style="primary")
        edit = [button("Edit…", "edit", of)] if form_for(waiting) else []
        no = button("It was not done…" if again else "Reject…", "reject", of, style="danger")
        return [yes, *edit, no]
    chosen = [button(label, "choose", of, n) for n, label in enumerate(choices_of(waiting))]
    return [*chosen, button("Say something else…" if chosen else "Answer…", "say", of)]


def choices_of(waiting: Waiting) -> Sequence[str]:
    """What can be said with one click, in the order in which it is shown."""
    if waiting.reason == "question" and waiting.format == "yes_no":
        return ("yes", "no")
    return waiting.choices[:CHOICES] if waiting.reason == "question" else ()


def button(label: str, do: str, of: tuple[str, str], n: int = 0, style: str | None = None) -> Block:
    thread_id, call_id = of
    value = json.dumps({"do": do, "thread_id": thread_id, "call_id": call_id, "n": n})
    made = {"type": "button", "text": plain_text(label), "action_id": f"{do}.{n}", "value": value}
    return made | ({"style": style} if style else {})


def rows(made: Sequence[Block]) -> Iterable[Block]:
    for start in range(0, len(made), MOST):
        yield {"type": "actions", "elements": list(made[start : start + MOST])}


def settled(blocks: Iterable[Block], became: str) -> list[Block]:
    """The same message, and what became of it in place of what there was to click, or to read."""
    asks = [block for block in blocks if block.get("type") == "section"]
    kept = [block for block in asks if block.get("block_id") != BECAME]
    told = section(f":ballot_box_with_check: *{escaped(became)}*")
    return [*kept[:48], told | {"block_id": BECAME}]
