"""The threads of a folder in short: a file is read again only when it has changed.

Where there are many, what was read is written down in `.summaries`, for the next process. It can be
deleted at any time: an entry counts while its file is as it was, and all do while the code is.
"""

import os
from contextlib import suppress
from functools import cache
from hashlib import sha256
from itertools import islice
from pathlib import Path

from pydantic import TypeAdapter

from ..cache import Cache
from ..errors import format_error
from ..files import Fingerprint, content, fingerprint, replace
from ..log import logger
from ..views import Summary, summary_of
from ..waiting import Status
from . import NoSuchThread, StoreError
from .thread_file import load, path_of

KEPT = 32_000_000  # bytes of memory
# What is read before it is worth it to write it down: files, and a tenth of all; or bytes.
MANY, MUCH = 100, 1_000_000
AGENT = Path(__file__).parents[1]


class Summaries:
    """For one caller at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: Cache[str, tuple[Fingerprint, Summary]] = Cache(KEPT)
        self._begun: dict[str, str] = {}  # when each thread began, which never changes
        self._written_down = root / ".summaries"
        self._has_recalled = False
        self._anew = self._read = 0  # files and bytes, since it was written

    def find(
        self, status: Status | None, after: str | None, limit: int | None, newest: bool = False
    ) -> list[Summary]:
        if not self._has_recalled:
            self._recall()
            self._has_recalled = True
        ids = self._in_order()
        if self._anew > max(MANY, len(ids) // 10) or self._read > MUCH:
            self._write_down(ids)
            self._anew = self._read = 0
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
        self._keep(seen, summary)
        self._anew += 1
        self._read += seen[-1]
        return summary

    def _keep(self, seen: Fingerprint, summary: Summary) -> None:
        self._known.keep(summary.id, (seen, summary), len(repr(summary)))

    def _recall(self) -> None:
        with suppress(OSError, ValueError):  # there is none, or it is none
            code, _, entries = content(self._written_down).partition(b"\n")
            if code.decode() == derived_with():
                for seen, summary in written().validate_json(entries):
                    self._keep(seen, summary)

    def _write_down(self, ids: list[str]) -> None:
        entries = [known for known in map(self._known.get, ids) if known]
        try:
            text = written().dump_json(entries).decode()
            replace(self._written_down, f"{derived_with()}\n{text}")
        except Exception as error:  # noqa: BLE001, it can be made again
            logger().warning("summaries_not_written", problem=format_error(error))


@cache
def written() -> TypeAdapter[list[tuple[Fingerprint, Summary]]]:
    return TypeAdapter(list[tuple[Fingerprint, Summary]])


@cache
def derived_with() -> str:
    """A fingerprint of all code that may say where a thread stands; your tools do as well."""
    code = (file.read_bytes() for file in sorted(AGENT.rglob("*.py")))
    return sha256(b"\0".join(code)).hexdigest()


def names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:  # nothing has been kept yet
        return []
