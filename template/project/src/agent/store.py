"""Factors 5 and 6: where threads are kept. A thread that is saved can be taken up by anybody."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from filelock import FileLock, Timeout

from .context import ContextFormat, format_error
from .files import Fingerprint, fingerprint, overwrite, replace
from .log import logger
from .thread import Thread
from .thread_file import as_file, from_file, is_id

T = TypeVar("T")


class StoreError(Exception):
    """One line that says what is wrong with the store or with what was asked of it."""


class NoSuchThread(StoreError):
    """Nothing is kept under this id, or it is no id."""


class Unreadable(StoreError):
    """Something is kept there that is no thread. It is left alone."""


class Busy(Exception):
    """Somebody else is running this thread at the moment."""


class ThreadStore(Protocol):
    """What the agent needs of a store; FileSystemThreadStore is one."""

    async def create(self, thread: Thread) -> str:
        """Keep a new thread; its id, a UUID."""

    async def get(self, thread_id: str) -> Thread:
        """Raises NoSuchThread and Unreadable."""

    async def update(self, thread_id: str, change: Callable[[Thread], Thread]) -> Thread:
        """Apply a pure change to what is stored, with nobody in between, and return the result.

        What `change` raises is passed on, and then nothing is written.
        """

    async def list(self) -> list[tuple[str, Thread]]:
        """All threads, the oldest first; what cannot be read is logged by name and passed over."""

    def lease(self, thread_id: str) -> AbstractContextManager[None]:
        """Held by whoever runs the thread, across processes. Raises Busy at once."""


class FileSystemThreadStore:
    """`<id>.json` is the thread, `<id>.txt` beside it the context as the model reads it."""

    def __init__(self, root: Path, form: ContextFormat = "xml") -> None:
        self.root = root
        self.form = form
        self._known: dict[str, tuple[Fingerprint, Thread]] = {}
        # Not asyncio's own threads: tools that take long may hold all of those.
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="store")

    async def create(self, thread: Thread) -> str:
        thread_id = str(uuid4())
        await self._aside(self._write, thread_id, thread)
        return thread_id

    async def get(self, thread_id: str) -> Thread:
        return await self._aside(self._read, thread_id)

    async def update(self, thread_id: str, change: Callable[[Thread], Thread]) -> Thread:
        return await self._aside(self._update, thread_id, change)

    async def list(self) -> list[tuple[str, Thread]]:
        return await self._aside(lambda: sorted(self._readable(), key=by_age))

    async def _aside(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    @contextmanager
    def lease(self, thread_id: str) -> Iterator[None]:
        try:
            with FileLock(self._lock(thread_id, "lease"), blocking=False):
                yield
        except Timeout:
            raise Busy(thread_id) from None

    def _update(self, thread_id: str, change: Callable[[Thread], Thread]) -> Thread:
        # A new lock object each time: two coroutines that shared one would both get in.
        with FileLock(self._lock(thread_id, "write")):
            stored = self._read(thread_id)
            changed = change(stored)
            if changed is not stored:
                self._write(thread_id, changed)
            return changed

    def _read(self, thread_id: str) -> Thread:
        path = self._path(thread_id)
        try:
            seen, known = fingerprint(path), self._known.get(thread_id)
            if known and known[0] == seen:
                return known[1]
            thread = from_file(thread_id, path.read_bytes())
        except FileNotFoundError:
            raise NoSuchThread(f"there is no thread {thread_id}") from None
        except (ValueError, LookupError, TypeError, RecursionError, OSError) as error:
            problem = f"{path} is no thread: mend it or move it away"
            raise Unreadable(f"{problem} ({format_error(error)})") from error
        self._remember(thread_id, seen, thread)
        return thread

    def _write(self, thread_id: str, thread: Thread) -> None:
        path = self._path(thread_id)
        replace(path, as_file(thread_id, thread))
        overwrite(path.with_suffix(".txt"), thread.serialize_for_llm(self.form) + "\n")
        self._remember(thread_id, fingerprint(path), thread)

    def _remember(self, thread_id: str, seen: Fingerprint, thread: Thread) -> None:
        if len(self._known) >= 1000:
            self._known.clear()
        self._known[thread_id] = (seen, thread)

    def _readable(self) -> Iterator[tuple[str, Thread]]:
        for path in self.root.glob("*.json"):
            try:
                yield path.stem, self._read(path.stem)
            except StoreError as problem:
                logger().warning("unreadable_thread", file=path.name, problem=str(problem))

    def _path(self, thread_id: str) -> Path:
        if not is_id(thread_id):
            raise NoSuchThread(f"there is no thread {thread_id[:64]!r}")
        return self.root / f"{thread_id}.json"

    def _lock(self, thread_id: str, purpose: str) -> Path:
        if not self._path(thread_id).exists():
            raise NoSuchThread(f"there is no thread {thread_id}")
        return self.root / ".locks" / f"{thread_id}.{purpose}"


def by_age(item: tuple[str, Thread]) -> tuple[str, str]:
    return str(item[1].events[0].at), item[0]
