"""Threads as server-sent events: whoever follows one is told each event as it happens."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi.sse import format_sse_event

from ..events import AnyEvent
from ..store import StoreError, ThreadStore
from ..thread import Thread

LOOK = 1.0  # seconds between two looks for what another process wrote
QUIET = 15.0  # seconds after which a comment says that the connection stands
AGAIN = 2_000  # milliseconds until a browser whose connection broke asks again
AS_IT_IS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would collect it


class Streams:
    """Who follows which thread in this process."""

    def __init__(self) -> None:
        self._followers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._is_closed = False

    def tell(self, thread_id: str, event: AnyEvent) -> None:
        for news in self._followers.get(thread_id, ()):
            news.set()

    def close(self) -> None:
        """End all of them: a stream that stays open would hold up a shutdown."""
        self._is_closed = True
        for followers in self._followers.values():
            for news in followers:
                news.set()

    async def follow(self, thread_id: str, store: ThreadStore, seen: int) -> AsyncIterator[bytes]:
        """The events behind the one that was seen, until the thread has ended.

        A message has no `event:`: a browser gives each under its name to another listener, and
        `error`, which is one of ours, to the one for broken connections.
        """
        news = asyncio.Event()
        self._followers[thread_id].add(news)
        try:
            yield format_sse_event(retry=AGAIN)
            quiet = 0.0
            while not self._is_closed:
                news.clear()
                try:
                    thread = await store.get(thread_id)
                except StoreError:  # whoever asks again is told why
                    return
                for event in thread.events[seen + 1 :]:
                    seen, quiet = event.id, 0.0
                    yield format_sse_event(data_str=event.model_dump_json(), id=str(seen))
                if has_ended(thread):
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await news.wait()
                quiet += LOOK
                if quiet >= QUIET:
                    quiet = 0.0
                    yield format_sse_event(comment="still here")
        finally:
            self._followers[thread_id].discard(news)
            if not self._followers[thread_id]:
                del self._followers[thread_id]


def has_ended(thread: Thread) -> bool:
    return thread.status in ("done", "failed", "stopped")
