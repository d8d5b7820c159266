"""A thread that brings the process down is not taken up for ever: a human is asked."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.events import AnyEvent
from agent.runner import Runner, advance
from agent.store import Busy, Purpose
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread
from agent.views import Summary

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .processes import python
from .scripted import (
    DONE,
    agent_of,
    answer,
    asks,
    decided,
    error,
    fetched,
    go_on,
    restarted,
    result,
    said,
    thread_of,
    types,
)
from .test_store import HOLD

# Arguments: where it ends, and the thread, which is launched where there is none.
LIVE_AND_DIE = """
import asyncio, os, sys
from pathlib import Path
from agent.store.filesystem import FileSystemThreadStore
from tests.agent.test_restarts import serve

asyncio.run(serve(FileSystemThreadStore(Path(".threads")), sys.argv[1], *sys.argv[2:]))
"""


async def serve(store: FileSystemThreadStore, dies_in: str, thread_id: str | None = None) -> None:
    """As a server does: takes up what ran, and ends with what brings it down."""

    def die(place: str) -> None:
        if place == dies_in:
            with Path("deaths").open("a") as deaths:
                deaths.write("x")
            os._exit(9)

    async def model(thread: Thread) -> AnyEvent:
        die("model")
        last = thread.events[-1].type
        done = last in ("tool_response", "error", "human_response")
        return decided(DONE if done else SAFE_STEP, f"call-{len(thread.events)}")

    async def tool(step: object, call_id: str) -> int:
        die("tool")
        return 7

    async def prefetch(thread: Thread) -> list[AnyEvent]:
        die("prefetch")
        return []

    agent = agent_of(store, model, handle_next_step=tool, prefetch=prefetch, clock=now)
    runner = Runner(agent, patient=True)
    await runner.start_unfinished()
    if thread_id is None:
        await runner.launch(said())
    for found in await store.find():
        await runner.wait(found.id)


def now() -> datetime:
    return datetime.now(UTC)


def deaths() -> int:
    return len(Path("deaths").read_text()) if Path("deaths").exists() else 0


@pytest.mark.slow
@pytest.mark.parametrize("place", ["tool", "model", "prefetch"])
def test_three_starts_and_then_a_human_is_asked(place: str, store: FileSystemThreadStore) -> None:
    """The launch is the first. The thread says so, and goes on with what the human says."""
    assert python(LIVE_AND_DIE, place).wait() == 9
    [found] = asyncio.run(store.find())
    for _ in range(2):
        assert python(LIVE_AND_DIE, place, found.id).wait() == 9
    for _ in range(2):  # and no more
        assert python(LIVE_AND_DIE, place, found.id).wait() == 0
    thread = asyncio.run(store.get(found.id))
    assert deaths() == 3
    assert types(thread)[-4:] == ["restarted"] * 3 + ["human_request"]
    assert thread.awaiting
    assert thread.awaiting.reason == "restarts"
    assert thread.status == "awaiting_human_response"
    assert "3 times the process ended" in thread.awaiting.question
    told = answer(thread.awaiting.call_id, "do without it")
    agent = agent_of(store, done)
    assert go_on(agent, found.id, told).status == "done"


class Held(FileSystemThreadStore):
    """Looks for threads when it may, and not before."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.may = asyncio.Event()

    async def find(self, **asked: Any) -> list[Summary]:
        await self.may.wait()
        return await super().find(**asked)


@pytest.mark.parametrize("begins", ["launched", "answered"])
def test_what_begins_while_a_start_looks_around_was_not_left(begins: str, tmp_path: Path) -> None:
    """It is found running before it has been started: at the moment between."""
    store = Held(tmp_path)

    async def begin() -> Thread:
        agent = agent_of(store, done, clock=now)
        waits = await store.create(thread_of(said(), asks("errors")))
        runner = Runner(agent)
        await runner.start_unfinished()
        if begins == "launched":
            thread_id = await agent.begin(said())
        else:
            thread_id = waits
            await agent.record(waits, answer("human-1"))
        store.may.set()
        await runner.wait(thread_id)
        await runner.shut_down()
        return await store.get(thread_id)

    thread = asyncio.run(begin())
    assert thread.status == "done"
    assert "restarted" not in types(thread)


