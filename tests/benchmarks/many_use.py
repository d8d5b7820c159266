"""What a store does with few threads and with many: `many_use.py FEW MANY`, ms, as JSON."""

# It runs in the environment of a generated agent that has the stores.
# mypy: disable-error-code="import-not-found"

import asyncio
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import sample
from typing import Any

from agent import wiring
from agent.engine import PAGE
from agent.events import HumanResponse, Trigger
from agent.settings import Settings

TIMES = 100
WAITING = "awaiting_human_response"
Does = Callable[[wiring.Agent, str], Any]


def launch(agent: wiring.Agent, _: str) -> Any:
    return agent.begin(Trigger(type="user_input", data="hello"))


def answer(agent: wiring.Agent, thread_id: str) -> Any:
    return agent.record(thread_id, HumanResponse(call_id="call-1", data={"response": "yes"}))


def a_page(agent: wiring.Agent, _: str) -> Any:
    return agent.store.find(limit=51)


def a_page_behind(agent: wiring.Agent, thread_id: str) -> Any:
    return agent.store.find(status=WAITING, after=thread_id, limit=51)


def what_is_due(agent: wiring.Agent, _: str) -> Any:
    return agent.store.due(datetime.now(UTC) + timedelta(minutes=1), agent.policy)


def what_is_left(agent: wiring.Agent, _: str) -> Any:
    return agent.store.find(status="running", limit=PAGE)


DOES: dict[str, Does] = {
    "a launch": launch,
    "a page of the list": a_page,
    "a page behind a thread": a_page_behind,
    "what is due": what_is_due,
    "what runs and may be left": what_is_left,
    "an answer": answer,  # last: from then on the thread waits no more
}


async def used(urls: list[str]) -> dict[str, list[list[float]]]:
    agents = [wiring.build(Settings(store_url=url), lambda thread_id, event: None) for url in urls]
    waiting = [await agent.store.find(status=WAITING, limit=10_000) for agent in agents]
    ids = [[each.id for each in sample(found, TIMES)] for found in waiting]
    took: dict[str, list[list[float]]] = {}
    for what, does in DOES.items():
        times: list[list[float]] = [[], []]
        for number in range(TIMES):
            for each, agent in enumerate(agents):
                began = time.perf_counter()
                await does(agent, ids[each][number])
                times[each].append((time.perf_counter() - began) * 1000)
        took[what] = times
    return took


if __name__ == "__main__":
    print(json.dumps(asyncio.run(used(sys.argv[1:]))))
