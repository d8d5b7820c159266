"""The queue: which threads somebody is to look at. It holds their ids and nothing else."""

import asyncio
from collections.abc import Collection, Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg.errors import RaiseException

from ...log import logger
from .. import NotQueued
from .connection import PatientConnector, log_as_we_do, pool_of, why

ADVANCE = "advance"  # a thread, to its next wait
RESUME = "resume"  # one whose model could not be asked
QUEUE = "threads"
KNOWN = """
SELECT DISTINCT lock FROM procrastinate_jobs
 WHERE lock = ANY(%(ids)s) AND status IN ('todo', 'doing', 'failed')
"""
FORGET = "DELETE FROM procrastinate_jobs WHERE lock = %(id)s AND status = 'failed'"
FORGET_IF_PUT = f"""
{FORGET} AND EXISTS (
    SELECT FROM procrastinate_jobs WHERE lock = %(id)s AND status IN ('todo', 'doing'))
"""
COUNTED = """
SELECT count(*) FILTER (WHERE status = 'todo') AS todo,
       count(*) FILTER (WHERE status = 'doing') AS doing,
       count(*) FILTER (WHERE status = 'failed') AS failed,
       (SELECT count(*) FROM procrastinate_workers
         WHERE last_heartbeat > now() - interval '10 seconds') AS workers,
       (SELECT extract(epoch FROM now() - min(at))::float FROM procrastinate_events
         JOIN procrastinate_jobs AS job ON job.id = job_id
        WHERE job.status = 'todo' AND task_name = %(task)s AND type = 'deferred') AS oldest
  FROM procrastinate_jobs WHERE task_name = %(task)s
"""


@dataclass(frozen=True)
class Counts:
    """Of threads: who wait to be run, run, and could not be run; workers; seconds."""

    todo: int
    doing: int
    failed: int
    workers: int
    oldest: float | None


class Queue:
    """An Engine. It connects when it is first used. One that is patient waits for a database that
    is gone, until it `gives_up`.
    """

    def __init__(self, url: str, *, patient: bool = False, connections: int = 4) -> None:
        self.gives_up = asyncio.Event()
        connector = PatientConnector(self.gives_up) if patient else PsycopgConnector()
        self.app = App(connector=connector)
        self.app.job_manager = Jobs(self.app.connector)
        self._pool = pool_of(url, connections)

    async def put(self, thread_id: str) -> None:
        """The same lock keeps two from beginning at once, the other one two from waiting. What has
        failed is forgotten: with it there, nobody would look after the thread ever again.
        """
        await self._defer(ADVANCE, thread_id, lock=thread_id, queueing_lock=thread_id)
        with translated():
            await self.app.connector.execute_query_async(FORGET, id=thread_id)

    async def put_later(self, thread_id: str, pause: timedelta) -> None:
        """Only a reminder, and without a lock: what is not due yet would hold up what is."""
        reminder = {"schedule_in": {"seconds": pause.total_seconds()}}
        await self._defer(RESUME, thread_id, queueing_lock=f"{RESUME} {thread_id}", **reminder)

    async def has(self, thread_ids: Collection[str]) -> Set[str]:
        with translated():
            await self.open()
            rows = await self.app.connector.execute_query_all_async(KNOWN, ids=list(thread_ids))
        return {row["lock"] for row in rows}

    async def counts(self) -> Counts:
        """Raises NotQueued."""
        with translated():
            await self.open()
            row = await self.app.connector.execute_query_one_async(COUNTED, task=ADVANCE)
        return Counts(**row)

    async def failed(self) -> list[str]:
        """The threads that could not be run. Raises NotQueued."""
        with translated():
            await self.open()
            jobs = await self.app.job_manager.list_jobs_async(status="failed", task=ADVANCE)
        return [thread_of(job) for job in jobs]

    async def put_failed(self) -> list[str]:
        """Once more, those that could not be run. Raises NotQueued."""
        threads = await self.failed()
        for thread_id in threads:
            await self.put(thread_id)
        return threads

    async def put_back(self, job: Job) -> None:
        """What a worker had that is gone. Another job for this thread, which has not begun, has
        nothing more to say, and would not let this one back.
        """
        manager, lock = self.app.job_manager, job.queueing_lock
        with translated():
            for other in await manager.list_jobs_async(status="todo", queueing_lock=lock):
                if other.id and other.id != job.id:
                    await manager.cancel_job_by_id_async(other.id, delete_job=True)
            await manager.retry_job(job)

    async def open(self) -> None:
        log_as_we_do()
        await self._pool.open()
        await self.app.open_async(self._pool)

    async def close(self) -> None:
        await self._pool.close()

    async def _defer(self, task: str, thread_id: str, **options: Any) -> None:
        with translated():
            await self.open()
            job = self.app.configure_task(task, allow_unknown=True, queue=QUEUE, **options)
            with suppress(AlreadyEnqueued):  # whoever begins it sees what was stored before
                await job.defer_async(thread_id=thread_id)


class Jobs(JobManager):
    """procrastinate's. A worker whose network was cut may finish what was given to another. And
    what fails when its thread has been put anew is not the last word on it.
    """

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        is_reminder = job.task_name == RESUME  # which nobody looks for any more
        try:
            await super().finish_job(job, status, delete_job or is_reminder)
        except ConnectorException as error:
            if not isinstance(error.__cause__, RaiseException):
                raise
            logger().warning("job_not_ours", thread=thread_of(job), problem=why(error))
        if status is Status.FAILED:
            await self.connector.execute_query_async(FORGET_IF_PUT, id=job.lock)


def thread_of(job: Job) -> str:
    return str(job.task_kwargs["thread_id"])


@contextmanager
def translated() -> Iterator[None]:
    """Raises NotQueued."""
    try:
        yield
    except ConnectorException as error:
        raise NotQueued(why(error)) from error
