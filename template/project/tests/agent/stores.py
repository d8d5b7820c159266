"""A store in few words."""

import asyncio

from agent.store import ThreadStore
from agent.thread import Thread

from .scripted import said, thread_of


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
