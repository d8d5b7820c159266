"""A thread as a file: `{"id", "events"}`, one event a line, and JSON after each of them.

An event is appended in place: its line and the closing brackets behind it, in one write. What a
power cut leaves of that is no event, and the whole ones before it are there.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from ..errors import format_error
from ..events import AnyEvent
from ..files import content
from ..thread import Thread
from . import NoSuchThread, Unreadable, require_id

BETWEEN, END = ",\n", "\n]}\n"
EVENT = json.JSONDecoder()
# What a file raises that is read and is none.
NO_THREAD = (ValueError, LookupError, TypeError, RecursionError, IsADirectoryError, PermissionError)


def path_of(folder: Path, thread_id: str) -> Path:
    """Raises NoSuchThread for what is no id."""
    require_id(thread_id)
    return folder / f"{thread_id}.json"


def as_file(thread_id: str, thread: Thread) -> str:
    return f"{head(thread_id)}{BETWEEN.join(thread.dump())}{END}"


def as_addition(events: Sequence[AnyEvent]) -> bytes:
    """What stands in place of `END` when these come behind those that are there."""
    lines = [event.model_dump_json() for event in events]
    return "".join([*(f"{BETWEEN}{line}" for line in lines), END]).encode()


def head(thread_id: str) -> str:
    return f'{{"id": "{thread_id}", "events": [\n'


def load(thread_id: str, path: Path) -> Thread:
    """Raises NoSuchThread and Unreadable."""
    try:
        return from_file(thread_id, content(path))
    except FileNotFoundError:
        raise NoSuchThread(f"there is no thread {thread_id}") from None
    except NO_THREAD as error:
        problem = f"{path} is no thread: mend it or move it away"
        raise Unreadable(f"{problem} ({format_error(error)})") from error


def from_file(thread_id: str, written: bytes) -> Thread:
    """Raises ValueError, LookupError, TypeError and RecursionError for what is no such thread."""
    try:
        stored = from_json(written, allow_inf_nan=False)
    except ValueError:
        return Thread.load(whole_events(thread_id, written.decode("utf-8", "replace")))
    if stored["id"] != thread_id:
        raise ValueError("its id is another one")
    return Thread.load(stored["events"])


def whole_events(thread_id: str, text: str) -> list[Any]:
    """Those in front of a write that was cut off. Raises ValueError where it is no such thing."""
    if not text.startswith(head(thread_id)):
        raise ValueError("it does not begin as a thread does")
    events, place = [], len(head(thread_id))
    while True:
        try:
            event, end = EVENT.raw_decode(text, place)
        except ValueError:
            break
        events.append(event)
        place = end + len(BETWEEN)
        if not text.startswith(BETWEEN, end):
            break
    if any(is_whole(line) for line in text[place:].splitlines()):
        raise ValueError(f"it is damaged behind event {len(events) - 1}")
    return events


def is_whole(line: str) -> bool:
    try:
        return isinstance(json.loads(line.removesuffix(",")), dict)
    except (ValueError, RecursionError):
        return False
