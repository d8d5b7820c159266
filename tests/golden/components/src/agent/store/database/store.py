"""A ThreadStore over rows. An event costs the same in a long thread as in a short one."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime
from itertools import chain, repeat
from typing import Any, TypeVar
from uuid import uuid4
from weakref import WeakKeyDictionary

from pydantic_core import from_json

from ...cache import Cache
from ...due import Policy
from ...errors import format_error
from ...thread import CannotFollow, Thread
from ...views import Summary
from ...waiting import Status
from .. import Locked, Lost, NoSuchThread, Purpose, ThreadExists, Unreadable, require_id
from .rows import Row, Rows, row_of, summary_from
from .upgrading import begin, is_old

T = TypeVar("T")
Change = Callable[[Thread], Thread]
Work = Callable[[], Awaitable[T]]
PAUSE = 0.01  # seconds between two looks at a thread that is written to
THREADS_KEPT = 64_000_000  # bytes of memory
MEMORY_FOR_A_BYTE = 4  # of events as JSON, about
DUE_AT_ONCE = 10_000


class DatabaseStore(ABC):
    """Rows, used by a few threads of its own; `patience` is in seconds.

    They are not asyncio's threads, which tools may hold, and belong to no event loop. Who lists
    does not hold up who writes.
    """

    def __init__(
        self,
        rows: Rows,
        policy: Callable[[], Policy] = Policy,
        *,
        writers: int = 1,
        patience: float = 5.0,
    ) -> None:
        self.rows = rows
        self.policy = policy
        self.patience = patience
        self._known: Cache[str, tuple[Thread, int]] = Cache(THREADS_KEPT)
        self._has_begun = False
        self._written_to: set[str] = set()
        # What may have been stored when the database was lost, for whoever tries again.
        self._unsure: WeakKeyDictionary[Change, tuple[int, Sequence[str]]] = WeakKeyDictionary()
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="store")
        self._readers = ThreadPoolExecutor(3, thread_name_prefix="store-read")

    async def create(self, thread: Thread, thread_id: str | None = None) -> str:
        thread_id = thread_id or str(uuid4())
        require_id(thread_id)
        again = chain((False,), repeat(True))
        return await self._patiently(
            lambda: self._in(self._writers, self._create, thread_id, thread, next(again))
        )

    async def get(self, thread_id: str) -> Thread:
        require_id(thread_id)
        return await self._reading(self._read, thread_id)

    async def update(self, thread_id: str, change: Change) -> Thread:
        require_id(thread_id)
        return await self._patiently(lambda: self._alone(thread_id, change))

    async def find(
        self,
        *,
        status: Status | None = None,
        after: str | None = None,
        limit: int | None = None,
        newest: bool = False,
    ) -> list[Summary]:
        if after is not None:
            require_id(after)
        return await self._reading(self._find, status, after, limit, newest)

    async def due(self, until: datetime, policy: Policy) -> list[tuple[str, datetime]]:
        """From the index, so as the policy was when it was written."""
        return await self._reading(self.rows.due, until, DUE_AT_ONCE)

    async def check(self) -> list[str]:
        old = await self._reading(is_old, self.rows, self.policy())
        return ["what is derived of the threads is old: run `agent migrate`"] if old else []

    @asynccontextmanager
    async def lease(self, thread_id: str, purpose: Purpose = "run") -> AsyncIterator[None]:
        require_id(thread_id)
        known = self._known.get(thread_id)
        if not known and not await self._reading(self.rows.exists, thread_id):
            raise NoSuchThread(f"there is no thread {thread_id}")
        async with self.held(thread_id, purpose):
            yield

    @abstractmethod
    def held(self, thread_id: str, purpose: Purpose) -> AbstractAsyncContextManager[None]:
        """The lease of a thread that exists. Raises Busy at once, and NotStored."""

    def derive(self, thread_id: str) -> None:
        """Anew; blocks. Raises Unreadable."""
        while not self.rows.derive(self._row(thread_id, self._read(thread_id))):
            pass

    async def _reading(self, work: Callable[..., T], *arguments: Any) -> T:
        return await self._patiently(lambda: self._in(self._readers, work, *arguments))

    async def _patiently(self, work: Work[T]) -> T:
        """Again, while the database is gone for a moment."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience
        pauses = chain((0.05, 0.1, 0.2, 0.4), repeat(0.8))
        while True:
            try:
                return await work()
            except Lost:
                if loop.time() + (pause := next(pauses)) > until:
                    raise
            await asyncio.sleep(pause)

    async def _alone(self, thread_id: str, change: Change) -> Thread:
        """Nobody else of this process writes to it: of our threads, one at most waits for it."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience
        while thread_id in self._written_to:
            if loop.time() > until:
                raise Locked(f"thread {thread_id} is locked: try again later")
            await asyncio.sleep(PAUSE)
        self._written_to.add(thread_id)
        try:
            return await self._in(self._writers, self._update, thread_id, change)
        finally:
            self._written_to.discard(thread_id)

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, work, *arguments)

    def _create(self, thread_id: str, thread: Thread, again: bool) -> str:
        if not self._has_begun:
            begin(self.rows, self.policy())
            self._has_begun = True
        events = thread.dump()
        is_new = self.rows.create(self._row(thread_id, thread), events)
        if not is_new and not (again and self.rows.events(thread_id, 0) == events):
            raise ThreadExists(f"there is a thread {thread_id} already")
        self._remember(thread_id, thread, sum(map(len, events)))
        return thread_id

    def _update(self, thread_id: str, change: Change) -> Thread:
        if change in self._unsure and (thread := self._was_stored(thread_id, change)):
            return thread
        kept, is_fresh = self._known.get(thread_id), False
        while True:
            if kept is None:
                kept, is_fresh = self._refreshed(thread_id), True
            stored, size = kept
            try:
                changed = change(stored)
            except CannotFollow:
                if is_fresh:
                    raise
                changed = stored
            has_grown = len(changed.events) > len(stored.events)
            if is_fresh and not has_grown:
                return stored
            if has_grown and self._append(thread_id, stored, changed, size, change):
                return changed
            kept = None  # somebody was quicker

    def _append(
        self, thread_id: str, stored: Thread, changed: Thread, size: int, change: Change
    ) -> bool:
        known = len(stored.events)
        if not changed.follows(stored):
            raise ValueError("events are appended to a thread, and nothing else")
        new = [event.model_dump_json() for event in changed.events[known:]]
        self._unsure[change] = known, new
        is_stored = self.rows.append(self._row(thread_id, changed), known, new)
        self._unsure.pop(change, None)
        if is_stored:
            self._remember(thread_id, changed, size + sum(map(len, new)))
        return is_stored

    def _was_stored(self, thread_id: str, change: Change) -> Thread | None:
        """The thread, where what this change made of it is there after all."""
        known, new = self._unsure[change]
        there = self.rows.events(thread_id, known)[: len(new)]
        self._unsure.pop(change, None)
        return self._read(thread_id) if there == new else None

    def _read(self, thread_id: str) -> Thread:
        return self._refreshed(thread_id)[0]

    def _refreshed(self, thread_id: str) -> tuple[Thread, int]:
        """What is remembered, and what was written behind it. Raises NoSuchThread, Unreadable."""
        kept = self._known.get(thread_id)
        with suppress(Unreadable):
            if kept:
                return self._behind(thread_id, *kept)
        # It is not known, or shorter than it was: a backup took its place, or a server that lagged.
        return self._behind(thread_id, Thread(), 0)

    def _behind(self, thread_id: str, thread: Thread, size: int) -> tuple[Thread, int]:
        new = self.rows.events(thread_id, len(thread.events))
        if not new and thread.events:
            return thread, size
        if not new:
            raise NoSuchThread(f"there is no thread {thread_id}")
        try:
            thread = thread.with_stored([from_json(event, allow_inf_nan=False) for event in new])
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            problem = f"thread {thread_id} cannot be read: mend its events"
            raise Unreadable(f"{problem} ({format_error(error)})") from error
        return self._remember(thread_id, thread, size + sum(map(len, new)))

    def _remember(self, thread_id: str, thread: Thread, size: int) -> tuple[Thread, int]:
        return self._known.keep(thread_id, (thread, size), MEMORY_FOR_A_BYTE * size)

    def _row(self, thread_id: str, thread: Thread) -> Row:
        return row_of(thread_id, thread, self.policy())

    def _find(
        self, status: Status | None, after: str | None, limit: int | None, newest: bool
    ) -> list[Summary]:
        return [summary_from(text) for _, text in self.rows.page(status, after, limit, newest)]
