"""A thread as a file: `{"id", "events"}`, one event a line, and JSON after each of them.

An event is appended in place: its line and the closing brackets behind it, in one write. What a
power cut leaves of that is no event, and the whole ones before it are there.
"""

import json
import re
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
BETWEEN_THEM = re.compile(r",?\s*")  # the comma may have been in what a power cut left as it was
CLOSED = re.compile(r"\n\s*\]\s*\}\s*\Z")  # by whoever wrote it, and no event has a line end
NO_TEXT = re.compile("[\udc80-\udcff]")  # a byte that is not UTF-8
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
    thread, _ = loaded(thread_id, path)
    return thread


def loaded(thread_id: str, path: Path) -> tuple[Thread, bool]:
    """The thread, and whether its file is all of it. What a write that was cut off left there is
    in the way of the next. Raises NoSuchThread and Unreadable.
    """
    try:
        return from_file(thread_id, content(path))
    except FileNotFoundError:
        raise NoSuchThread(f"there is no thread {thread_id}") from None
    except NO_THREAD as error:
        problem = f"{path} is no thread: mend it or move it away"
        raise Unreadable(f"{problem} ({format_error(error)})") from error


def from_file(thread_id: str, written: bytes) -> tuple[Thread, bool]:
    """Raises ValueError, LookupError, TypeError and RecursionError for what is no such thread."""
    try:
        read = from_json(written, allow_inf_nan=False)
    except ValueError:
        text = written.decode("utf-8", "surrogateescape")
        return Thread.load(whole_events(thread_id, text)), False
    if read["id"] != thread_id:
        raise ValueError("its id is another one")
    return Thread.load(read["events"]), True


def whole_events(thread_id: str, text: str) -> list[Any]:
    """Those in front of a write that was cut off. Raises ValueError where it is no such thing."""
    if not text.startswith(head(thread_id)):
        raise ValueError("it does not begin as a thread does")
    events, place = [], len(head(thread_id))
    while between := BETWEEN_THEM.match(text, place):  # always
        try:
            event, end = EVENT.raw_decode(text, between.end())
        except ValueError:
            break
        if NO_TEXT.search(text, place, end):
            break
        events.append(event)
        place = end
    if not is_cut_off(text[place:]):
        raise ValueError(f"it is damaged behind event {len(events) - 1}")
    return events


def is_cut_off(rest: str) -> bool:
    """Whether a power cut leaves this behind whole events: of one write its end is lost; or what
    comes before, where there are zeros then, or the brackets that closed the file as it was. Whole
    events behind such a place are those of other writes, and it is damage.
    """
    if any(is_whole(line) for line in rest.splitlines()):
        return False
    return "\0" in rest or rest.lstrip().startswith("]") or not CLOSED.search(rest)


def is_whole(line: str) -> bool:
    try:
        return isinstance(json.loads(line.removesuffix(",")), dict)
    except (ValueError, RecursionError):
        return False
