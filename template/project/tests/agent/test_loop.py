"""The loop: what is next is done, saved, and never done twice or behind a human's back."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agent.events import AnyEvent
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread
from agent.tools import handle_next_step

from ..yours.samples import APPROVAL_STEP, SAFE_RESULT, SAFE_STEP, effects
from .scripted import (
    DONE,
    NOON,
    agent_of,
    asks,
    begin,
    decided,
    error,
    fetched,
    go_on,
    model_that_says,
    no,
    resumed,
    said,
    started,
    types,
    unasked,
    yes,
)

IN_DOUBT: list[AnyEvent] = [said(), decided(APPROVAL_STEP), yes(), started()]


def test_it_runs_from_a_message_to_the_end(store: FileSystemThreadStore) -> None:
    model = model_that_says(SAFE_STEP, DONE)
    _, thread = begin(agent_of(store, model, handle_next_step=handle_next_step), said())
    assert types(thread) == ["user_input", "tool_call", "tool_response", "tool_call"]
    assert thread.events[2].data == SAFE_RESULT
    assert thread.status == "done"


def test_everything_is_saved_before_it_is_acted_on(store: FileSystemThreadStore) -> None:
    seen = []

    async def look(who: str) -> None:
        [found] = await store.find()
        thread = await store.get(found.id)
        seen.append((who, types(thread)[1:]))

    async def model(thread: Thread) -> AnyEvent:
        await look("model")
        return decided(APPROVAL_STEP) if len(seen) == 1 else decided(DONE, "2")

    async def tool(step: object, call_id: str) -> None:
        await look("tool")

    agent = agent_of(store, model, handle_next_step=tool)
    thread_id, _ = begin(agent, said())
    go_on(agent, thread_id, yes())
    ran = ["tool_call", "human_response", "tool_started"]
    assert seen == [("model", []), ("tool", ran), ("model", [*ran, "tool_response"])]


def test_a_call_waits_for_its_yes_and_then_runs_once(store: FileSystemThreadStore) -> None:
    model = model_that_says(APPROVAL_STEP, DONE)
    agent = agent_of(store, model, handle_next_step=handle_next_step)
    thread_id, thread = begin(agent, said())
    assert (thread.status, effects()) == ("awaiting_human_approval", 0)
    thread = go_on(agent, thread_id, yes("call-1"))
    assert (thread.status, effects()) == ("done", 1)
    assert go_on(agent, thread_id, yes("call-1")) == thread
    assert effects() == 1


def test_a_rejected_call_does_not_run_and_the_model_sees_why(store: FileSystemThreadStore) -> None:
    model = model_that_says(APPROVAL_STEP, DONE)
    agent = agent_of(store, model, handle_next_step=handle_next_step)
    thread_id, _ = begin(agent, said())
    thread = go_on(agent, thread_id, no("call-1", because="it is too much"))
    assert (thread.status, effects()) == ("done", 0)
    assert "it is too much" in thread.serialize_for_llm()


@pytest.mark.parametrize(("answer", "times"), [(yes, 1), (no, 0)])
def test_a_call_in_doubt_runs_again_only_when_a_human_says_so(
    answer: Any, times: int, store: FileSystemThreadStore
) -> None:
    agent = agent_of(store, model_that_says(DONE), handle_next_step=handle_next_step)
    thread_id, thread = begin(agent, *IN_DOUBT)
    assert thread.awaiting
    assert (thread.awaiting.reason, effects()) == ("in_doubt", 0)
    thread = go_on(agent, thread_id, answer(thread.awaiting.call_id))
    assert (thread.status, effects()) == ("done", times)


def followed_by(event: AnyEvent, thread: Thread) -> Thread:
    return thread.append(event, at=NOON)


def test_a_start_that_is_known_late_runs_nothing_that_others_decided_on(tmp_path: Path) -> None:
    """As where the network is cut behind the commit: a human was asked, and said no."""

    class Late(FileSystemThreadStore):
        async def update(self, thread_id: str, change: Callable[[Thread], Thread]) -> Thread:
            thread = await super().update(thread_id, change)
            if types(thread)[-1] != "tool_started":
                return thread
            for event in (asks("in_doubt"), no("human-1")):
                thread = await super().update(thread_id, partial(followed_by, event))
            return thread

    model = model_that_says(APPROVAL_STEP, DONE)
    agent = agent_of(Late(tmp_path), model, handle_next_step=handle_next_step)
    thread_id, _ = begin(agent, said())
    thread = go_on(agent, thread_id, yes("call-1"))
    assert (thread.status, effects()) == ("done", 0)


def test_it_is_prefetched_once_before_the_first_decision(store: FileSystemThreadStore) -> None:
    fetches = []

    async def prefetch(thread: Thread) -> list[AnyEvent]:
        fetches.append(thread)
        return [fetched()]

    model = model_that_says(unasked(), error(), DONE, DONE)
    agent = agent_of(store, model, prefetch=prefetch)
    thread_id, _ = begin(agent, said())
    go_on(agent, thread_id, resumed())
    thread = go_on(agent, thread_id, said("and now?"))
    assert len(fetches) == 1
    assert types(thread)[:3] == ["user_input", "looked_up", "model_failed"]


def test_who_listens_is_told_each_event_once(store: FileSystemThreadStore) -> None:
    told: list[str] = []
    agent = agent_of(
        store,
        model_that_says(APPROVAL_STEP, DONE),
        notify=lambda thread_id, event: told.append(event.type),
    )
    thread_id = asyncio.run(agent.begin(said()))
    go_on(agent, thread_id)
    thread = go_on(agent, thread_id, yes("call-1"))
    go_on(agent, thread_id, yes("call-1"))
    assert told == types(thread)


def test_asked_to_stop_it_ends_between_two_steps(store: FileSystemThreadStore) -> None:
    """And can be taken up again."""

    async def tool(step: object, call_id: str) -> int:
        agent.stopping.set()
        return 7

    model = model_that_says(SAFE_STEP, DONE)
    agent = agent_of(store, model, handle_next_step=tool)
    thread_id, thread = begin(agent, said())
    assert (thread.status, types(thread)[-1]) == ("running", "tool_response")
    assert go_on(agent_of(store, model), thread_id).status == "done"


def test_a_doubt_about_a_thread_is_asked_only_once(store: FileSystemThreadStore) -> None:
    agent = agent_of(store, model_that_says())
    thread_id, thread = begin(agent, *IN_DOUBT, asks("in_doubt"))
    assert go_on(agent, thread_id) == thread
    assert asyncio.run(store.get(thread_id)) == thread
