"""Factor 6: where threads run. In the process that is told of them or, with an engine, elsewhere.

`Engine` is all that is asked of one. It holds nothing that the events do not say: what it lost is
found again among the threads that run and that it does not have.
"""

import asyncio
from collections.abc import Collection, Set
from datetime import timedelta
from typing import Protocol

from ..log import logger
from ..parts import Agent
from ..store import StoreError

LOOK = 5.0  # seconds between two looks for what it lost
LEFT = timedelta(seconds=5)  # without an event, and then a thread may be left alone
PAGE, PAGES = 500, 4  # threads, and how often so many in one look


class NotQueued(StoreError):
    """Nobody was told to run it. What happened to the thread is stored."""


class Engine(Protocol):
    """Lets somebody run threads, anywhere. A thread's id is all that is passed on."""

    async def put(self, thread_id: str) -> None:
        """From now on somebody looks at this thread, and runs it as far as it goes.

        Whoever begins does so after this, so that what was stored before is seen; if several put
        it before that, once is enough. Nobody begins while somebody is at it. Raises NotQueued.
        """

    async def has(self, thread_ids: Collection[str]) -> Set[str]:
        """Those among them that somebody runs or will, or whose run failed. Raises NotQueued."""

    async def close(self) -> None:
        """Nothing is put any more."""


async def put_what_is_left(agent: Agent, engine: Engine) -> None:
    """Until it is cancelled: whoever stored an event may die before the thread is put."""
    after: str | None = None
    while True:
        try:
            after = await look_once(agent, engine, after)
        except StoreError as problem:
            after = None
            logger().error("threads_not_taken_up", problem=str(problem))
        await asyncio.sleep(LOOK)


async def look_once(agent: Agent, engine: Engine, after: str | None = None) -> str | None:
    """Put what runs, that nobody has, and to which nothing has happened for a while. Of very many
    that run so many are looked at, and the next look goes on behind the one that is returned.
    """
    for _ in range(PAGES):
        found = await agent.store.find(status="running", after=after, limit=PAGE)
        before = agent.clock() - LEFT
        left = [each.id for each in found if each.updated is None or each.updated <= before]
        for thread_id in set(left) - (await engine.has(left) if left else set()):
            logger().info("taken_up", thread=thread_id)
            await engine.put(thread_id)
        if len(found) < PAGE:
            return None
        after = found[-1].id
    return after
