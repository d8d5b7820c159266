"""A model that could not be asked is asked again, some times, and then a human must say so."""

import asyncio
from pathlib import Path

import pytest

from agent.channels.worker import nothing
from agent.channels.worker.process import Worker
from agent.engine.procrastinate.queue import Queue
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


def test_a_reminder_waits_for_a_store_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes once: where it was lost, the thread would stay failed."""
    put = list[str]()

    async def remember(queue: Queue, thread_id: str) -> None:
        put.append(thread_id)

    monkeypatch.setattr(Queue, "put", remember)
    store = FileSystemThreadStore(tmp_path / "threads")

    async def reminded() -> None:
        thread_id = await store.create(thread_of(said(), unasked()))
        worker = Worker(agent_of(store, model_that_says()), Queue("postgresql://"), 1, nothing)
        with gone(store):
            resuming = asyncio.create_task(worker.resume(thread_id))
            await asyncio.sleep(0.3)
        await resuming
        assert put == [thread_id]
        assert (await store.get(thread_id)).status == "running"

    asyncio.run(reminded())
