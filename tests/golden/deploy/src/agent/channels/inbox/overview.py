"""The threads, by what they wait for: all of them or, of very many, those that matter now."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from ...events import AnyEvent
from ...shown import described
from ...store import StoreError, ThreadStore
from ...views import Summary
from ...waiting import Status
from .timeline import call_of

Tab = Literal["waiting", "running", "done", "failed", "stopped"]
TABS: tuple[Tab, ...] = get_args(Tab)
PAGE = 25  # threads
MOST = 10_000  # that are listed; of more a page costs the same, however many there are
OLDEST = 500  # of each kind that waits, and is none of those


@dataclass(frozen=True)
class Row:
    thread: Summary
    began: str
    since: datetime
    call: str


@dataclass(frozen=True)
class Overview:
    tab: Tab
    counts: dict[Tab, int]
    rows: Sequence[Row]
    page: int
    pages: int
    is_all: bool


def tab_of(status: Status) -> Tab:
    match status:
        case "awaiting_human_approval" | "awaiting_human_response":
            return "waiting"
        case "awaiting_result":
            return "running"
        case _:
            return status


async def overview(store: ThreadStore, tab: Tab, page: int) -> Overview:
    """What has waited longest comes first; elsewhere, what has happened last."""
    found = await looked_at(store)
    counts = Counter(tab_of(each.status) for each in found)
    chosen = [each for each in found if tab_of(each.status) == tab]
    chosen.sort(key=since if tab == "waiting" else last, reverse=tab != "waiting")
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(max(1, page), pages)
    shown = chosen[(page - 1) * PAGE : page * PAGE]
    firsts = await asyncio.gather(*(began(store, each.id) for each in shown))
    rows = [row_of(each, first) for each, first in zip(shown, firsts, strict=True)]
    is_all = len(found) <= MOST
    return Overview(tab, {each: counts[each] for each in TABS}, rows, page, pages, is_all)


async def looked_at(store: ThreadStore) -> list[Summary]:
    """All, unless there are too many: then the newest, and those that have waited longest."""
    found = await store.find(limit=MOST + 1, newest=True)
    if len(found) > MOST:
        found += await store.find(status="awaiting_human_approval", limit=OLDEST)
        found += await store.find(status="awaiting_human_response", limit=OLDEST)
    return list({each.id: each for each in found}.values())


def row_of(thread: Summary, began: str) -> Row:
    lines = call_of(thread.awaiting) if thread.awaiting else ()
    call = " · ".join(f"{name}: {value}" for name, value in lines)
    return Row(thread, began, since(thread)[0], call)


def since(thread: Summary) -> tuple[datetime, str]:
    """When it was asked; what somebody put off comes behind."""
    asked = thread.awaiting.asked_at if thread.awaiting else None
    return asked or last(thread)[0], thread.id


def last(thread: Summary) -> tuple[datetime, str]:
    return thread.updated or datetime.min.replace(tzinfo=UTC), thread.id


async def began(store: ThreadStore, thread_id: str) -> str:
    """What somebody said, or what happened, that the thread began with."""
    try:
        first = (await store.get(thread_id)).events[0]
    except StoreError:  # gone meanwhile
        return ""
    return first_words(first)


def first_words(first: AnyEvent) -> str:
    said = first.data
    return said if isinstance(said, str) else f"{first.type} {described(said)}"
