"""What an event costs in threads of so many: `store_events.py URL LENGTH…`, in ms, as JSON."""

# It runs in the environment of a generated agent that has the stores.
# mypy: disable-error-code="import-not-found"

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from statistics import median

from agent.events import AnyEvent, HumanResponse, ToolCall, ToolResponse, Trigger
from agent.store import ThreadStore
from agent.store.opening import open_store
from agent.thread import Thread

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TIMES = 30  # calls and results that are written behind


def call(number: int) -> tuple[AnyEvent, AnyEvent]:
    """Of ten calls, one asks a human, who answers: without a word from one no thread is long."""
    call_id = f"call-{number}"
    if number % 10 == 9:
        asks = {"intent": "request_more_information", "message": "shall we?"}
        answer = HumanResponse(call_id=call_id, data={"response": "yes"})
        return ToolCall(call_id=call_id, data=asks), answer
    step = {"intent": "add", "a": number, "b": 1}
    return ToolCall(call_id=call_id, data=step), ToolResponse(call_id=call_id, data=number + 1)


def thread_of(length: int) -> Thread:
    """With one event less where the last would be a call without its result."""
    calls = [event for number in range((length - 1) // 2) for event in call(number)]
    placed = enumerate([Trigger(type="user_input", data="hello"), *calls])
    return Thread(tuple(event.model_copy(update={"id": n, "at": NOON}) for n, event in placed))


async def cost(store: ThreadStore, length: int) -> float:
    """The median of a call and its result, each written by itself and looked at."""
    thread_id = await store.create(thread_of(length))
    took = []
    for number in range(length, length + TIMES):
        began = time.perf_counter()
        for event in call(number):
            thread = await store.update(thread_id, lambda kept, e=event: kept.append(e, at=NOON))
            assert thread.status in ("running", "awaiting_human_response")
        took.append((time.perf_counter() - began) / 2 * 1000)
    return median(took)


async def costs(url: str, *lengths: str) -> dict[str, float]:
    store = open_store(url, "xml")
    await cost(store, 10)  # not counted
    return {length: await cost(store, int(length)) for length in lengths}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(costs(*sys.argv[1:]))))
