"""A thread as a file has it, `{"id", "version", "events"}`, and which texts can be its id."""

import json
from uuid import UUID

from .thread import Thread


def is_id(text: str) -> bool:
    """Whether it is one of ours; `../victim` and the like are not."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def as_file(thread_id: str, thread: Thread) -> str:
    lines = ",\n".join(thread.dump())
    head = f'"id": "{thread_id}", "version": {len(thread.events)}'
    return f'{{{head}, "events": [\n{lines}\n]}}\n'


def from_file(thread_id: str, content: bytes) -> Thread:
    """Raises ValueError, LookupError, TypeError and RecursionError for what is no such thread."""
    stored = json.loads(content)
    thread = Thread.load(stored["events"])
    if (stored["id"], stored["version"]) != (thread_id, len(thread.events)):
        raise ValueError("its id or version is not that of its events")
    return thread
