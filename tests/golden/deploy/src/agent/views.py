"""A thread as everybody shows it: the API, `--json`, and whoever lists what a store has."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from .states import Status, Waiting
from .thread import Thread


@dataclass(frozen=True)
class Summary:
    """A thread without its events; `version` is their number, the times are the first's and last's.

    `created` and `updated` are aware datetimes.
    """

    id: str
    status: Status
    awaiting: Waiting | None
    version: int
    created: datetime | None
    updated: datetime | None


def summary_of(thread_id: str, thread: Thread) -> Summary:
    first, last = thread.events[0], thread.events[-1]
    return Summary(thread_id, thread.status, thread.awaiting, len(thread.events), first.at, last.at)


def view(thread_id: str, thread: Thread) -> dict[str, Any]:
    return {
        "id": thread_id,
        "status": thread.status,
        "awaiting": asdict(thread.awaiting) if thread.awaiting else None,
        "version": len(thread.events),
        "events": [event.model_dump(mode="json") for event in thread.events],
    }


def as_json(thread_id: str, thread: Thread) -> bytes:
    return json.dumps(view(thread_id, thread), ensure_ascii=False).encode()


def listing(found: Sequence[Summary], *, limit: int | None = None) -> dict[str, Any]:
    """A page of so many; `next` is the `after` of the next page, null on the last."""
    page = found[:limit]
    return {
        "threads": [
            {**asdict(each), "created": as_text(each.created), "updated": as_text(each.updated)}
            for each in page
        ],
        "next": page[-1].id if len(page) < len(found) else None,
    }


def as_text(at: datetime | None) -> str | None:
    """As events have their times: RFC 3339, in UTC."""
    return at.isoformat().replace("+00:00", "Z") if at else None
