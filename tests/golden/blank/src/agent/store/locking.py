"""Locks between the processes of one machine; the system lets go for whoever dies."""

from pathlib import Path

from filelock import FileLock

from ..files import private_folder


def file_lock(folder: Path, name: str) -> FileLock:
    """Raises Timeout at once. Whoever lets go is perhaps another thread of the process.

    A new object each time: two coroutines that shared one would both get in.
    """
    private_folder(folder)
    return FileLock(folder / name, blocking=False, mode=0o600, thread_local=False)
