"""Says so in the log when something holds up the event loop, and with it everybody."""

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .log import logger

PATIENCE = 1.0  # seconds that the loop may need for an answer
LATE = 1.0  # seconds that the watch itself may be late, as it is on a machine with much to do
PAUSE = 0.5  # seconds between two questions


@contextmanager
def watched(patience: float = PATIENCE, pause: float = PAUSE) -> Iterator[None]:
    """Watches the loop that runs now, from a thread, which the loop cannot hold up."""
    done = threading.Event()
    about = (asyncio.get_running_loop(), threading.get_ident(), done, patience, pause)
    threading.Thread(target=watch, args=about, name="watch", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def watch(
    loop: asyncio.AbstractEventLoop,
    thread: int,
    done: threading.Event,
    patience: float,
    pause: float,
) -> None:
    slept = time.monotonic()
    while not done.wait(pause):
        answered = threading.Event()
        asked = time.monotonic()
        if (late := asked - slept - pause) > LATE:  # nothing ran, as with the GIL held in C
            logger().warning("process_blocked", seconds=round(late, 1))
        try:
            loop.call_soon_threadsafe(answered.set)
        except RuntimeError:  # it is closed
            return
        if not answered.wait(patience) and not done.is_set():
            logger().warning("loop_blocked", seconds=patience, at=place_of(thread))
            answered.wait()
            logger().warning("loop_free", seconds=round(time.monotonic() - asked, 1))
        slept = time.monotonic()


def place_of(thread: int) -> str:
    """Where it is just now: the innermost line, and the innermost of our own."""
    frame = sys._current_frames().get(thread)
    lines = []
    while frame:
        file = Path(frame.f_code.co_filename)
        lines.append((file, f"{file.name}:{frame.f_lineno} in {frame.f_code.co_name}"))
        frame = frame.f_back
    ours = [line for file, line in lines if Path(__file__).parent in file.parents]
    return " < ".join(dict.fromkeys([*(line for _, line in lines[:1]), *ours[:1]]))
