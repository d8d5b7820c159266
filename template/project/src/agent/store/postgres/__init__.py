"""Threads in Postgres, for any number of machines: `postgresql://USER@HOST/NAME`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from ...context import ContextFormat
from ...due import Policy
from ...settings import Section, load
from .. import Busy, Purpose
from ..database.store import DatabaseStore
from ..database.upgrading import derive_all
from ..opening import shown
from .connecting import set_up
from .leases import Leases
from .rows import PostgresRows

WRITERS = 6  # connections of a process, beside three that read and the one that has its leases


class PostgresSettings(Section):
    postgres_direct_url: str | None = None


class PostgresThreadStore(DatabaseStore):
    """A ThreadStore in Postgres; `patience` is in seconds. `direct` leads past a pooler, to where a
    session lasts.
    """

    def __init__(
        self,
        url: str,
        policy: Callable[[], Policy] = Policy,
        patience: float = 5.0,
        direct: str | None = None,
    ) -> None:
        rows = PostgresRows(url, is_pooled=direct is not None)
        super().__init__(rows, policy, writers=WRITERS, patience=patience)
        self._leases = Leases(direct or url)
        self._leaser = ThreadPoolExecutor(1, thread_name_prefix="store-lease")

    @asynccontextmanager
    async def held(self, thread_id: str, purpose: Purpose) -> AsyncIterator[None]:
        """Where it is lost, what is done under it is cancelled, and then it is Busy."""
        loop, taking = asyncio.get_running_loop(), list[Future[bool]]()
        name = f"{purpose} {thread_id}"

        async def take() -> bool:
            taking[:] = [self._leaser.submit(self._leases.take, name, lose)]
            return await asyncio.wrap_future(taking[0])

        def lose() -> None:
            with suppress(RuntimeError):  # all has ended
                loop.call_soon_threadsafe(end)

        def end() -> None:
            with suppress(RuntimeError):  # it is let go of
                holding.reschedule(loop.time())

        try:
            async with asyncio.timeout(None) as holding:
                if not await self._patiently(take):
                    raise Busy(thread_id)
                yield
        except TimeoutError:
            if holding.expired():
                raise Busy(thread_id) from None
            raise
        finally:  # whoever is cancelled while it is taken lets go as well
            for taken in taking:
                letting = self._leaser.submit(self._leases.let_go, name, taken)
                await asyncio.shield(asyncio.wrap_future(letting))


def opened(url: str, _: ContextFormat, policy: Callable[[], Policy]) -> PostgresThreadStore:
    return PostgresThreadStore(url, policy, direct=load(PostgresSettings).postgres_direct_url)


def migrated(url: str, policy: Policy) -> str:
    """Bring the schema and what is derived up to date; a line about it."""
    direct = load(PostgresSettings).postgres_direct_url or url
    set_up(direct)
    store = PostgresThreadStore(direct, lambda: policy)
    count = derive_all(store.rows, store.derive, policy)
    return f"{shown(url)} is up to date, with {count} threads"
