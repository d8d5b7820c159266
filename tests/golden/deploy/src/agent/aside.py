"""What takes long leaves the event loop, so that it holds up nobody else; and a pause that ends
when something happens.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

LARGE = 50_000  # characters; with fewer, the way to a thread and back takes longer than the work

# Not asyncio's own threads, which tools may hold.
_workers = ThreadPoolExecutor(2, thread_name_prefix="aside")


async def aside(size: int, work: Callable[..., T], *arguments: Any) -> T:
    """What `work` returns for these arguments, which have about so many characters."""
    if size <= LARGE:
        return work(*arguments)
    return await asyncio.get_running_loop().run_in_executor(_workers, work, *arguments)


async def wait_at_most(seconds: float, event: asyncio.Event) -> None:
    """Until it happens, or the time is over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # `wait_for` can miss that it is cancelled
            await event.wait()
