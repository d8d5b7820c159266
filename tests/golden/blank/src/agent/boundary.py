"""Factor 9, the tool boundary: whatever a tool does ends as events, and nothing else comes through.

It runs apart (`workers.py`), for so long at most. What it raises is one line that the model reads.
What it gives is JSON before it is ours (`results.py`): what has happened is no error because it
cannot be shown.
"""

import asyncio
from collections.abc import Iterable, Sequence
from copy import deepcopy
from inspect import isawaitable, iscoroutine
from typing import Any, TypeVar

from .errors import format_error
from .events import (
    AnyEvent,
    Error,
    ModelFailed,
    Prefetched,
    ToolCall,
    ToolDeferred,
    ToolResponse,
)
from .log import logger
from .parts import Agent
from .results import as_deferral, as_result
from .steps import Later, thread_id
from .thread import Thread
from .tools import Tool, parse_tool
from .workers import Failed, run_apart

T = TypeVar("T")
MAX_FACTS = 100  # that are pre-fetched
LEFT_OUT = "prefetch_left_out"
ASK_FOR_LESS = "more was pre-fetched than there is room for, so not all is here"


async def run_tool(within: str, call: ToolCall, approved: bool, agent: Agent) -> Sequence[AnyEvent]:
    """One event, its result or its error. None where an approved call is out of time: it may still
    take effect, so it stands as started and without a result, and a human is asked.
    """
    try:
        tool = parse_tool(deepcopy(call.data))  # which it may change
        limit = limit_of(tool) or agent.tool_timeout
    except BaseException as error:  # noqa: BLE001, a step that is gone, a validator that fails
        return [failed(call.call_id, format_error(error))]

    async def work() -> AnyEvent:
        thread_id.set(within)
        result = await handled(tool, call.call_id, agent)
        if asyncio.isfuture(result):  # it has begun
            result = await result
        if isinstance(result, Later):
            return ToolDeferred(call_id=call.call_id, data=as_deferral(result))
        return ToolResponse(call_id=call.call_id, data=as_result(result, agent.max_result))

    try:
        return [await run_apart(work, limit)]
    except Failed as fault:
        return [failed(call.call_id, str(fault))]
    except TimeoutError:
        logger().warning("tool_out_of_time", call_id=call.call_id, intent=call.intent, limit=limit)
        message = f"it took longer than {limit:g} seconds, and may still take effect"
        return [] if approved else [failed(call.call_id, message)]


def limit_of(tool: Tool) -> float | None:
    """In seconds. Raises ValueError for what is no time."""
    limit = tool.time_limit
    if limit is not None and not float(limit) > 0:
        raise ValueError(f"time_limit is {limit!r}: seconds above 0 are a limit")
    return limit if limit is None else float(limit)


async def handled(tool: Tool, call_id: str, agent: Agent) -> Any:
    return awaited(await agent.handle_next_step(tool, call_id), "handle_next_step")


def awaited(given: T, where: str) -> T:
    """Raises TypeError for what still has to be awaited: so nothing has happened. A future has."""
    if isawaitable(given) and not asyncio.isfuture(given):
        if iscoroutine(given):
            given.close()
        raise TypeError(f"what it gives must be awaited, and was not: see {where}")
    return given


async def ask_model(thread: Thread, agent: Agent) -> AnyEvent:
    """What it decided, or that it could not be asked, whatever became of asking."""
    try:
        decided = await agent.determine_next_step(thread)
        if not isinstance(decided, ToolCall | Error | ModelFailed):
            raise TypeError(f"it decides a ToolCall, and this is a {type(decided).__name__}")
        return decided
    except BaseException as error:
        if is_ending():
            raise
        return ModelFailed(data={"message": format_error(error)})


def is_ending() -> bool:
    """Whether somebody ends us: Ctrl-C, which asyncio makes a cancellation of, or a shutdown that
    does not wait any longer.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop runs: it is being put away
        return True
    return task is None or bool(task.cancelling())


async def run_prefetch(thread: Thread, agent: Agent) -> Sequence[AnyEvent]:
    """What was fetched, or one error."""

    async def work() -> list[AnyEvent]:
        return bounded(awaited(await agent.prefetch(thread), "prefetch"), agent.max_result)

    try:
        return await run_apart(work, agent.tool_timeout)
    except Failed as fault:
        return [failed(None, str(fault))]
    except TimeoutError:
        return [failed(None, f"to pre-fetch took longer than {agent.tool_timeout:g} seconds")]


def bounded(events: Iterable[AnyEvent], room: int) -> list[AnyEvent]:
    """So many, in so many characters in all; and that there were more, where there were."""
    kept: list[AnyEvent] = []
    for event in events:
        if not isinstance(event, Prefetched):
            raise TypeError(f"prefetch gives Prefetched events, not {type(event).__name__}")
        if room <= 0 or len(kept) == MAX_FACTS:
            return [*kept, Prefetched(type=LEFT_OUT, data={"message": ASK_FOR_LESS})]
        data = as_result(event.data, room)
        kept.append(event.model_copy(update={"data": data}))
        room -= len(str(data))
    return kept


def failed(call_id: str | None, message: str) -> Error:
    return Error(call_id=call_id, data={"message": message})
