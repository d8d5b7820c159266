"""The database of the queue: pools of connections, and what becomes of its faults."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import chain, repeat
from typing import Any, TypeVar

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from ...aside import wait_at_most
from ...errors import format_error, one_line
from ...log import logger
from ...postgres import KEEPALIVES

T = TypeVar("T")
TIMEOUT = 5.0  # seconds for a connection


def pool_of(url: str, size: int) -> AsyncConnectionPool:
    """It connects when it is opened, and again by itself when the database was gone."""
    return AsyncConnectionPool(
        url,
        open=False,
        min_size=1,
        max_size=size,
        timeout=TIMEOUT,
        reconnect_timeout=TIMEOUT,
        configure=configured,
        check=AsyncConnectionPool.check_connection,
        kwargs={"connect_timeout": int(TIMEOUT), **KEEPALIVES},
    )


async def configured(connection: psycopg.AsyncConnection[Any]) -> None:
    """Each statement by itself, and planned for a full queue: statistics and plans are mostly of an
    empty one, and whoever takes a job would read and sort all those that came since.
    """
    await connection.set_autocommit(True)
    await connection.execute("SET enable_sort = off; SET enable_seqscan = off")


class PatientConnector(PsycopgConnector):
    """Waits for a database that is gone, for whoever runs threads: procrastinate's worker would
    end, and nobody would finish the jobs that it has. Until it is told to give up.
    """

    def __init__(self, gives_up: asyncio.Event) -> None:
        super().__init__()
        self.gives_up = gives_up

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        await self._until_it_is_back(partial(super().execute_query_async, query, **arguments))

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> Any:
        work = partial(super().execute_query_one_async, query, **arguments)
        return await self._until_it_is_back(work)

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> Any:
        work = partial(super().execute_query_all_async, query, **arguments)
        return await self._until_it_is_back(work)

    async def listen_notify(self, *arguments: Any, **named: Any) -> None:
        await self._until_it_is_back(partial(super().listen_notify, *arguments, **named))

    async def _until_it_is_back(self, work: Callable[[], Awaitable[T]]) -> T:
        pauses = chain((0.2, 0.5, 1), repeat(2.0))  # seconds
        while True:
            try:
                return await work()
            except ConnectorException as error:
                if self.gives_up.is_set() or not is_gone(error):
                    raise
                logger().error("queue_gone", problem=why(error), again_in=(pause := next(pauses)))
            await wait_at_most(pause, self.gives_up)


def is_gone(error: ConnectorException) -> bool:
    return isinstance(error.__cause__, psycopg.OperationalError)


def why(error: Exception) -> str:
    """In one line that says what to do, where that is known."""
    cause = error.__cause__ if isinstance(error, ConnectorException) else None
    if isinstance(cause, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedFunction):
        return "the queue is not in this database: run `agent migrate`"
    if isinstance(cause, PoolTimeout):
        return "the queue's database cannot be reached: is it there, and where its URL says?"
    return format_error(cause or error)


class Lines(logging.Handler):
    """What procrastinate and its pool log, as lines like our own."""

    def emit(self, record: logging.LogRecord) -> None:
        logger().warning(record.name.partition(".")[0], problem=one_line(record.getMessage()))


def log_as_we_do() -> None:
    for name, level in (("procrastinate", logging.WARNING), ("psycopg", logging.ERROR)):
        theirs = logging.getLogger(name)
        theirs.handlers, theirs.propagate = [Lines()], False
        theirs.setLevel(level)
