"""A model that could not be asked is asked again, some times, and then a human must say so."""

import asyncio
from asyncio import create_task, sleep, timeout, wait_for
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.channels.worker import nothing, process
from agent.engine.procrastinate.queue import QUEUE, RESUME, Queue
from agent.engine.procrastinate.retries import PAUSES, WHO, pause_before_next
from agent.events import AnyEvent, Resumed
from agent.people import Person, said_by
from agent.store.filesystem import FileSystemThreadStore

from ..disks import gone
from ..scripted import (
    DONE,
    agent_of,
    decided,
    model_that_says,
    resumed,
    said,
    thread_of,
    unasked,
)


def by_us() -> Resumed:
    return said_by(WHO, Resumed())


@pytest.mark.parametrize("tries", range(len(PAUSES) + 2))
def test_each_pause_is_longer_and_then_there_is_none(tries: int) -> None:
    events: list[AnyEvent] = [said(), unasked()]
    for _ in range(tries):
        events += [by_us(), unasked()]
    found = pause_before_next(thread_of(*events).events)
    assert found == (PAUSES[tries] if tries < len(PAUSES) else None)


@pytest.mark.parametrize(
    "between",
    [
        [resumed()],
        [said_by(Person("http", "ada"), Resumed())],
        [by_us(), decided(DONE), said()],
    ],
)
def test_whatever_else_happens_begins_anew(between: list[AnyEvent]) -> None:
    tried: list[AnyEvent] = [by_us(), unasked()] * len(PAUSES)
    thread = thread_of(said(), unasked(), *tried, *between, unasked())
    assert pause_before_next(thread.events) == PAUSES[0]


def test_what_did_not_fail_is_left_alone() -> None:
    for events in ([said()], [said(), decided(DONE)], [said(), unasked(), resumed()]):
        assert pause_before_next(thread_of(*events).events) is None


@pytest.mark.slow
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_reminder_waits_for_a_store_that_is_gone(
    is_stopped: bool, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes once, and where it was lost the thread would stay failed. While it is waited for it
    is not put back: it would fill every worker.
    """
    monkeypatch.setattr(process, "BEAT", 0.2)
    monkeypatch.setattr(process, "GONE", 0.6)
    store = FileSystemThreadStore(tmp_path / "threads")

    async def remind(queue: Queue) -> None:
        thread_id = await store.create(thread_of(said(), unasked()))
        worker = process.Worker(agent_of(store, model_that_says(DONE)), queue, 4, nothing)

        async def jobs() -> list[tuple[Any, ...]]:
            found = await queue.app.job_manager.list_jobs_async(queue=QUEUE)
            return [(job.task_name, job.status, job.attempts) for job in found]

        async def stop() -> None:
            worker.agent.stopping.set()
            worker._taker.stop()
            await wait_for(taking, 10)

        await queue.put_later(thread_id, timedelta())
        taking, looking = create_task(worker._take()), create_task(worker._look_after())
        with gone(store):
            await sleep(4)
            assert await jobs() == [(RESUME, "doing", 0)]
            if is_stopped:
                await stop()
                assert await jobs() == [(RESUME, "todo", 0)]
        async with timeout(20):
            while not is_stopped and (await store.get(thread_id)).status != "done":  # noqa: ASYNC110
                await sleep(0.1)
        await stop()
        looking.cancel()

    async def run() -> None:
        queue = Queue(url, patient=True)
        try:
            await remind(queue)
        finally:
            queue.gives_up.set()  # or it waits for its connections for ever
            await queue.close()

    asyncio.run(run())
