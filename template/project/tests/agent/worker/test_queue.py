"""The queue in a real Postgres: what is put is not lost, and nobody begins twice."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from procrastinate.jobs import Job, Status

from agent.engine import NotQueued
from agent.engine.procrastinate import schema
from agent.engine.procrastinate.queue import QUEUE, Queue

from ..commands import Shell
from ..postgres_servers import as_user, fresh_url

T = TypeVar("T")
WORKS = {"AGENT_MODEL": "offline", "AGENT_ENGINE": "procrastinate"}


def with_queue(url: str, work: Callable[[Queue], Awaitable[T]]) -> T:
    async def run() -> T:
        queue = Queue(url)
        try:
            return await work(queue)
        finally:
            await queue.close()

    return asyncio.run(run())


async def taken(queue: Queue) -> Job | None:
    """By a worker that has just begun."""
    await queue.open()
    worker_id = await queue.app.job_manager.register_worker()
    return await queue.app.job_manager.fetch_job(queues=None, worker_id=worker_id)


def test_what_is_put_again_before_anybody_begins_is_there_once(url: str) -> None:
    thread_id = str(uuid4())

    async def put(queue: Queue) -> Any:
        await asyncio.gather(*(queue.put(thread_id) for _ in range(20)))
        return asdict(await queue.counts()), await queue.has([thread_id, str(uuid4())])

    counts, known = with_queue(url, put)
    assert counts | {"oldest": 0} == {"todo": 1, "doing": 0, "failed": 0, "workers": 0, "oldest": 0}
    assert known == {thread_id}


def test_to_take_one_of_many_is_to_read_one(url: str) -> None:
    """Though the database knows nothing yet of what is in the queue."""
    many = b"""
        INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock)
        SELECT 'threads', 'advance', gen_random_uuid(), gen_random_uuid()
        FROM generate_series(1, 2000)
    """
    take = b"""
        EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)
        SELECT * FROM procrastinate_fetch_job_v2('{threads}', NULL)
    """

    async def pages_read(queue: Queue) -> int:
        await queue.open()
        async with queue._pool.connection() as connection:
            await connection.execute(many)
            found = await (await connection.execute(take)).fetchone()
            is_taken = b"SELECT FROM procrastinate_jobs WHERE status = 'doing'"
            assert found
            assert (await connection.execute(is_taken)).rowcount == 1
            return int(found[0][0]["Plan"]["Shared Hit Blocks"])

    assert with_queue(url, pages_read) < 1000


def test_what_is_put_while_somebody_runs_it_is_looked_at_again_and_not_before(url: str) -> None:
    thread_id, other = str(uuid4()), str(uuid4())

    async def put(queue: Queue) -> Any:
        await queue.put(thread_id)
        first = await taken(queue)
        await queue.put(thread_id)
        await queue.put(other)
        second, nobody = await taken(queue), await taken(queue)
        assert first
        await queue.app.job_manager.finish_job(first, Status.SUCCEEDED, delete_job=True)
        third = await taken(queue)
        return [job and job.lock for job in (first, second, nobody, third)]

    assert with_queue(url, put) == [thread_id, other, None, thread_id]


def test_a_reminder_that_is_not_due_holds_up_nothing(url: str) -> None:
    thread_id = str(uuid4())

    async def put(queue: Queue) -> Any:
        for _ in range(2):
            await queue.put_later(thread_id, timedelta(hours=1))
        known = await queue.has([thread_id])
        await queue.put(thread_id)
        job, nobody = await taken(queue), await taken(queue)
        return known, job and job.lock, nobody

    assert with_queue(url, put) == (set(), thread_id, None)


@pytest.mark.parametrize("told_meanwhile", [False, True])
def test_what_a_dead_worker_had_goes_back_once_and_says_so(told_meanwhile: bool, url: str) -> None:
    thread_id = str(uuid4())

    async def put(queue: Queue) -> Any:
        await queue.put(thread_id)
        job = await taken(queue)
        assert job
        if told_meanwhile:
            await queue.put(thread_id)
        await queue.put_back(job)
        with pytest.raises(NotQueued):  # another worker did the same
            await queue.put_back(job)
        again, nobody = await taken(queue), await taken(queue)
        return again and (again.lock, again.attempts), nobody

    assert with_queue(url, put) == ((thread_id, 1), None)


def test_what_failed_is_shown_and_sent_again_when_somebody_says_so(url: str) -> None:
    thread_id = str(uuid4())

    async def fail(queue: Queue) -> Any:
        await queue.put(thread_id)
        job = await taken(queue)
        assert job
        await queue.app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        return await queue.has([thread_id])

    assert with_queue(url, fail) == {thread_id}  # so nobody sends it again by themselves
    shell = Shell({"AGENT_QUEUE_URL": url})
    code, out, _ = shell.here("queue")
    assert (code, f"failed   {thread_id}" in out) == (0, True)
    code, out, _ = shell.here("queue", "--retry", "--json")
    found = json.loads(out)
    assert (found["sent"], found["failed"], found["todo"]) == ([thread_id], [], 1)


def test_what_is_put_anew_has_not_failed(url: str) -> None:
    """What went on after it had failed was called failed for ever, and nobody looked after it."""
    thread_id, other = str(uuid4()), str(uuid4())

    async def end(queue: Queue, thread_id: str, status: Status) -> None:
        await queue.put(thread_id)
        job = await taken(queue)
        assert job
        await queue.app.job_manager.finish_job(job, status, status is Status.SUCCEEDED)

    async def fail(queue: Queue) -> Any:
        for each in (thread_id, other):
            await end(queue, each, Status.FAILED)
        await end(queue, thread_id, Status.SUCCEEDED)
        assert await queue.failed() == [other]
        await queue.put(thread_id)
        job = await taken(queue)
        assert job
        await queue.put(thread_id)  # while that one runs, and then fails
        await queue.app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        failed = await queue.failed()
        await end(queue, thread_id, Status.SUCCEEDED)
        return failed, await queue.failed(), await queue.has([thread_id, other])

    assert with_queue(url, fail) == ([other], [other], {other})


def test_a_reminder_that_failed_is_forgotten(url: str) -> None:
    """It bears no lock, so nobody else would find it."""

    async def remind(queue: Queue) -> list[Job]:
        await queue.put_later(str(uuid4()), timedelta())
        job = await taken(queue)
        assert job
        await queue.app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        return list(await queue.app.job_manager.list_jobs_async(queue=QUEUE))

    assert with_queue(url, remind) == []


def test_the_tables_are_brought_once_and_kept_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    url = fresh_url()
    first = schema.migrate(url)
    assert first == [max(schema.migrations())]
    assert schema.migrate(url) == []
    newer = schema.migrations() | {"99.00.00_01": "CREATE TABLE newer (id int)"}
    monkeypatch.setattr(schema, "migrations", lambda: newer)
    assert schema.migrate(url) == ["99.00.00_01"]
    assert schema.migrate(url) == []
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM newer").fetchone() == (0,)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://nobody@127.0.0.1:1/none", "refused"),
        ("", "AGENT_QUEUE_URL is not set"),
        ("mysql://u:secret@h/x", "AGENT_QUEUE_URL is no Postgres"),
        ("postgresql://u:hunter@secret@h/x", "write postgresql://USER:PASSWORD@HOST/NAME"),
        ("postgresql://u:secret@[bad", "write postgresql://USER:PASSWORD@HOST/NAME"),
    ],
)
@pytest.mark.parametrize("command", ["queue", "migrate"])
def test_no_database_is_one_line(command: str, url: str, says: str) -> None:
    shell = Shell({"AGENT_QUEUE_URL": url, "AGENT_ENGINE": "procrastinate"})
    code, _, err = shell.here(command)
    assert (code, says in err, err.count("\n"), "secret" in err) == (2, True, 1, False), err


@pytest.mark.parametrize("command", ["queue", "worker", "serve", "check"])
def test_a_database_that_there_is_not_is_named(command: str, url: str) -> None:
    gone = urlsplit(url)._replace(path="/none").geturl()
    code, _, err = Shell(WORKS | {"AGENT_QUEUE_URL": gone}).here(command)
    assert (code, '"none" does not exist' in err, err.count("\n")) == (2, True, 1), err


@pytest.mark.parametrize("command", ["queue", "worker", "serve", "check"])
def test_without_tables_or_with_those_of_before_nobody_begins(command: str) -> None:
    url = fresh_url()
    shell = Shell(WORKS | {"AGENT_QUEUE_URL": url})
    code, _, err = shell.here(command)
    assert (code, "agent migrate" in err, err.count("\n")) == (2, True, 1), err
    schema.migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("COMMENT ON TABLE procrastinate_jobs IS '00.00.00_01'")
    code, _, err = shell.here(command)
    assert (code, "older version: run `agent migrate`" in err) == (2, True), err
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("COMMENT ON TABLE procrastinate_jobs IS '99.00.00_01'")
    for each in (command, "migrate"):
        code, _, err = shell.here(each)
        assert (code, "update the agent" in err, err.count("\n")) == (2, True, 1), err


@pytest.mark.parametrize("command", ["worker", "serve", "check"])
def test_a_role_that_may_not_write_is_told_so_at_the_start(command: str) -> None:
    schema.migrate(url := fresh_url())
    role = f"reader_{uuid4().hex}"
    place = url.rpartition("%3D")[2]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        connection.execute(f"GRANT USAGE ON SCHEMA {place} TO {role}".encode())
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {place} TO {role}".encode())
        connection.execute(f"GRANT ALL ON procrastinate_events TO {role}".encode())
    code, _, err = Shell(WORKS | {"AGENT_QUEUE_URL": as_user(role, url=url)}).here(command)
    assert (code, err.count("\n")) == (2, 1), err
    assert "may not write procrastinate_jobs, procrastinate_workers" in err


def test_what_is_left_of_a_queue_is_called_that() -> None:
    schema.migrate(url := fresh_url())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE procrastinate_jobs CASCADE")
    code, _, err = Shell(WORKS | {"AGENT_QUEUE_URL": url}).here("migrate")
    assert (code, "there in part" in err, err.count("\n")) == (2, True, 1), err


def test_agent_migrate_brings_the_tables() -> None:
    url = fresh_url()
    shell = Shell({"AGENT_ENGINE": "procrastinate", "AGENT_QUEUE_URL": url})
    for _ in range(2):
        code, out, err = shell.here("migrate")
        assert (code, "the queue is up to date" in out, err) == (0, True, "")
    assert shell.here("queue")[0] == 0


@pytest.mark.parametrize(
    ("without", "says"),
    [
        ("AGENT_MODEL", "AGENT_MODEL is not set"),
        ("AGENT_QUEUE_URL", "AGENT_QUEUE_URL is not set"),
        ("AGENT_ENGINE", "AGENT_ENGINE=here: no server puts anything into the queue"),
    ],
)
def test_a_worker_says_what_it_lacks(without: str, says: str, url: str) -> None:
    given = WORKS | {"AGENT_QUEUE_URL": url} | {without: ""}
    code, _, err = Shell(given).here("worker")
    assert (code, says in err) == (2, True), err


def test_a_sign_of_life_that_cannot_be_written_is_said_at_once(url: str) -> None:
    shell = Shell(WORKS | {"AGENT_QUEUE_URL": url})
    code, _, err = shell.here("worker", "--alive", "not/there")
    assert (code, "not/there cannot be written: No such file" in err) == (2, True), err


@pytest.mark.skipif(not find_spec("agent.store.postgres"), reason="needs the store in Postgres")
def test_a_worker_does_not_begin_over_a_store_without_tables(url: str) -> None:
    given = WORKS | {"AGENT_QUEUE_URL": url, "AGENT_STORE_URL": fresh_url()}
    code, _, err = Shell(given).here("worker")
    assert (code, "agent migrate" in err) == (2, True), err


def test_agent_check_names_an_engine_that_is_none() -> None:
    code, _, err = Shell({"AGENT_ENGINE": "nothing"}).here("check")
    assert (code, "AGENT_ENGINE=nothing" in err) == (2, True), err
