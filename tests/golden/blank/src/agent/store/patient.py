"""A store that waits for the disk: what has happened is kept in mind until it can be saved."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from itertools import chain, repeat
from typing import TypeVar

from ..aside import wait_at_most
from ..due import Policy
from ..log import logger
from ..thread import Thread
from ..views import Summary
from ..waiting import Status
from . import NotStored, Purpose, ThreadStore

T = TypeVar("T")


class PatientStore:
    """Tries again what NotStored is raised for, until it works or the agent is asked to stop.

    For whoever runs threads: nobody else would go on where they gave up. Who waits for an answer
    is told at once, by the store itself.
    """

    def __init__(self, store: ThreadStore, stopping: asyncio.Event) -> None:
        self.store = store
        self.stopping = stopping

    async def create(self, thread: Thread, thread_id: str | None = None) -> str:
        return await self._until_it_works(lambda: self.store.create(thread, thread_id))

    async def get(self, thread_id: str) -> Thread:
        return await self._until_it_works(lambda: self.store.get(thread_id))

    async def update(self, thread_id: str, change: Callable[[Thread], Thread]) -> Thread:
        return await self._until_it_works(lambda: self.store.update(thread_id, change))

    async def find(
        self,
        *,
        status: Status | None = None,
        after: str | None = None,
        limit: int | None = None,
        newest: bool = False,
    ) -> list[Summary]:
        return await self._until_it_works(
            lambda: self.store.find(status=status, after=after, limit=limit, newest=newest)
        )

    async def due(self, until: datetime, policy: Policy) -> list[tuple[str, datetime]]:
        return await self._until_it_works(lambda: self.store.due(until, policy))

    async def check(self) -> list[str]:
        return await self._until_it_works(self.store.check)

    @asynccontextmanager
    async def lease(self, thread_id: str, purpose: Purpose = "run") -> AsyncIterator[None]:
        async with AsyncExitStack() as held:
            await self._until_it_works(
                lambda: held.enter_async_context(self.store.lease(thread_id, purpose))
            )
            yield

    async def _until_it_works(self, work: Callable[[], Awaitable[T]]) -> T:
        pauses = chain((1, 2, 4), repeat(8))  # seconds
        while True:
            try:
                return await work()
            except NotStored as problem:
                if self.stopping.is_set():
                    raise
                logger().error("not_stored", problem=str(problem), again_in=(pause := next(pauses)))
            await wait_at_most(pause, self.stopping)
