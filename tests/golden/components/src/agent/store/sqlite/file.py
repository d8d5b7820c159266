"""The file of a SQLite store: a connection to it, its schema, and what can be wrong with it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...files import private, private_folder
from .. import Full, Locked, NotStored, Unusable
from ..database.upgrading import require_schema, upgrade

SCHEMA = "0001"  # the last of `versions`
VERSIONS = Path(__file__).parent / "versions"
MEND = {
    sqlite3.SQLITE_NOTADB: "it is no SQLite database",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
}


def connect(path: Path, patience: float) -> sqlite3.Connection:
    """On a file that has the schema; one that is new or empty gets it. Raises NotStored."""
    with said_plainly(path):
        make(path)
        connection = open_file(path, patience)
        try:
            if is_empty(connection):
                set_up(path)
            require_schema(schema_of(connection), SCHEMA, str(path))
        except BaseException:
            connection.close()
            raise
    return connection


def make(path: Path) -> None:
    """As its owner's alone, and what SQLite puts beside it as well."""
    if not path.exists():
        private_folder(path.parent)
        with open(path, "ab", opener=private):
            pass


def is_empty(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT 1 FROM sqlite_master").fetchone()


def open_file(path: Path, patience: float) -> sqlite3.Connection:
    """Every commit is on the disk when it returns, and whoever reads holds up nobody."""
    connection = sqlite3.connect(
        path, timeout=patience, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def schema_of(connection: sqlite3.Connection) -> str | None:
    with suppress(sqlite3.OperationalError):  # no such table
        for (version,) in connection.execute("SELECT version_num FROM alembic_version"):
            return str(version)
    return None


def set_up(path: Path) -> None:
    """Of two that come at once, one waits for the other. Raises NotStored."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    with said_plainly(path):
        make(path)
        engine = create_engine("sqlite://", creator=lambda: open_file(path, 60), poolclass=NullPool)
        event.listen(engine, "begin", lambda each: each.exec_driver_sql("BEGIN IMMEDIATE"))
        upgrade(engine, VERSIONS, str(path))


@contextmanager
def said_plainly(path: Path) -> Iterator[None]:
    """What SQLite raises, as a store says it."""
    try:
        yield
    except OSError as error:
        raise NotStored(f"{path} cannot be used: {error.strerror}") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Locked(f"{path} is locked: try again later") from error
        if code == sqlite3.SQLITE_FULL:
            raise Full(f"nothing was changed in {path}: there is no room") from error
        if code in MEND:
            raise Unusable(f"{path} cannot be used: {MEND[code]}") from error
        raise NotStored(f"nothing was changed in {path}, which cannot be used: {error}") from error
