"""Stores new threads and puts them in the queue, as the server does: `agent_queue.py COUNT`."""

# It runs in the environment of a generated agent that has the component worker.
# mypy: disable-error-code="import-not-found"

import asyncio
import sys

from agent import wiring
from agent.engine.opening import migrate, open_engine
from agent.events import Trigger
from agent.settings import Settings


async def fill(count: int) -> None:
    settings = Settings()
    agent, engine = wiring.build(settings, lambda thread_id, event: None), open_engine(settings)
    for number in range(count):
        trigger = Trigger(type="user_input", data=f"thread-{number}: add up some numbers")
        await engine.put(await agent.begin(trigger))
    await engine.close()


if __name__ == "__main__":
    migrate(Settings())
    asyncio.run(fill(int(sys.argv[1])))
