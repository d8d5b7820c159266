"""Threads in one SQLite file, for the processes of one machine: `sqlite:PATH`."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from os.path import realpath
from pathlib import Path

from ...context import ContextFormat
from ...due import Policy
from ...files import private_folder
from .. import Busy, Purpose, StoreError
from ..database.store import DatabaseStore
from ..database.upgrading import derive_all
from ..locking import Taken, file_lock
from ..opening import place_in
from .file import set_up
from .rows import SqliteRows


class SqliteThreadStore(DatabaseStore):
    """A ThreadStore in one file; `patience` is in seconds. SQLite has one writer at a time."""

    def __init__(
        self, path: Path, policy: Callable[[], Policy] = Policy, patience: float = 5.0
    ) -> None:
        # A tool may go elsewhere, and whoever names it by a link has the same locks.
        self.path = Path(realpath(path))
        super().__init__(SqliteRows(self.path, patience), policy, patience=patience)

    @asynccontextmanager
    async def held(self, thread_id: str, purpose: Purpose) -> AsyncIterator[None]:
        with ExitStack() as held:
            try:
                await self._in(self._readers, held.enter_context, self._lock(thread_id, purpose))
            except Taken:
                raise Busy(thread_id) from None
            yield

    @contextmanager
    def _lock(self, thread_id: str, purpose: Purpose) -> Iterator[None]:
        """Raises Taken at once."""
        locks = self.path.with_name(f"{self.path.name}.locks")
        private_folder(locks)
        with file_lock(locks / f"{thread_id}.{purpose}"):
            yield


def opened(url: str, _: ContextFormat, policy: Callable[[], Policy]) -> SqliteThreadStore:
    return SqliteThreadStore(path_from(url), policy)


def migrated(url: str, policy: Policy) -> str:
    """Bring the schema and what is derived up to date; a line about it."""
    path = path_from(url)
    set_up(path)
    store = SqliteThreadStore(path, lambda: policy)
    count = derive_all(store.rows, store.derive, policy)
    return f"{path} is up to date, with {count} threads"


def path_from(url: str) -> Path:
    """Raises StoreError."""
    place = url.partition(":")[2]
    if place.endswith("/") or "?" in place or place == ":memory:":
        raise StoreError(f"AGENT_STORE_URL={url} names no file: write sqlite:.threads/agent.db")
    return place_in(url)