async def done(thread: Thread) -> AnyEvent:
    return decided(DONE, f"call-{len(thread.events)}")


def taken_up(store: FileSystemThreadStore, *events: AnyEvent) -> Thread:
    """What a start makes of a thread that was left so."""
    thread_id = asyncio.run(store.create(thread_of(*events)))

    async def start() -> None:
        async def tool(step: object, call_id: str) -> Any:
            return 7

        runner = Runner(agent_of(store, done, handle_next_step=tool))
        await runner.start_unfinished()
        await runner.wait(thread_id, 20)

    asyncio.run(start())
    return asyncio.run(store.get(thread_id))


def test_a_restart_is_written_down_and_not_shown(store: FileSystemThreadStore) -> None:
    thread = taken_up(store, said(), decided(SAFE_STEP))
    assert types(thread) == ["user_input", "tool_call", "restarted", "tool_response", "tool_call"]
    assert "restarted" not in thread.serialize_for_llm()


def test_what_came_of_it_begins_a_new_count(store: FileSystemThreadStore) -> None:
    left: list[AnyEvent] = [said(), decided(SAFE_STEP), *[restarted()] * 2, error("1")]
    assert taken_up(store, *left).status == "done"


def test_it_is_pre_fetched_all_the_same(store: FileSystemThreadStore) -> None:
    async def prefetch(thread: Thread) -> list[AnyEvent]:
        return [fetched()]

    agent = agent_of(store, done, prefetch=prefetch)
    thread_id = asyncio.run(store.create(thread_of(said(), restarted())))
    assert types(go_on(agent, thread_id)) == ["user_input", "restarted", "looked_up", "tool_call"]


def watched(store: FileSystemThreadStore) -> asyncio.Event:
    """Set when somebody else has found a thread held."""
    is_held, lease = asyncio.Event(), store.lease

    @asynccontextmanager
    async def noted(thread_id: str, purpose: Purpose = "run") -> AsyncIterator[None]:
        try:
            async with lease(thread_id, purpose):
                yield
        except Busy:
            is_held.set()
            raise

    setattr(store, "lease", noted)  # noqa: B010, of this one store
    return is_held


def test_whoever_takes_over_from_a_holder_that_died_writes_it_down(
    store: FileSystemThreadStore,
) -> None:
    """Otherwise two servers that die in turn would go on for ever."""
    thread_id = asyncio.run(store.create(thread_of(said(), decided(SAFE_STEP))))

    async def take_over(holder: subprocess.Popen[str]) -> None:
        is_held = watched(store)
        taking = asyncio.create_task(advance(thread_id, agent_of(store, done), patient=True))
        await is_held.wait()
        holder.kill()
        await taking

    with python(HOLD, store.root, thread_id) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        asyncio.run(take_over(holder))
    assert types(asyncio.run(store.get(thread_id)))[2:] == [
        "restarted",
        "tool_response",
        "tool_call",
    ]


@pytest.mark.parametrize("again", [True, False])
def test_whoever_takes_over_from_a_holder_that_went_on_does_not(
    again: bool, store: FileSystemThreadStore
) -> None:
    thread_id = asyncio.run(store.create(thread_of(said(), decided(SAFE_STEP))))
    agent = agent_of(store, done)

    async def take_over() -> None:
        async with store.lease(thread_id):
            is_held = watched(store)
            taking = asyncio.create_task(advance(thread_id, agent, patient=True, again=again))
            await is_held.wait()
            await agent.record(thread_id, result())
        await taking

    asyncio.run(take_over())
    assert types(asyncio.run(store.get(thread_id)))[2:] == ["tool_response", "tool_call"]


@pytest.mark.parametrize("step", [APPROVAL_STEP, DONE])
def test_what_does_not_run_is_not_taken_up(
    step: dict[str, Any], store: FileSystemThreadStore
) -> None:
    assert types(taken_up(store, said(), decided(step))) == ["user_input", "tool_call"]
