"""A thread as a database keeps it, and what a database must be able to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol

from pydantic import TypeAdapter

from ...due import Policy
from ...thread import Thread
from ...views import Summary, due_at, summary_of
from ...waiting import Status
from .. import NoSuchThread, Unreadable, Unusable


@dataclass(frozen=True)
class Row:
    """What is derived of a thread. Times are aware; `summary` is JSON."""

    id: str
    version: int
    status: Status
    created: datetime
    due: datetime | None
    summary: str


class Rows(Protocol):
    """For a few threads, which wait. Raises NotStored, and Lost where another try helps."""

    def create(self, row: Row, events: Sequence[str]) -> bool:
        """False, and nothing was done, where the id is in use."""

    def append(self, row: Row, known: int, events: Sequence[str]) -> bool:
        """Events behind so many. False, and nothing was done, where there are more or none."""

    def derive(self, row: Row) -> bool:
        """What is derived, anew. False, and nothing was done, where there are more events."""

    def events(self, thread_id: str, known: int) -> list[str]:
        """Those behind so many; none where there is no thread. Raises Unreadable where the thread
        says that there are more or fewer: nothing could be appended to that. Raises NoSuchThread
        where some are known, and it is gone.
        """

    def page(
        self, status: Status | None, after: str | None, limit: int | None, newest: bool = False
    ) -> list[tuple[str, str]]:
        """Ids and summaries, the oldest or the newest first. Raises NoSuchThread for `after`."""

    def exists(self, thread_id: str) -> bool: ...

    def due(self, until: datetime, limit: int) -> list[tuple[str, datetime]]: ...

    def noted(self, name: str) -> str | None:
        """What is kept about the database itself."""

    def note(self, name: str, value: str) -> None: ...


def row_of(thread_id: str, thread: Thread, policy: Policy) -> Row:
    summary = summary_of(thread_id, thread)
    assert summary.created
    return Row(
        id=thread_id,
        version=summary.version,
        status=summary.status,
        created=summary.created,
        due=due_at(summary, policy),
        summary=summaries().dump_json(summary).decode(),
    )


def none_missing(thread_id: str, known: int, found: Sequence[tuple[int, str | None]]) -> list[str]:
    """The events behind so many, each with the version of its thread beside it, which stands alone
    where there are none. Raises Unreadable, and NoSuchThread for one that is gone.
    """
    if not found and known:
        raise NoSuchThread(f"there is no thread {thread_id} any more")
    if not found:
        return []
    events = [event for _, event in found if event is not None]
    there, (version, _) = known + len(events), found[0]
    if there != version:
        raise Unreadable(f"thread {thread_id} has {there} of its {version} events: mend it")
    return events


def summary_from(text: str) -> Summary:
    """Raises Unusable for what other code has derived."""
    try:
        return summaries().validate_json(text)
    except ValueError:
        raise Unusable("what is derived of the threads is old: run `agent migrate`") from None


@cache
def summaries() -> TypeAdapter[Summary]:
    return TypeAdapter(Summary)
