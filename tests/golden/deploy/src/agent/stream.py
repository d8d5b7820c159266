"""A log that nobody reads holds up nobody: closed, full, or a pipe at whose end nobody looks."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOBase, TextIOWrapper
from queue import Full, Queue
from typing import NoReturn, TextIO

LINES = 10_000  # that wait to be written; what is more is lost
END = 1.0  # seconds that the end of the process waits for them


def open_missing() -> None:
    """A process may be started without stdin, stdout or stderr. The next file that it opens would
    have their number, and get what C code writes to them: a thread, or a connection.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def show_every_letter() -> None:
    """A console without our letters shows others."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


class Patient(TextIOBase):
    """Writes to a stream from a thread of its own. No call waits, and none fails."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream and of_its_own(stream)
        self._lines: Queue[str] = Queue(LINES)
        threading.Thread(target=self._write_on, name="log", daemon=True).start()

    def write(self, text: str) -> int:
        with suppress(Full):
            self._lines.put_nowait(text)
        return len(text)

    def close(self) -> None:
        """Not by whoever prints to it: it is everybody's."""

    def isatty(self) -> bool:
        return bool(self._stream and self._stream.isatty())

    def drain(self, until: float) -> None:
        while self._lines.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.01)

    def _write_on(self) -> None:
        while True:
            text = self._lines.get()
            with suppress(OSError, ValueError):  # ValueError: it was closed
                if self._stream:
                    self._stream.write(text)
                    self._stream.flush()
            self._lines.task_done()


def of_its_own(stream: TextIO) -> TextIO:
    """The same file under another number: whoever closes 1 or 2 does not close ours, and a socket
    that gets the number gets no line of ours. A program that is started does not inherit it.
    """
    try:
        number = os.dup(stream.fileno())
    except (OSError, AttributeError):  # it is no file, or closed
        return stream
    return os.fdopen(number, "w", encoding=stream.encoding, errors="replace")


@contextmanager
def patient_streams() -> Iterator[None]:
    """stdout and stderr, for whatever writes to them in this process."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Patient(sys.stdout), Patient(sys.stderr)
    try:
        yield
    finally:
        drain()
        sys.stdout, sys.stderr = before


def drain() -> None:
    """Wait for what was said to be written, for a while."""
    until = time.monotonic() + END
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Patient):
            stream.drain(until)


def leave(code: int) -> NoReturn:
    """End at once: a thread of BAML's that was interrupted crashes the interpreter's own end."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody may be reading it
            stream.flush()
    os._exit(code)
