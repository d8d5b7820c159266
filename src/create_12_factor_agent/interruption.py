"""Any signal, as Ctrl-C: the first ends the command, and nothing ends what tidies up after it."""

import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import current_thread, main_thread
from time import sleep
from types import FrameType

from .errors import INTERRUPTED, Failure

# All that would end us and can be heard; which of them there are is the system's business.
NAMES = "INT TERM HUP QUIT USR1 USR2 ALRM VTALRM PROF XCPU POLL PWR STKFLT".split()
SIGNALS = [getattr(signal, f"SIG{name}") for name in NAMES if hasattr(signal, f"SIG{name}")]
came: list[int] = []
_waits: list[None] = []  # one for each block that holds interruptions
_ends: list[Callable[[], None]] = []


def listen() -> None:
    for number in SIGNALS:
        # A shell has its background jobs ignore Ctrl-C, and `nohup` a closed terminal.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def too_late() -> None:
    """What was asked is done, or will be in one step: from here on nothing interrupts it."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def interruptible(nothing: str) -> Iterator[None]:
    """An interruption is a failure like any other; `nothing` says what has not happened."""
    try:
        yield
    except KeyboardInterrupt:
        raise Failure(f"interrupted: nothing was {nothing}", INTERRUPTED) from None


@contextmanager
def held() -> Iterator[None]:
    """An interruption in this block comes at its end. Threads but the main one have none."""
    if current_thread() is not main_thread():
        yield
        return
    before = len(came)
    _waits.append(None)
    try:
        yield
    finally:
        _waits.pop()
    if len(came) > before and not _waits:
        raise KeyboardInterrupt


@contextmanager
def ended_by(end: Callable[[], None]) -> Iterator[None]:
    """An interruption in this block calls `end`, which ends it: an event loop is not broken into.

    It comes at the end of the block, then.
    """
    with held():
        _ends.append(end)
        try:
            yield
        finally:
            _ends.pop()


@contextmanager
def temporary_folder(
    beside: Path | None = None, prefix: str = "create-12-factor-agent-"
) -> Iterator[Path]:
    """A folder that is gone afterwards; its tidying, too, is not interrupted half-way."""
    with held():
        folder = TemporaryDirectory(prefix=prefix, dir=beside, ignore_cleanup_errors=True)
    try:
        yield Path(folder.name)
    finally:
        with held():
            _remove(folder)


def _remove(folder: "TemporaryDirectory[str]") -> None:
    """After an interruption too, when a process that ends with us may be writing still."""
    sleep(0.05 * len(came))
    folder.cleanup()
    for _ in range(20):
        if not Path(folder.name).exists():
            return
        sleep(0.05)
        shutil.rmtree(folder.name, ignore_errors=True)


def _end(number: int, frame: FrameType | None) -> None:
    came.append(number)
    too_late()
    for end in _ends:
        end()
    if not _waits:
        raise KeyboardInterrupt
