"""All threads, by what they wait for."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ...events import AnyEvent
from ...redaction import redact
from ...shown import quoted
from ...states import Status
from ...store import StoreError, ThreadStore
from ...views import Summary

Tab = Literal["waiting", "running", "done", "failed", "stopped"]
TABS: tuple[Tab, ...] = get_args(Tab)
PAGE = 25  # threads


@dataclass(frozen=True)
class Row:
    thread: Summary
    began: str


@dataclass(frozen=True)
class Overview:
    tab: Tab
    counts: dict[Tab, int]
    rows: Sequence[Row]
    page: int
    pages: int


def tab_of(status: Status) -> Tab:
    return "waiting" if status.startswith("awaiting") else status  # type: ignore[return-value]


async def overview(store: ThreadStore, tab: Tab, page: int) -> Overview:
    """What has waited longest comes first; elsewhere, what has happened last."""
    found = await store.find()
    counts = Counter(tab_of(each.status) for each in found)
    chosen = [each for each in found if tab_of(each.status) == tab]
    chosen.sort(key=lambda each: str(each.updated), reverse=tab != "waiting")
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(max(1, page), pages)
    shown = chosen[(page - 1) * PAGE : page * PAGE]
    firsts = await asyncio.gather(*(began(store, each.id) for each in shown))
    rows = [Row(each, first) for each, first in zip(shown, firsts, strict=True)]
    return Overview(tab, {each: counts[each] for each in TABS}, rows, page, pages)


async def began(store: ThreadStore, thread_id: str) -> str:
    """What somebody said, or what happened, that the thread began with."""
    try:
        first = (await store.get(thread_id)).events[0]
    except StoreError:  # gone meanwhile
        return ""
    return first_words(first)


def first_words(first: AnyEvent) -> str:
    said = first.data
    return said if isinstance(said, str) else f"{first.type} {quoted(redact(said))}"
