"""The tools: what the model may ask for, which calls need a human's yes, and what runs."""

import asyncio
import urllib.request
from pathlib import Path
from typing import Annotated, Any, Literal, assert_never

from pydantic import Field, TypeAdapter

from .humans import HumanStep
from .steps import ToolStep


class ListInbox(ToolStep):
    intent: Literal["list_inbox"] = "list_inbox"


class SendLetter(ToolStep):
    intent: Literal["send_letter"] = "send_letter"
    to: int  # the number of a subscriber
    letter: int


class LookUpWeather(ToolStep):
    intent: Literal["look_up_weather"] = "look_up_weather"
    city: str


Tool = ListInbox | SendLetter | LookUpWeather
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
    """Who must say yes before this call runs; nobody if None."""
    match tool:
        case SendLetter():
            return "an editor"
        case ListInbox() | LookUpWeather():
            return None
        case never:
            assert_never(never)


async def handle_next_step(tool: Tool, call_id: str) -> Any:
    """Run one call and return its result, any JSON."""
    match tool:
        case ListInbox():
            return await asyncio.to_thread(letters)
        case SendLetter():
            return await asyncio.to_thread(send, call_id, tool.to)
        case LookUpWeather():
            return await asyncio.to_thread(look_up, tool.city)
        case never:
            assert_never(never)


def letters() -> list[str]:
    return sorted(path.name for path in Path("inbox").iterdir())


def send(call_id: str, to: int) -> dict[str, int]:
    log = Path("inbox", "sent.log")
    if not log.exists() or call_id not in log.read_text().split():  # once, though it come again
        with log.open("a") as sent:
            sent.write(f"{call_id} {to}\n")
    return {"sent": to}


def look_up(city: str) -> str:
    """Nobody answers there."""
    with urllib.request.urlopen(f"http://127.0.0.1:9/{city}", timeout=5) as answer:
        return str(answer.read(), "utf-8")
