"""A connection to Postgres, the schema there, and what can be wrong with both."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors

from ...postgres import KEEPALIVES, STAYS_SO
from .. import Full, Lost, NotStored, Unusable
from ..database.upgrading import require_schema, upgrade
from ..opening import is_unclear, shown

Connection = psycopg.Connection[tuple[Any, ...]]
SCHEMA = "0001"  # the last of `versions`
VERSIONS = Path(__file__).parent / "versions"
ONE_AT_A_TIME = 6_513_421_012  # the advisory lock of whoever migrates

TIMEOUT = 5  # seconds for a connection
# A server that cannot be written to has perhaps just handed over to another.
GONE = (psycopg.OperationalError, psycopg.InterfaceError, errors.ReadOnlySqlTransaction)


def connect(url: str, name: str = "agent", *, is_pooled: bool = False) -> Connection:
    """Each statement is a transaction. Raises what psycopg does, and Unusable."""
    try:
        if is_unclear(url):
            raise psycopg.ProgrammingError
        connection = psycopg.connect(
            url,
            autocommit=True,
            application_name=name,
            connect_timeout=TIMEOUT,
            client_encoding="UTF8",  # whatever PGCLIENTENCODING says
            **KEEPALIVES,
        )
    except psycopg.ProgrammingError:  # which may say the password
        raise Unusable(
            f"{shown(url)} is no address of a Postgres: write postgresql://USER:PASSWORD@HOST/NAME,"
            " with %XX for signs that mean something in an address"
        ) from None
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in ("UTF8", None):  # a pooler may not say
        connection.close()
        raise Unusable(f"{shown(url)} has the encoding {encoding} and needs UTF8: make it anew")
    if is_pooled:
        connection.prepare_threshold = None
    return connection


def connect_to_schema(url: str, *, is_pooled: bool = False) -> Connection:
    """On a database that has the schema. Raises what psycopg does, and Unusable."""
    connection = connect(url, is_pooled=is_pooled)
    found = None
    with suppress(errors.UndefinedTable):
        for (version,) in connection.execute("SELECT version_num FROM alembic_version"):
            found = str(version)
    require_schema(found, SCHEMA, shown(url))
    return connection


def set_up(url: str) -> None:
    """Of two that come at once, one waits for the other. Raises NotStored."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    def creator() -> Any:
        connection = connect(url)
        connection.autocommit = False
        return connection

    engine = create_engine("postgresql+psycopg://", creator=creator, poolclass=NullPool)
    lock = f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"
    event.listen(engine, "begin", lambda each: each.exec_driver_sql(lock))
    with said_plainly(url):
        upgrade(engine, VERSIONS, shown(url))


@contextmanager
def said_plainly(url: str, was_there: bool = False) -> Iterator[None]:
    """What Postgres and the way to it raise, as a store says it. What was there may come back."""
    try:
        yield
    except (errors.DiskFull, errors.OutOfMemory) as error:
        raise Full(f"nothing was changed in {shown(url)}: {first_line(error)}") from error
    except (errors.UndefinedTable, errors.UndefinedColumn) as error:
        raise Unusable(f"{shown(url)} lacks what this agent needs: run `agent migrate`") from error
    except errors.InsufficientPrivilege as error:
        raise Unusable(f"{shown(url)} cannot be used: {first_line(error)}") from error
    except GONE as error:
        problem = f"{shown(url)} cannot be used: {first_line(error)}"
        if STAYS_SO.search(str(error)):
            raise Unusable(problem) from error
        raise (Lost if was_there else NotStored)(problem) from error
    except psycopg.Error as error:
        raise NotStored(f"{shown(url)} did not do it: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """What the server says, without the address before it."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].rpartition("FATAL:")[2].strip() or type(error).__name__
