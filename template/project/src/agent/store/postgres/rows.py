"""The rows of a Postgres, for several threads."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from ...waiting import Status
from .. import NoSuchThread
from ..database.rows import Row, none_missing
from .connecting import Connection, connect_to_schema, said_plainly

# Each is one statement, so one way there and back, and all or nothing. Events come as one text, a
# line each: to make an array of them took longer than all else that is done here.
EVENTS = r"unnest(string_to_array(%s, E'\n')) WITH ORDINALITY AS new (event, place)"
CREATE = f"""
    WITH made AS (
        INSERT INTO threads (id, version, status, created, due, summary)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
    )
    INSERT INTO events (thread_id, seq, event)
    SELECT made.id, new.place - 1, new.event
    FROM made, {EVENTS}
"""
UPDATE = """
    UPDATE threads SET version = %s, status = %s, due = %s, summary = %s
    WHERE id = %s AND version = %s
"""
APPEND = f"""
    WITH kept AS ({UPDATE} RETURNING id)
    INSERT INTO events (thread_id, seq, event)
    SELECT kept.id, %s + new.place - 1, new.event
    FROM kept, {EVENTS}
"""
NOTE = "INSERT INTO notes VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


class PostgresRows:
    """`is_pooled`: a session may not last, so nothing of it is relied on."""

    def __init__(self, url: str, *, is_pooled: bool = False) -> None:
        self.url = url
        self.is_pooled = is_pooled
        self._was_there = False
        # The last that was let go is taken first: its server process has all of it in mind.
        self._idle: list[Connection] = []

    def create(self, row: Row, events: Sequence[str]) -> bool:
        derived = (row.id, row.version, row.status, row.created, row.due, row.summary)
        return self._do(CREATE, *derived, "\n".join(events)) > 0

    def append(self, row: Row, known: int, events: Sequence[str]) -> bool:
        return self._do(APPEND, *changed(row, known), known, "\n".join(events)) > 0

    def derive(self, row: Row) -> bool:
        return self._do(UPDATE, *changed(row, row.version)) > 0

    def events(self, thread_id: str, known: int) -> list[str]:
        found = self._read(
            "SELECT version, event FROM threads LEFT JOIN events ON thread_id = id AND seq >= %s"
            " WHERE id = %s ORDER BY seq",
            known,
            thread_id,
        )
        return none_missing(thread_id, known, found)

    def page(
        self, status: Status | None, after: str | None, limit: int | None, newest: bool = False
    ) -> list[tuple[str, str]]:
        order, behind = ("DESC", "<") if newest else ("ASC", ">")
        conditions, given = list[str](), list[Any]()
        if status is not None:
            conditions, given = ["status = %s"], [status]
        if after is not None:
            conditions.append(f"(created, id) {behind} (%s, %s)")
            given += [self._begun(after), after]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        ordered = f"ORDER BY created {order}, threads.id {order} LIMIT %s"
        query = f"SELECT id::text, summary FROM threads {where} {ordered}"
        return self._read(query, *given, limit)

    def exists(self, thread_id: str) -> bool:
        return bool(self._read("SELECT 1 FROM threads WHERE id = %s", thread_id))

    def due(self, until: datetime, limit: int) -> list[tuple[str, datetime]]:
        query = "SELECT id::text, due FROM threads WHERE due <= %s ORDER BY due LIMIT %s"
        return self._read(query, until, limit)

    def noted(self, name: str) -> str | None:
        found = self._read("SELECT value FROM notes WHERE name = %s", name)
        return found[0][0] if found else None

    def note(self, name: str, value: str) -> None:
        self._do(NOTE, name, value)

    def _begun(self, thread_id: str) -> datetime:
        for (created,) in self._read("SELECT created FROM threads WHERE id = %s", thread_id):
            at: datetime = created
            return at
        raise NoSuchThread(f"after={thread_id!r} is none of these threads")

    def _read(self, query: str, *given: Any) -> list[Any]:
        with self._connection() as connection:
            return connection.execute(query.encode(), given).fetchall()

    def _do(self, query: str, *given: Any) -> int:
        """How many rows it changed."""
        with self._connection() as connection:
            return connection.execute(query.encode(), given).rowcount

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """One that nobody else uses."""
        with said_plainly(self.url, self._was_there):
            connection = self._idle_one() or connect_to_schema(self.url, is_pooled=self.is_pooled)
            self._was_there = True
            try:
                yield connection
            finally:
                self._let_go(connection)

    def _let_go(self, connection: Connection) -> None:
        """With one that broke go those that are idle: they are likely lost with the same server."""
        if not connection.closed:
            self._idle.append(connection)
            return
        while idle := self._idle_one():
            idle.close()

    def _idle_one(self) -> Connection | None:
        with suppress(IndexError):  # another thread can be quicker
            return self._idle.pop()
        return None


def changed(row: Row, known: int) -> tuple[Any, ...]:
    return row.version, row.status, row.due, row.summary, row.id, known
