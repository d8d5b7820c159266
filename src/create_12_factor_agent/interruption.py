"""Ctrl-C and SIGTERM: the first ends the command, and nothing ends what tidies up after it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from .errors import INTERRUPTED, Failure

SIGNALS = signal.SIGINT, signal.SIGTERM
came: list[int] = []


def listen() -> None:
    for number in SIGNALS:
        # A shell has its background jobs ignore Ctrl-C.
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


def _end(number: int, frame: FrameType | None) -> None:
    came.append(number)
    too_late()
    raise KeyboardInterrupt
