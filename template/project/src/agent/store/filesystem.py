"""Threads in a folder: `<id>.json` is the thread, `<id>.txt` beside it what the model reads."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from ..cache import Cache
from ..context import ContextFormat
from ..due import Policy
from ..errors import format_error
from ..files import (
    TEMPORARY,
    Fingerprint,
    append,
    fingerprint,
    overwrite,
    private_folder,
    replace,
)
from ..log import logger
from ..thread import Thread
from ..views import Summary, due_at
from ..waiting import Status
from . import Busy, Full, Locked, NoSuchThread, NotStored, Purpose, ThreadExists
from .locking import Taken, file_lock
from .opening import place_in
from .summaries import Summaries
from .thread_file import END, as_addition, as_file, loaded, path_of

T = TypeVar("T")
PAUSE = 0.01  # seconds between two looks at a lock
CUT_OFF = "a write to it was cut off, or it has another name: what is whole is kept"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

THREADS_KEPT = 64_000_000  # bytes of memory
MEMORY_FOR_A_BYTE = 4  # of a file, about, when it is events


class FileSystemThreadStore:
    """A ThreadStore in a folder, for the processes of one machine; `patience` is in seconds."""

    def __init__(self, root: Path, form: ContextFormat = "xml", patience: float = 5.0) -> None:
        self.root = root.absolute()  # a tool may go elsewhere
        self.form = form
        self.patience = patience
        self._threads: Cache[str, tuple[Fingerprint, Thread]] = Cache(THREADS_KEPT)
        self._summaries = Summaries(self.root)
        # Not asyncio's own threads: tools that take long may hold all of those. And whoever lists
        # holds up nobody else.
        self._workers = ThreadPoolExecutor(4, thread_name_prefix="store")
        self._lister = ThreadPoolExecutor(1, thread_name_prefix="store-find")
        with suppress(OSError):
            self._sweep()

    async def create(self, thread: Thread, thread_id: str | None = None) -> str:
        thread_id = thread_id or str(uuid4())
        return await self._alone(self._create, thread_id, thread)

    async def get(self, thread_id: str) -> Thread:
        return await self._aside(self._read, thread_id)

    async def update(self, thread_id: str, change: Callable[[Thread], Thread]) -> Thread:
        return await self._alone(self._update, thread_id, change)

    async def find(
        self,
        *,
        status: Status | None = None,
        after: str | None = None,
        limit: int | None = None,
        newest: bool = False,
    ) -> list[Summary]:
        return await self._in(self._lister, self._summaries.find, status, after, limit, newest)

    async def due(self, until: datetime, policy: Policy) -> list[tuple[str, datetime]]:
        """Of all threads, as they are."""
        found = ((each.id, due_at(each, policy)) for each in await self.find())
        return sorted(((id, at) for id, at in found if at and at <= until), key=itemgetter(1))

    async def check(self) -> list[str]:
        return []

    @asynccontextmanager
    async def lease(self, thread_id: str, purpose: Purpose = "run") -> AsyncIterator[None]:
        with ExitStack() as held:
            try:
                await self._aside(held.enter_context, self._lock(thread_id, purpose))
            except Taken:
                raise Busy(thread_id) from None
            yield

    async def _alone(self, work: Callable[..., T], thread_id: str, about: Any) -> T:
        """With nobody else writing this thread. It is not one of our threads that waits."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience
        while True:
            try:
                return await self._aside(work, thread_id, about)
            except Taken:
                if loop.time() > until:
                    raise Locked(f"thread {thread_id} is locked: try again later") from None
            await asyncio.sleep(PAUSE)

    async def _aside(self, work: Callable[..., T], *arguments: Any) -> T:
        return await self._in(self._workers, work, *arguments)

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[..., T], *arguments: Any) -> T:
        with self._disk():
            return await asyncio.get_running_loop().run_in_executor(pool, work, *arguments)

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """Raises NotStored for what it does not do."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            problem = f"nothing was changed in {self.root}, which cannot be used: {reason}"
            raise (Full if error.errno in NO_ROOM else NotStored)(problem) from error

    def _create(self, thread_id: str, thread: Thread) -> str:
        path = self._path(thread_id)
        with self._locked(f"{thread_id}.write"):
            if path.exists():
                raise ThreadExists(f"there is a thread {thread_id} already")
            self._write(thread_id, thread)
        return thread_id

    def _update(self, thread_id: str, change: Callable[[Thread], Thread]) -> Thread:
        with self._lock(thread_id, "write"):
            stored, is_whole = self._stored(thread_id)
            changed = change(stored)
            if changed is not stored:
                self._write(thread_id, changed, stored, is_whole)
        return changed

    def _read(self, thread_id: str) -> Thread:
        thread, _ = self._stored(thread_id)
        return thread

    def _stored(self, thread_id: str) -> tuple[Thread, bool]:
        """The thread, and whether its file is all of it."""
        path = self._path(thread_id)
        seen, known = fingerprint_of(thread_id, path), self._threads.get(thread_id)
        if known and known[0] == seen:
            return known[1], True
        thread, is_whole = loaded(thread_id, path)
        if is_whole:
            self._remember(thread_id, seen, thread)
        return thread, is_whole

    def _write(
        self, thread_id: str, thread: Thread, stored: Thread | None = None, is_whole: bool = True
    ) -> None:
        """What came behind what is stored is appended; else the file is written anew."""
        path = self._path(thread_id)
        follows = stored is not None and thread.follows(stored)
        new = thread.events[len(stored.events) :] if stored else ()
        if not (follows and is_whole and append(path, END.encode(), as_addition(new))):
            if follows:
                logger().warning("thread_written_anew", file=path.name, problem=CUT_OFF)
            replace(path, as_file(thread_id, thread))
        # From here on it is stored, and nothing that goes wrong changes that.
        with suppress(OSError):
            self._remember(thread_id, fingerprint(path), thread)
        if thread.status != "running":
            self._show(path.with_suffix(".txt"), thread)

    def _show(self, path: Path, thread: Thread) -> None:
        try:
            overwrite(path, thread.serialize_for_llm(self.form) + "\n")
        except Exception as error:  # noqa: BLE001, it can be made again; better none than an old one
            logger().warning("context_not_written", file=path.name, problem=format_error(error))
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what a process left that ended while it wrote; who writes has the lock."""
        for left in self.root.glob(f".*{TEMPORARY}*"):
            thread_id = left.name.split(".")[1]  # or nothing, of what is no thread
            with suppress(Taken), self._locked(f"{thread_id}.write"):
                left.unlink(missing_ok=True)

    def _remember(self, thread_id: str, seen: Fingerprint, thread: Thread) -> None:
        _, _, size = seen
        self._threads.keep(thread_id, (seen, thread), MEMORY_FOR_A_BYTE * size)

    def _path(self, thread_id: str) -> Path:
        return path_of(self.root, thread_id)

    @contextmanager
    def _lock(self, thread_id: str, purpose: str) -> Iterator[None]:
        """Raises NoSuchThread, as asking for one leaves no file, and Taken, at once."""
        fingerprint_of(thread_id, self._path(thread_id))
        with self._locked(f"{thread_id}.{purpose}"):
            yield

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        locks = self.root / ".locks"
        private_folder(self.root)
        private_folder(locks)
        with file_lock(locks / name):
            yield


def fingerprint_of(thread_id: str, path: Path) -> Fingerprint:
    """Raises NoSuchThread."""
    try:
        return fingerprint(path)
    except FileNotFoundError:
        raise NoSuchThread(f"there is no thread {thread_id}") from None


def opened(url: str, form: ContextFormat, _: Callable[[], Policy]) -> FileSystemThreadStore:
    return FileSystemThreadStore(place_in(url), form)
