"""A thread as a file: `{"id", "version", "events"}`, one event a line."""

from pathlib import Path

from pydantic_core import from_json

from ..errors import format_error
from ..files import content
from ..thread import Thread
from . import NoSuchThread, Unreadable, require_id

# What a file raises that is read and is none.
NO_THREAD = (ValueError, LookupError, TypeError, RecursionError, IsADirectoryError, PermissionError)


def path_of(folder: Path, thread_id: str) -> Path:
    """Raises NoSuchThread for what is no id."""
    require_id(thread_id)
    return folder / f"{thread_id}.json"


def as_file(thread_id: str, thread: Thread) -> str:
    lines = ",\n".join(thread.dump())
    head = f'"id": "{thread_id}", "version": {len(thread.events)}'
    return f'{{{head}, "events": [\n{lines}\n]}}\n'


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
    stored = from_json(written, allow_inf_nan=False)
    thread = Thread.load(stored["events"])
    if (stored["id"], stored["version"]) != (thread_id, len(thread.events)):
        raise ValueError("its id or version is not that of its events")
    return thread
