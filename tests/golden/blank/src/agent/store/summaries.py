"""The threads of a folder in short: a file is read again only when it has changed."""

import os
from itertools import islice
from pathlib import Path

from ..cache import Cache
from ..files import Fingerprint, fingerprint
from ..log import logger
from ..views import Summary, summary_of
from ..waiting import Status
from . import NoSuchThread, StoreError
from .thread_file import load, path_of

KEPT = 32_000_000  # bytes of memory


class Summaries:
    """For one caller at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: Cache[str, tuple[Fingerprint, Summary]] = Cache(KEPT)
        self._begun: dict[str, str] = {}  # when each thread began, which never changes

    def find(
        self, status: Status | None, after: str | None, limit: int | None, newest: bool = False
    ) -> list[Summary]:
        ids = self._in_order()
        if newest:
            ids.reverse()
        if after is not None:
            if after not in ids:
                raise NoSuchThread(f"after={after[:64]!r} is none of these threads")
            ids = ids[ids.index(after) + 1 :]
        found = (each for each in map(self._summary, ids) if each)
        return list(islice((each for each in found if status in (None, each.status)), limit))

    def _in_order(self) -> list[str]:
        """All that can be read, the oldest first. A thread that is known is not looked at."""
        files = [name for name in names_in(self.root) if name.endswith(".json")]
        there = {name.removesuffix(".json") for name in files}
        self._begun = {each: at for each, at in self._begun.items() if each in there}
        for thread_id in there - self._begun.keys():
            if summary := self._summary(thread_id):
                self._begun[thread_id] = str(summary.created)
        return sorted(self._begun, key=lambda each: (self._begun[each], each))

    def _summary(self, thread_id: str) -> Summary | None:
        """None, and a line in the log, for what cannot be read."""
        try:
            path = path_of(self.root, thread_id)
            seen, known = fingerprint(path), self._known.get(thread_id)
            if known and known[0] == seen:
                return known[1]
            summary = summary_of(thread_id, load(thread_id, path))
        except (StoreError, OSError) as problem:
            logger().warning("unreadable_thread", file=f"{thread_id}.json", problem=str(problem))
            return None
        self._known.keep(thread_id, (seen, summary), len(repr(summary)))
        return summary


def names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:  # nothing has been kept yet
        return []
