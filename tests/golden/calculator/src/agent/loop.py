"""Factor 8: the agent. Find what is next, do it, append the event, save; on one screen.

Everything it touches is passed in. The event is saved before anything is done about it, so the
thread can be paused, killed or taken up by another process between any two lines.
"""

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import assert_never
from uuid import uuid4

from .errors import format_error
from .events import (
    AnyEvent,
    Error,
    HumanRequest,
    Question,
    Reason,
    ToolCall,
    ToolResponse,
    ToolStarted,
)
from .parts import Agent
from .repetition import goes_in_circles
from .states import AskModel, Finished, InDoubt, Refused, RunTool, Waiting
from .thread import Thread
from .tools import parse_tool


async def agent_loop(thread_id: str, agent: Agent) -> Thread:
    """Run until a human is needed or nothing is left to do. The caller holds the lease."""
    record = partial(agent.record, thread_id)
    thread = await agent.store.get(thread_id)
    while not agent.stopping.is_set():
        match thread.state:
            case AskModel() if request := limit_reached(thread, agent):
                thread = await record(request)
            case AskModel():
                if len(thread.events) == 1:  # the first message, and nothing yet
                    thread = await record(*await attempt(agent.prefetch(thread)))
                if thread.status == "running":  # not stopped meanwhile
                    thread = await record(await agent.determine_next_step(thread))
            case RunTool(call, approved):
                if approved:
                    await record(ToolStarted(call_id=call.call_id))
                thread = await record(*await attempt(run(call, agent), call.call_id))
            case InDoubt(call):
                question = f"{call.intent} was started and left no result: run it again?"
                thread = await record(ask_human("in_doubt", question))
            case Refused(call):
                question = f"{call.intent} was refused, and is proposed again as it was: what now?"
                thread = await record(ask_human("repeated", question))
            case Waiting() | Finished():
                return thread
            case never:
                assert_never(never)
    return thread


def limit_reached(thread: Thread, agent: Agent) -> HumanRequest | None:
    """Factors 9 and 10: an agent that spins asks for help."""
    if thread.errors_in_a_row >= agent.max_errors:
        count, last = thread.errors_in_a_row, last_error(thread)
        return ask_human("errors", f"{count} errors in a row: what now? The last: {last}")
    if thread.size > agent.max_thread_size:
        limit = f"{agent.max_thread_size:,} characters that AGENT_MAX_THREAD_SIZE allows"
        return ask_human("size", f"more has happened than the {limit}: stop it, or fork it earlier")
    if thread.steps >= agent.max_steps:
        return ask_human("steps", f"{thread.steps} steps and not done: what now?")
    if call := goes_in_circles(thread.events):
        return ask_human("repeated", f"{call.intent} gave the same again and again: what now?")
    return None


def last_error(thread: Thread) -> str:
    """As people are told it."""
    *_, error = (event for event in thread.events if isinstance(event, Error))
    return str((error.meta or {}).get("problem") or error.data["message"])


def ask_human(reason: Reason, question: str) -> HumanRequest:
    data: Question = {"reason": reason, "question": question}
    return HumanRequest(call_id=str(uuid4()), data=data)


async def run(call: ToolCall, agent: Agent) -> Sequence[AnyEvent]:
    result = await agent.handle_next_step(parse_tool(call.data), call.call_id)
    return [ToolResponse(call_id=call.call_id, data=result)]


async def attempt(
    work: Awaitable[Sequence[AnyEvent]], call_id: str | None = None
) -> Sequence[AnyEvent]:
    """The tool boundary: whatever goes wrong behind it is one line that the model reads."""
    try:
        return await work
    except Exception as error:  # noqa: BLE001, the one place that catches everything
        return [Error(call_id=call_id, data={"message": format_error(error)})]
