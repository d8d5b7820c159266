"""Two at once: whoever stops, answers or runs a thread while somebody else is at it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from agent.events import AnyEvent
from agent.parts import Agent
from agent.runner import advance
from agent.store import Busy, Purpose
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import (
    DONE,
    NOON,
    QUESTION,
    agent_of,
    answer,
    begin,
    decided,
    fetched,
    model_that_says,
    said,
    stopped,
    thread_of,
    types,
    yes,
)
from .stores import held


class Stopper:
    """A tool, a model and a pre-fetch during which a human stops the thread."""

    agent: Agent
    thread_id: str

    async def stop(self) -> None:
        await self.agent.record(self.thread_id, stopped())

    async def tool(self, step: object, call_id: str) -> int:
        await self.stop()
        return 7

    async def failing_tool(self, step: object, call_id: str) -> int:
        await self.stop()
        raise ValueError("no luck")

    async def model(self, thread: Thread) -> AnyEvent:
        await self.stop()
        return decided(SAFE_STEP)

    async def prefetch(self, thread: Thread) -> list[AnyEvent]:
        await self.stop()
        return [fetched()]

    async def empty_prefetch(self, thread: Thread) -> list[AnyEvent]:
        await self.stop()
        return []

    def run(self, agent: Agent, *events: AnyEvent) -> Thread:
        self.agent = agent
        self.thread_id = asyncio.run(agent.store.create(thread_of(*events)))
        return asyncio.run(advance(self.thread_id, agent))


@pytest.mark.parametrize(
    "events", [[decided(SAFE_STEP)], [decided(APPROVAL_STEP), yes()]], ids=["safe", "approved"]
)
def test_stopped_while_a_tool_runs(events: list[AnyEvent], store: FileSystemThreadStore) -> None:
    """Its result, or its error, is kept, and nothing else happens."""
    stopper = Stopper()
    for tool, outcome in ((stopper.tool, "tool_response"), (stopper.failing_tool, "error")):
        agent = agent_of(store, model_that_says(), handle_next_step=tool)
        thread = stopper.run(agent, said(), *events)
        assert types(thread)[-2:] == ["stopped", outcome]
        assert thread.status == "stopped"


def test_stopped_while_the_model_is_asked(store: FileSystemThreadStore) -> None:
    """Its answer is dropped."""
    stopper = Stopper()
    thread = stopper.run(agent_of(store, stopper.model), said())
    assert types(thread) == ["user_input", "stopped"]


def test_stopped_while_it_is_prefetched(store: FileSystemThreadStore) -> None:
    """The model is not asked any more."""
    stopper, asked = Stopper(), list[Thread]()

    async def model(thread: Thread) -> AnyEvent:
        asked.append(thread)
        return decided(DONE)

    for prefetch in (stopper.prefetch, stopper.empty_prefetch):
        thread = stopper.run(agent_of(store, model, prefetch=prefetch), said())
        assert (types(thread), asked) == (["user_input", "stopped"], [])


class AnsweredWhileLettingGo(FileSystemThreadStore):
    """The human answers after the loop has ended and before the lease is free."""

    answers: list[AnyEvent]

    @asynccontextmanager
    async def lease(self, thread_id: str, purpose: Purpose = "run") -> AsyncIterator[None]:
        async with super().lease(thread_id, purpose):
            yield
            if self.answers:
                event = self.answers.pop()
                await self.update(thread_id, lambda kept: kept.append(event, at=NOON))
                with pytest.raises(Busy):  # so whoever brought the answer goes away
                    await held(self, thread_id)


def test_an_answer_that_comes_while_letting_go_is_taken_up(store: FileSystemThreadStore) -> None:
    unlucky = AnsweredWhileLettingGo(store.root)
    unlucky.answers = [answer("call-1")]
    _, thread = begin(agent_of(unlucky, model_that_says(QUESTION, DONE)), said())
    assert types(thread)[-2:] == ["human_response", "tool_call"]
    assert thread.status == "done"


def test_forty_at_once_run_a_call_once(store: FileSystemThreadStore) -> None:
    """All of them say yes, and all of them go on."""
    ran: list[Any] = []

    async def tool(step: object, call_id: str) -> int:
        ran.append(call_id)
        await asyncio.sleep(0.05)
        return 7

    agent = agent_of(store, model_that_says(DONE), handle_next_step=tool)
    thread_id = asyncio.run(store.create(thread_of(said(), decided(APPROVAL_STEP))))

    async def approve() -> None:
        await agent.record(thread_id, yes())
        await advance(thread_id, agent)

    async def race() -> None:
        await asyncio.gather(*(approve() for _ in range(40)))

    asyncio.run(race())
    thread = asyncio.run(store.get(thread_id))
    assert ran == ["1"]
    assert types(thread)[2:] == ["human_response", "tool_started", "tool_response", "tool_call"]
