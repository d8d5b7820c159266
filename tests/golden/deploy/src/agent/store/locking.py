"""Locks between the processes of one machine; the system lets go for whoever dies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import lock_descriptor, unlock_descriptor

from ..files import private

_open: set[int] = set()  # descriptors


class Taken(Exception):
    """Somebody else has the lock."""


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Raises Taken at once. Each has a descriptor of its own: two coroutines that shared one would
    both get in. Whoever lets go is perhaps another thread.
    """
    descriptor = private(path, os.O_RDWR | os.O_CREAT)
    _open.add(descriptor)
    try:
        if not lock_descriptor(descriptor, blocking=False):
            raise Taken
        yield
    finally:
        let_go(descriptor)


def let_go(descriptor: int) -> None:
    if descriptor in _open:
        _open.discard(descriptor)
        # A program that starts this moment has a copy, which closing alone would leave locked.
        with suppress(OSError):
            unlock_descriptor(descriptor)
        os.close(descriptor)


def leave_ours() -> None:
    """A copy of the process, which a tool may make, would hold what we hold, and for longer."""
    for descriptor in _open:
        with suppress(OSError):
            os.close(descriptor)
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=leave_ours)
