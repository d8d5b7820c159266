"""The queue's tables. procrastinate brings them and their migrations, and does not write down which
of those a database has had: that stands in a comment on its table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import errors

from ...errors import format_error, one_line
from ...log import logger
from ...postgres import STAYS_SO
from ...store.opening import is_unclear
from .. import NotQueued
from .connection import TIMEOUT

TABLE = "procrastinate_jobs"
HAD = f"SELECT obj_description(to_regclass('{TABLE}')), to_regclass('{TABLE}') IS NOT NULL"
FORBIDDEN = """
SELECT string_agg(DISTINCT name, ', ')
  FROM unnest(ARRAY['procrastinate_jobs', 'procrastinate_events', 'procrastinate_workers']) AS name,
       unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS what
 WHERE NOT has_table_privilege(to_regclass(name), what)
"""
FIRST = "03.04.00_50"  # what the tables had when this agent first brought them
# Whoever takes a job asks for others with its lock, and there are as many locks as threads.
INDEX = f"CREATE INDEX IF NOT EXISTS agent_jobs_by_lock ON {TABLE} (lock)"
PARTS = (errors.DuplicateObject, errors.DuplicateTable, errors.DuplicateFunction)
LOCK = "SELECT pg_advisory_lock(hashtext('procrastinate'))"  # of two that migrate, one waits


def migrate(url: str) -> list[str]:
    """Brings the tables up to date; what was applied. Raises NotQueued."""
    with said_plainly(), connected(url) as connection:
        connection.execute(LOCK)
        had, are_there = connection.execute(HAD).fetchone() or (None, False)
        wanted = migrations()
        last = max(wanted)
        require_known(had, last)
        if not are_there:
            missing = {last: SchemaManager.get_schema()}
        else:
            missing = {name: text for name, text in wanted.items() if name > (had or FIRST)}
        for name in sorted(missing):
            with connection.transaction():
                connection.execute(missing[name].encode())
                connection.execute(f"COMMENT ON TABLE {TABLE} IS '{name}'".encode())
        connection.execute(INDEX.encode())
    return sorted(missing)


def check(url: str) -> None:
    """For whoever puts or takes. A database that is gone is waited for. Raises NotQueued."""
    try:
        require(url)
        with said_plainly(), connected(url) as connection:
            [forbidden] = connection.execute(FORBIDDEN.encode()).fetchone() or (None,)
        if forbidden:
            raise NotQueued(f"this role may not write {forbidden}: grant it all on them")
    except NotQueued as problem:
        gone = isinstance(problem.__cause__, psycopg.OperationalError)
        if not gone or STAYS_SO.search(str(problem)):
            raise
        logger().error("queue_gone", problem=str(problem))


def require(url: str) -> None:
    """Raises NotQueued unless the tables are there, and are this agent's."""
    with said_plainly(), connected(url) as connection:
        had, are_there = connection.execute(HAD).fetchone() or (None, False)
    if not are_there:
        raise NotQueued("the queue is not in this database: run `agent migrate`")
    last = max(migrations())
    require_known(had, last)
    if last > (had or FIRST):
        raise NotQueued("the queue's tables are of an older version: run `agent migrate`")


def require_known(had: str | None, last: str) -> None:
    if had and had > last:
        raise NotQueued(f"the queue's tables are newer than this agent ({had}): update the agent")


def connected(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Each statement is a transaction. Raises what psycopg does, and NotQueued."""
    try:
        if is_unclear(url):
            raise psycopg.ProgrammingError
        return psycopg.connect(url, autocommit=True, connect_timeout=int(TIMEOUT))
    except psycopg.ProgrammingError:  # which may say the password
        raise NotQueued(
            "the queue's address is none of a Postgres: write postgresql://USER:PASSWORD@HOST/NAME,"
            " with %XX for signs that mean something in an address"
        ) from None


@contextmanager
def said_plainly() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise NotQueued(f"the queue's database cannot be used: {one_line(str(error))}") from error
    except PARTS as error:
        problem = "the queue is there in part, as where a restore broke off: bring back all of it"
        raise NotQueued(f"{problem}, or none ({one_line(str(error))})") from error
    except psycopg.Error as error:
        raise NotQueued(format_error(error)) from error


def migrations() -> dict[str, str]:
    """By their numbers, in whose order they are applied."""
    files = Path(SchemaManager.get_migrations_path()).glob("*.sql")
    return {"_".join(file.name.split("_")[:2]): file.read_text("utf-8") for file in files}
