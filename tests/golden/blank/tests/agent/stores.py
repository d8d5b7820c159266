"""A store in few words, and the stores that there are."""

import asyncio
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from agent.store import Purpose, ThreadStore
from agent.store.opening import open_store
from agent.thread import Thread

from ..yours import samples
from .scripted import said, thread_of

BROUGHT = ["sqlite", "postgres"]  # by components, each with a `url` in its folder here


def those_that_are_there() -> dict[str, Callable[[Path], str]]:
    """By name, each gives the URL of a store that is empty, if need be in this folder."""
    there = [name for name in BROUGHT if find_spec(f".{name}", __package__)]
    return {name: import_module(f".{name}", __package__).url for name in there}


def at_its_url(url: Callable[[Path], str]) -> Callable[[Path], ThreadStore]:
    return lambda folder: open_store(url(folder), "xml")


DATABASES = those_that_are_there()
URLS = {"file": lambda folder: f"file:{folder}"} | DATABASES
# Each makes a store in an empty folder: yours, and those of components.
STORES = {make.__name__: make for make in samples.STORES} | {
    name: at_its_url(url) for name, url in DATABASES.items()
}


def created(store: ThreadStore, thread: Thread | None = None, thread_id: str | None = None) -> str:
    return asyncio.run(store.create(thread or thread_of(said()), thread_id))


def read(store: ThreadStore, thread_id: str) -> Thread:
    return asyncio.run(store.get(thread_id))


def listed(store: ThreadStore) -> list[str]:
    """The ids, in the store's order."""
    return [each.id for each in asyncio.run(store.find())]


async def held(store: ThreadStore, thread_id: str, purpose: Purpose = "run") -> None:
    """Take the lease, and let it go."""
    async with store.lease(thread_id, purpose):
        pass
