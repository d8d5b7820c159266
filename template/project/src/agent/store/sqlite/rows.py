"""The rows of a SQLite file; each thread that uses them has a connection of its own."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import local
from typing import Any

from ...waiting import Status
from .. import NoSuchThread
from ..database.rows import Row, none_missing
from .file import connect, said_plainly


class SqliteRows:
    def __init__(self, path: Path, patience: float) -> None:
        self.path = path
        self.patience = patience
        self._ours = local()

    def create(self, row: Row, events: Sequence[str]) -> bool:
        with self._writing() as connection:
            made = connection.execute(
                "INSERT INTO threads (id, version, status, created, due, summary)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (row.id, row.version, row.status, text(row.created), text(row.due), row.summary),
            )
            if made.rowcount:
                insert(connection, row.id, 0, events)
            return bool(made.rowcount)

    def append(self, row: Row, known: int, events: Sequence[str]) -> bool:
        with self._writing() as connection:
            if is_last := update(connection, row, known):
                insert(connection, row.id, known, events)
            return is_last

    def derive(self, row: Row) -> bool:
        with self._writing() as connection:
            return update(connection, row, row.version)

    def events(self, thread_id: str, known: int) -> list[str]:
        found = self._read(
            "SELECT version, event FROM threads LEFT JOIN events ON thread_id = id AND seq >= ?"
            " WHERE id = ? ORDER BY seq",
            known,
            thread_id,
        )
        return none_missing(thread_id, known, found)

    def page(
        self, status: Status | None, after: str | None, limit: int | None, newest: bool = False
    ) -> list[tuple[str, str]]:
        order, behind = ("DESC", "<") if newest else ("ASC", ">")
        conditions, given = [], list[str | int]()
        if status is not None:
            conditions, given = ["status = ?"], [status]
        if after is not None:
            conditions.append(f"(created, id) {behind} (?, ?)")
            given += [self._begun(after), after]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return self._read(
            f"SELECT id, summary FROM threads {where} ORDER BY created {order}, id {order} LIMIT ?",
            *given,
            -1 if limit is None else limit,
        )

    def exists(self, thread_id: str) -> bool:
        return bool(self._read("SELECT 1 FROM threads WHERE id = ?", thread_id))

    def due(self, until: datetime, limit: int) -> list[tuple[str, datetime]]:
        found = self._read(
            "SELECT id, due FROM threads WHERE due <= ? ORDER BY due LIMIT ?", text(until), limit
        )
        return [(thread_id, datetime.fromisoformat(at)) for thread_id, at in found]

    def noted(self, name: str) -> str | None:
        found = self._read("SELECT value FROM notes WHERE name = ?", name)
        return found[0][0] if found else None

    def note(self, name: str, value: str) -> None:
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def _begun(self, thread_id: str) -> str:
        for (created,) in self._read("SELECT created FROM threads WHERE id = ?", thread_id):
            return str(created)
        raise NoSuchThread(f"after={thread_id!r} is none of these threads")

    def _read(self, query: str, *given: str | int | None) -> list[Any]:
        with said_plainly(self.path):
            return self._connection().execute(query, given).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, all or nothing."""
        with said_plainly(self.path):
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._ours, "connection"):
            self._ours.connection = connect(self.path, self.patience)
        connection: sqlite3.Connection = self._ours.connection
        return connection


def update(connection: sqlite3.Connection, row: Row, known: int) -> bool:
    changed = connection.execute(
        "UPDATE threads SET version = ?, status = ?, due = ?, summary = ?"
        " WHERE id = ? AND version = ?",
        (row.version, row.status, text(row.due), row.summary, row.id, known),
    )
    return bool(changed.rowcount)


def insert(connection: sqlite3.Connection, thread_id: str, known: int, new: Sequence[str]) -> None:
    rows = ((thread_id, seq, event) for seq, event in enumerate(new, known))
    connection.executemany("INSERT INTO events (thread_id, seq, event) VALUES (?, ?, ?)", rows)


def text(at: datetime | None) -> str | None:
    """In UTC and of one length, so that its order is that of the times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else None
