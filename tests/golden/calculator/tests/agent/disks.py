"""Disks that are full or gone, here or in another process, for as long as a test wants it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent.store.filesystem import FileSystemThreadStore

resource = pytest.importorskip("resource")  # not on Windows


@contextmanager
def full(room: int = 0, process: int | None = None) -> Iterator[None]:
    """No file becomes longer than so many bytes, as on a disk that has no more room."""
    pid = process or os.getpid()
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def gone(store: FileSystemThreadStore) -> Iterator[None]:
    """Something else is where the folder was, as where a disk was taken away."""
    away = store.root.with_name("away")
    store.root.rename(away)
    store.root.write_text("")
    try:
        yield
    finally:
        store.root.unlink()
        away.rename(store.root)
