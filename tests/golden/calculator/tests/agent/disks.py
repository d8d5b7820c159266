"""Disks that are full, in this process or in another one, for as long as a test wants it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

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
