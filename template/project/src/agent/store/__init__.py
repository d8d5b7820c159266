"""Factors 5 and 6: where threads are kept. A thread that is saved can be taken up by anybody.

`ThreadStore` is what the agent needs of one, and `tests/agent/test_store_contract.py` holds each to
it. `opening.py` finds the one that the settings name. The store of every project is
`filesystem.py`, with the form of its files (`thread_file.py`) and their listing (`summaries.py`);
`patient.py` serves whoever runs threads on any store.
"""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal, Protocol

from ..due import Policy
from ..thread import Thread
from ..views import Summary
from ..waiting import Status

ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class StoreError(Exception):
    """One line that says what is wrong with the store or with what was asked of it."""


class NoSuchThread(StoreError):
    """Nothing is kept under this id, or it is no id."""


class ThreadExists(StoreError):
    """Something is kept under this id already. Nothing has changed."""


class Unreadable(StoreError):
    """Something is kept there that is no thread. It is left alone."""


class NotStored(StoreError):
    """The disk, or what is in its place, does not do it now. Nothing has changed."""


class Full(NotStored):
    """There is no room for it."""


class Locked(NotStored):
    """Somebody else was writing, for longer than it takes."""


class Lost(NotStored):
    """It is gone for a moment. Whether what was asked last has been done is not known."""


class Unusable(NotStored):
    """It cannot be used as it is: the wrong one, or of another version. Somebody must mend it."""


class Busy(Exception):
    """Somebody else is at this thread at the moment."""


Purpose = Literal["run", "tell"]


class ThreadStore(Protocol):
    """What the agent needs of a store. Ids are UUIDs in lower-case text."""

    async def create(self, thread: Thread, thread_id: str | None = None) -> str:
        """Keep a new thread; its id, a new one unless it is given.

        Raises ThreadExists: of two that come with one id, one is kept, whoever is first. An id
        that is derived from what was delivered makes the same delivery the same thread. Raises
        NotStored, and then there is no such thread.
        """

    async def get(self, thread_id: str) -> Thread:
        """Raises NoSuchThread and Unreadable."""

    async def update(self, thread_id: str, change: Callable[[Thread], Thread]) -> Thread:
        """Apply a pure change to what is stored, with nobody in between, and return the result.

        What `change` raises is passed on, and then nothing is written. Raises NoSuchThread,
        Unreadable and NotStored. What is returned is stored, whatever else went wrong. After
        Lost, the same change again is stored once. Whoever waits for one thread holds up no other.
        """

    async def find(
        self,
        *,
        status: Status | None = None,
        after: str | None = None,
        limit: int | None = None,
        newest: bool = False,
    ) -> list[Summary]:
        """The threads of this status behind that one, the oldest or the newest first, so many at
        most.

        What cannot be read is logged by name and passed over. Raises NoSuchThread for `after`.
        """

    async def due(self, until: datetime, policy: Policy) -> list[tuple[str, datetime]]:
        """The threads for which something happens by itself until then, and when; the first first.

        A store that keeps it in an index has it as the policy was that it was opened with.
        """

    async def check(self) -> list[str]:
        """A line for each thing that is odd. Raises NotStored, and Unusable where it stays so."""

    def lease(self, thread_id: str, purpose: Purpose = "run") -> AbstractAsyncContextManager[None]:
        """Held by whoever does this with the thread, across processes: one runs it, and meanwhile
        another can tell humans what waits in it. Raises Busy at once.
        """


def require_id(thread_id: str) -> None:
    """Refuse what is no id of ours, such as `../victim`. Raises NoSuchThread."""
    if not ID.fullmatch(thread_id):
        raise NoSuchThread(f"there is no thread {thread_id[:64]!r}")
