"""A store in few words, and the stores that there are."""

import asyncio
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from agent.store import ThreadStore
from agent.thread import Thread

from ..yours import samples
from .scripted import said, thread_of

BROUGHT = ["sqlite", "postgres"]  # by components, each with a `made` in its folder here


def those_that_are_there() -> dict[str, Callable[[Path], ThreadStore]]:
    """By name, each makes its store in an empty folder: yours, and those of components."""
    there = [name for name in BROUGHT if find_spec(f".{name}", __package__)]
    brought = {name: import_module(f".{name}", __package__).made for name in there}
    return {make.__name__: make for make in samples.STORES} | brought


STORES = those_that_are_there()


def created(store: ThreadStore, thread: Thread | None = None, thread_id: str | None = None) -> str:
    return asyncio.run(store.create(thread or thread_of(said()), thread_id))


def read(store: ThreadStore, thread_id: str) -> Thread:
    return asyncio.run(store.get(thread_id))


def listed(store: ThreadStore) -> list[str]:
    """The ids, in the store's order."""
    return [each.id for each in asyncio.run(store.find())]


async def held(store: ThreadStore, thread_id: str) -> None:
    """Take the lease, and let it go."""
    async with store.lease(thread_id):
        pass
