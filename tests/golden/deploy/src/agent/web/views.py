"""A thread as the API and `--json` show it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..thread import Thread


def view(thread_id: str, thread: Thread) -> dict[str, Any]:
    return {
        "id": thread_id,
        "status": thread.status,
        "awaiting": asdict(thread.awaiting) if thread.awaiting else None,
        "version": len(thread.events),
        "events": [event.model_dump(mode="json") for event in thread.events],
    }


def listing(threads: Sequence[tuple[str, Thread]], more: bool = False) -> dict[str, Any]:
    """`next` is the `after` of the next page, null on the last."""
    return {
        "threads": [summary(*item) for item in threads],
        "next": threads[-1][0] if more else None,
    }


def summary(thread_id: str, thread: Thread) -> dict[str, Any]:
    whole = view(thread_id, thread)
    events = whole.pop("events")
    return {**whole, "created": events[0]["at"], "updated": events[-1]["at"]}
