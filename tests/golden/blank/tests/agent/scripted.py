"""Events in few words, a model that follows a script, and an agent that is put together of both."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import product
from typing import Any, cast

from agent.events import (
    AnyEvent,
    Error,
    Event,
    Expired,
    HumanContacted,
    HumanRequest,
    HumanResponse,
    ModelFailed,
    Postponed,
    Prefetched,
    Restarted,
    Resumed,
    Stopped,
    ToolCall,
    ToolDeferred,
    ToolResponse,
    ToolStarted,
    Trigger,
)
from agent.parts import Agent
from agent.runner import advance
from agent.steps import Later
from agent.store import ThreadStore
from agent.thread import Thread
from agent.tools import approver, parse_tool

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Model = Callable[[Thread], Awaitable[AnyEvent]]

DONE = {"intent": "done_for_now", "message": "that is all"}
QUESTION = {"intent": "request_more_information", "message": "which one?"}
MANAGER = {"intent": "request_approval_from_manager", "message": "shall we?"}


def said(text: str = "hello") -> Trigger:
    return Trigger(type="user_input", data=text)


def fetched(data: dict[str, Any] | None = None) -> Prefetched:
    return Prefetched(type="looked_up", data=data or {"found": 1})


def decided(step: dict[str, Any], call_id: str = "1") -> ToolCall:
    return ToolCall(call_id=call_id, data=step)


def started(call_id: str = "1") -> ToolStarted:
    return ToolStarted(call_id=call_id)


def result(call_id: str = "1", data: object = 7) -> ToolResponse:
    return ToolResponse(call_id=call_id, data=data)


def error(call_id: str | None = None, message: str = "no luck") -> Error:
    return Error(call_id=call_id, data={"message": message})


def deferred(call_id: str = "1", **data: str) -> ToolDeferred:
    return ToolDeferred(call_id=call_id, data=cast(Any, data))


def told(call_id: str = "1", channel: str = "pager", **data: str) -> HumanContacted:
    return HumanContacted(call_id=call_id, data=cast(Any, {"channel": channel, **data}))


def expired(call_id: str = "1") -> Expired:
    return Expired(call_id=call_id, data={"message": "nobody answered in time"})


def postponed(call_id: str = "1", until: str = "2026-01-02T12:00:00+00:00") -> Postponed:
    return Postponed(call_id=call_id, data={"until": until})


def asks(reason: Any, call_id: str = "human-1") -> HumanRequest:
    return HumanRequest(call_id=call_id, data={"reason": reason, "question": "what now?"})


def answer(call_id: str = "1", response: str = "the red one") -> HumanResponse:
    return HumanResponse(call_id=call_id, data={"response": response})


def yes(call_id: str = "1") -> HumanResponse:
    return HumanResponse(call_id=call_id, data={"approved": True})


async def begun(tool: object, call_id: str) -> Later:
    """A tool whose result is to come."""
    return Later(ref="build 7")


def changed(step: dict[str, Any]) -> dict[str, Any]:
    """The arguments of this step with one of them changed, such that the same yes will do."""
    given = {name: value for name, value in step.items() if name != "intent"}
    by_name = ({**given, name: other} for name in given for other in near(given[name]))
    found = next((other for other in by_name if fits(step, other)), None)
    assert found, f"with {step} no text, number or yes can be another under the same yes"
    return found


def near(value: Any) -> Iterator[Any]:
    """Other values of its kind, such as a pattern or a bound may allow."""
    match value:
        case bool():
            yield not value
        case int() | float():
            yield from (value + 1, value - 1, value / 2)
        case str():
            yield f"{value}1"
            for place, letter in product(range(len(value)), "12abAB"):
                if letter != value[place]:
                    yield value[:place] + letter + value[place + 1 :]


def fits(step: dict[str, Any], arguments: dict[str, Any]) -> bool:
    try:
        return approver(parse_tool({**step, **arguments})) == approver(parse_tool(step))
    except ValueError:
        return False


def yes_with(arguments: dict[str, Any], call_id: str = "1") -> HumanResponse:
    return HumanResponse(call_id=call_id, data={"approved": True, "arguments": arguments})


def no(call_id: str = "1", because: str = "too much") -> HumanResponse:
    return HumanResponse(call_id=call_id, data={"approved": False, "comment": because})


def unasked(message: str = "no key") -> ModelFailed:
    return ModelFailed(data={"message": message})


def resumed() -> Resumed:
    return Resumed()


def restarted() -> Restarted:
    return Restarted()


def stopped() -> Stopped:
    return Stopped()


def thread_of(*events: AnyEvent) -> Thread:
    return Thread().append(*events, at=NOON)


def loaded(thread: Thread) -> Thread:
    """The thread after a trip to the disk and back."""
    return Thread.load([json.loads(line) for line in thread.dump()])


def types(thread: Thread) -> list[str]:
    return [event.type for event in thread.events]


def model_that_says(*script: dict[str, Any] | AnyEvent) -> Model:
    """One line of the script each time it is asked; a step gets its place as its call id."""
    left = list(script)

    async def determine_next_step(thread: Thread) -> AnyEvent:
        line = left.pop(0)
        return line if isinstance(line, Event) else decided(line, f"call-{len(thread.events)}")

    return determine_next_step


async def seven(tool: object, call_id: str) -> Any:
    """A tool that is not worth looking at."""
    return 7


async def nothing(thread: Thread) -> Sequence[AnyEvent]:
    return []


def agent_of(store: ThreadStore, model: Model, **parts: Any) -> Agent:
    """The real agent; parts that a test does not name do as little as possible."""
    quiet: dict[str, Any] = {
        "handle_next_step": seven,
        "prefetch": nothing,
        "clock": lambda: NOON,
        "notify": lambda thread_id, event: None,
    }
    return Agent(store=store, determine_next_step=model, **(quiet | parts))


def go_on(agent: Agent, thread_id: str, *events: AnyEvent) -> Thread:
    """These events arrive, and the thread runs as far as it goes."""

    async def proceed() -> Thread:
        await agent.record(thread_id, *events)
        return await advance(thread_id, agent)

    return asyncio.run(proceed())


def begin(agent: Agent, *events: AnyEvent) -> tuple[str, Thread]:
    """A new thread that holds these events, run as far as it goes."""
    thread_id = asyncio.run(agent.store.create(thread_of(*events)))
    return thread_id, go_on(agent, thread_id)
