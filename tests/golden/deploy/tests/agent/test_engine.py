"""What is asked of an engine, and what the server does with one that has only a list."""

import asyncio
import time
from collections.abc import Collection, Set
from datetime import UTC, datetime, timedelta

import pytest

from agent.engine import LEFT, Engine, NotQueued, look_once
from agent.engine.opening import open_engine
from agent.events import AnyEvent
from agent.people import Person
from agent.runner import Runner
from agent.settings import Settings, WrongSettings
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread

from ..yours.samples import APPROVAL_STEP
from .scripted import DONE, agent_of, begin, decided, model_that_says, said, thread_of, unasked, yes


class Listed:
    """An engine that nobody takes from, and that fails while it is told to."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.fails = False

    async def put(self, thread_id: str) -> None:
        if self.fails:
            raise NotQueued("the queue is gone")
        self.threads.append(thread_id)

    async def has(self, thread_ids: Collection[str]) -> Set[str]:
        return set(thread_ids) & set(self.threads)

    async def close(self) -> None:
        pass


async def never(thread: Thread) -> AnyEvent:
    raise AssertionError("a thread ran in the process that was told of it")


def kept(engine: Engine) -> Engine:
    return engine


async def put_by(runner: Runner) -> None:
    """Until what was begun is done."""
    await asyncio.gather(*runner._tasks, return_exceptions=True)


@pytest.mark.parametrize("what", ["launch", "tell", "resume"])
def test_whatever_lets_a_thread_go_on_puts_it(what: str, store: FileSystemThreadStore) -> None:
    async def let_go_on() -> tuple[list[str], list[str]]:
        engine = Listed()
        runner = Runner(agent_of(store, never), patient=True, engine=kept(engine))
        waiting = await store.create(thread_of(said(), decided(APPROVAL_STEP)))
        failed = await store.create(thread_of(said(), unasked()))
        match what:
            case "launch":
                expected = await runner.launch(said())
            case "tell":
                await runner.tell(expected := waiting, yes())
            case _:
                await runner.resume(expected := failed, Person("http", "local"))
        await put_by(runner)
        return engine.threads, [expected]

    found, expected = asyncio.run(let_go_on())
    assert found == expected


def test_what_could_not_be_put_is_kept_and_put_later(store: FileSystemThreadStore) -> None:
    """What was accepted is stored: nothing that the queue does changes that."""
    now = datetime.now(UTC)

    async def lose_and_find() -> tuple[str, list[str], list[str]]:
        engine = Listed()
        engine.fails = True
        agent = agent_of(store, never, clock=lambda: now)
        runner = Runner(agent, patient=True, engine=engine)
        thread_id = await runner.launch(said())
        await put_by(runner)
        engine.fails = False
        await look_once(agent, engine)
        too_early = list(engine.threads)
        later = agent_of(store, never, clock=lambda: now + LEFT + timedelta(seconds=1))
        for _ in range(2):  # the second time somebody has it
            await look_once(later, engine)
        return thread_id, too_early, engine.threads

    thread_id, too_early, found = asyncio.run(lose_and_find())
    assert too_early == []
    assert found == [thread_id]


@pytest.mark.parametrize(("pages", "looks"), [(1, 1), (3, 1), (5, 2)])
def test_what_was_left_is_found_on_every_page_and_some_pages_are_read_at_a_time(
    pages: int, looks: int, store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.engine.PAGE", 2)
    agent = agent_of(store, model_that_says(DONE), clock=lambda: datetime.now(UTC))

    async def look() -> tuple[set[str], set[str], int]:
        left = {await store.create(thread_of(said())) for _ in range(2 * pages - 1)}
        engine, took = Listed(), 1
        after = await look_once(agent, engine)
        while after:
            after, took = await look_once(agent, engine, after), took + 1
        return left, set(engine.threads), took

    left, found, took = asyncio.run(look())
    begin(agent, said())  # this one is done
    assert (found, took) == (left, looks)


def test_whoever_waits_for_a_thread_sees_what_another_process_did(
    store: FileSystemThreadStore,
) -> None:
    async def wait() -> tuple[str, float]:
        runner = Runner(agent_of(store, never), engine=Listed())
        thread_id = await runner.launch(said())
        began = time.monotonic()
        await runner.wait(thread_id, 0.2)  # nobody runs it
        waited = time.monotonic() - began
        elsewhere = Runner(agent_of(store, model_that_says(DONE)))
        elsewhere.start(thread_id)
        await runner.wait(thread_id, 5)
        return (await store.get(thread_id)).status, waited

    status, waited = asyncio.run(wait())
    assert status == "done"
    assert 0.2 <= waited < 5


def test_an_engine_that_is_none_is_told_in_one_line() -> None:
    assert open_engine(Settings()) is None
    for name in ("nothing", "../here", "opening.x", ""):
        with pytest.raises(WrongSettings, match="AGENT_ENGINE"):
            open_engine(Settings(engine=name))
