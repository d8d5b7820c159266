"""The tools: what the model may ask for, which calls need a human's yes, and what runs.

`save_note` is here to be replaced. To add one: a class here and in `baml_src/tools.baml`, its name
in both unions called `Tool`, its case in `approver` and in `handle_next_step`. mypy and
`tests/agent/test_steps.py` say what you forgot.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, assert_never

from filelock import FileLock
from pydantic import Field, TypeAdapter

from .files import replace
from .humans import HumanStep
from .steps import ToolStep

NOTES = Path("notes")
PATIENCE = 5  # seconds that another process may write
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


class SaveNote(ToolStep):
    intent: Literal["save_note"] = "save_note"
    name: str
    text: str
    overwrite: bool


Tool = SaveNote  # the next one makes it a union: SaveNote | SendNote
NextStep = Tool | HumanStep

_tool: TypeAdapter[Tool] = TypeAdapter(Annotated[Tool, Field(discriminator="intent")])
_next_step: TypeAdapter[NextStep] = TypeAdapter(Annotated[NextStep, Field(discriminator="intent")])


def parse_tool(data: dict[str, Any]) -> Tool:
    """Raises ValueError for what is no tool of ours."""
    return _tool.validate_python(data)


def parse_next_step(data: dict[str, Any]) -> NextStep:
    """Raises ValueError for what is neither a tool nor a step that asks a human."""
    return _next_step.validate_python(data)


def approver(tool: Tool) -> str | None:
    """Who must say yes before this call runs; nobody if None. Said here and nowhere else.

    It names a role. Who has it says AGENT_APPROVERS; while that is unset, whoever may answer.
    """
    match tool:
        case SaveNote(overwrite=True):
            return "a human"
        case SaveNote():
            return None
        case never:
            assert_never(never)


async def handle_next_step(tool: Tool, call_id: str) -> Any:
    """Run one call and return its result, any JSON.

    `call_id` is the idempotency key: after a crash the same call may come again. A note that is
    saved again is the same note, so `save` does without it.
    Whatever is raised becomes an `error` event that the model reads.
    """
    match tool:
        case SaveNote():
            return save(tool)
        case never:
            assert_never(never)


def save(note: SaveNote) -> dict[str, str]:
    """Write notes/<name>.md. Raises ValueError or OSError."""
    if not NAME.fullmatch(note.name):
        raise ValueError(f"{note.name!r} is no name: use lower-case letters, digits, - and _")
    path = NOTES / f"{note.name}.md"
    with FileLock(NOTES / ".lock", PATIENCE, mode=0o600):
        if not note.overwrite and path.exists() and path.read_bytes() != note.text.encode():
            raise ValueError(f"there is a note {note.name}: choose another name, or overwrite it")
        replace(path, note.text)
    return {"saved": path.as_posix()}
