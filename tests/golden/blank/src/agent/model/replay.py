"""Whether a decision would be asked for in the same words today, and if not, what changed."""

from dataclasses import dataclass
from typing import Any, Literal

from ..context import serialize_for_llm
from ..events import ToolCall
from ..thread import Thread
from .next_step import render, sha256

Verdict = Literal["same", "thread changed", "code changed", "prompt changed"]


@dataclass(frozen=True)
class Replayed:
    event: ToolCall
    verdict: Verdict


async def replay(thread: Thread) -> list[Replayed]:
    """One verdict a decision. Raises baml.Unavailable when the prompt cannot be rendered."""
    recorded = [call for call in thread.calls if "thread_sha256" in (call.meta or {})]
    return [Replayed(call, await verdict(thread, call)) for call in recorded]


async def verdict(thread: Thread, decision: ToolCall) -> Verdict:
    """Thread, then code, then prompt: the first that no longer gives the recorded hash."""
    recorded: dict[str, Any] = decision.meta or {}
    before = Thread(thread.events[: decision.id])
    if recorded["thread_sha256"] != sha256("\n".join(before.dump())):
        return "thread changed"
    context = serialize_for_llm(before.events, recorded["format"])
    if recorded["context_sha256"] != sha256(context):
        return "code changed"
    if recorded["request_sha256"] != sha256(await render(context, recorded["model"])):
        return "prompt changed"
    return "same"
