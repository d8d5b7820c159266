"""A thread as everybody shows it: the API, `--json`, and whoever lists what a store has."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from .due import Policy, due, expires_at
from .outcomes import Stale
from .thread import Thread
from .waiting import Status, Waiting


@dataclass(frozen=True)
class Summary:
    """A thread without its events; `version` is their number, the times are the first's and last's.

    `created` and `updated` are aware datetimes. `awaiting` and `stale` are what can come due.
    """

    id: str
    status: Status
    awaiting: Waiting | None
    version: int
    created: datetime | None
    updated: datetime | None
    stale: tuple[Stale, ...] = ()


def summary_of(thread_id: str, thread: Thread) -> Summary:
    first, last = thread.events[0], thread.events[-1]
    # A message that the thread has from another, which it is a copy of, belongs to that one.
    ours = tuple(each for each in thread.stale if each.message.thread_id == thread_id)
    version = len(thread.events)
    return Summary(thread_id, thread.status, thread.awaiting, version, first.at, last.at, ours)


def due_at(summary: Summary, policy: Policy) -> datetime | None:
    """When something happens by itself."""
    then = due(summary.awaiting, policy, summary.stale)
    return then.at if then else None


def view(thread_id: str, thread: Thread, policy: Policy) -> dict[str, Any]:
    return {
        "id": thread_id,
        "status": thread.status,
        "awaiting": as_awaiting(thread.awaiting, policy),
        "version": len(thread.events),
        "events": [event.model_dump(mode="json") for event in thread.events],
    }


def as_awaiting(waiting: Waiting | None, policy: Policy) -> dict[str, Any] | None:
    """What is waited for, and until when."""
    if waiting is None:
        return None
    names = [
        "call_id",
        "reason",
        "intent",
        "arguments",
        "question",
        "urgency",
        "format",
        "choices",
        "approver",
    ]
    told = [asdict(each) | {"at": rfc3339(each.at)} for each in waiting.contacted]
    return {
        **{name: getattr(waiting, name) for name in names},
        "expires_at": rfc3339(expires_at(waiting, policy)),
        "contacted": [{name: at for name, at in each.items() if at is not None} for each in told],
    }


def as_json(thread_id: str, thread: Thread, policy: Policy) -> bytes:
    return json.dumps(view(thread_id, thread, policy), ensure_ascii=False).encode()


def listing(
    found: Sequence[Summary], policy: Policy, *, limit: int | None = None
) -> dict[str, Any]:
    """A page of so many; `next` is the `after` of the next page, null on the last."""
    page = found[:limit]
    return {
        "threads": [
            {
                "id": each.id,
                "status": each.status,
                "awaiting": as_awaiting(each.awaiting, policy),
                "version": each.version,
                "created": rfc3339(each.created),
                "updated": rfc3339(each.updated),
            }
            for each in page
        ],
        "next": page[-1].id if len(page) < len(found) else None,
    }


def rfc3339(at: datetime | None) -> str | None:
    """As events have their times: RFC 3339, in UTC."""
    return at.isoformat().replace("+00:00", "Z") if at else None
