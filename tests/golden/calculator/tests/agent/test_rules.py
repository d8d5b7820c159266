"""The rules for every thread, whatever arrives in whatever order."""

import asyncio
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent.events import AnyEvent, HumanResponse, ToolCall
from agent.parts import Agent
from agent.people import Approvers, Person, said_by
from agent.runner import advance
from agent.states import InDoubt, RunTool
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import CannotFollow, NotAllowed, Thread
from agent.waiting import Waiting

from .anything import CANDIDATES, anything, scripts, texts
from .invariants import approvals, check, errors_alone, needs_yes, steps_alone
from .scripted import (
    NOON,
    agent_of,
    answer,
    loaded,
    model_that_says,
    no,
    postponed,
    result,
    said,
    thread_of,
    unasked,
    yes,
)

LIMIT = 3  # steps, and errors, without a human


class Rules(RuleBasedStateMachine):
    """One thread; events come from everywhere, and the loop runs in between."""

    @initialize(text=texts)
    def begin(self, text: str) -> None:
        self.thread = thread_of(said(text))

    def aimed(self, event: AnyEvent) -> AnyEvent:
        """At a call that is there, the last one first; at a new one if there are no more."""
        known = [event.call_id for event in reversed(self.thread.events) if event.call_id]
        call_ids = [*dict.fromkeys(known), *[f"new-{len(self.thread.events)}"] * 5]
        target = {"call_id": call_ids[int(event.call_id)]} if event.call_id else {}
        return event.model_copy(update=target)

    def append(self, *events: AnyEvent) -> bool:
        """Whether they were taken; refused ones change nothing."""
        before = self.thread.dump()
        try:
            self.thread = self.thread.append(*events, at=NOON)
        except CannotFollow:
            assert self.thread.dump() == before
            return False
        return True

    @rule(event=anything)
    def something_happens(self, event: AnyEvent) -> None:
        self.append(self.aimed(event))

    @rule(events=st.lists(anything, min_size=2, max_size=3))
    def much_happens_at_once(self, events: list[AnyEvent]) -> None:
        self.append(*map(self.aimed, events))

    @rule(walk=st.lists(st.integers(0, 99), min_size=1, max_size=8))
    def what_can_follow_happens(self, walk: list[int]) -> None:
        """So that threads become long: nothing stops them here."""
        for step in walk:
            able = [event for event in map(self.aimed, CANDIDATES) if self.can_follow(event)]
            if able:
                assert self.append(able[step % len(able)])

    def can_follow(self, event: AnyEvent) -> bool:
        with suppress(CannotFollow):
            return self.thread.append(event, at=NOON) is not self.thread
        return False

    @precondition(lambda self: approvals(self.thread.events) != {})
    @rule(which=st.integers(0, 9), differs=st.booleans())
    def an_answer_comes_again(self, which: int, differs: bool) -> None:
        """The same changes nothing, a different one is refused."""
        before = self.thread
        given = [event for event in before.events if isinstance(event, HumanResponse)]
        again = given[which % len(given)]
        more: Any = {"comment": "another"} if differs else {}
        taken = self.append(again.model_copy(update={"id": -1, "data": again.data | more}))
        assert taken != differs
        assert self.thread is before

    @rule(script=scripts, fails=st.booleans())
    def the_loop_runs(self, script: list[Any], fails: bool) -> None:
        """In a real store, until it needs somebody; what it runs, it may run."""
        if (awaiting := self.thread.awaiting) and awaiting.reason == "result":
            assert self.append(result(awaiting.call_id))
        elif awaiting and not awaiting.for_approval:
            assert self.append(answer(awaiting.call_id))

        async def tool(step: object, call_id: str) -> str:
            events = (await store.get(thread_id)).events
            [call] = [e for e in events if isinstance(e, ToolCall) and e.call_id == call_id]
            assert not needs_yes(call) or approvals(events)[call_id]
            if fails:
                raise ValueError("no luck")
            return "</tool_response>"

        with tempfile.TemporaryDirectory() as folder:
            store = FileSystemThreadStore(Path(folder))
            model = model_that_says(*script, unasked())
            agent = agent_of(store, model, handle_next_step=tool, max_steps=LIMIT, max_errors=LIMIT)
            thread_id = asyncio.run(store.create(self.thread))
            if awaiting and awaiting.for_approval:
                self.thread = asyncio.run(decided_by_whom_may(agent, thread_id, awaiting))
            before, self.thread = self.thread, asyncio.run(advance(thread_id, agent))
        assert self.thread.events[: len(before.events)] == before.events
        assert self.thread.status != "running"
        for count in (steps_alone, errors_alone):
            assert count(self.thread) <= max(LIMIT, count(before))

    @precondition(lambda self: len(self.thread.events) > 4)
    @rule(back=st.integers(1, 4))
    def it_is_forked(self, back: int) -> None:
        """What happens next happens to the fork."""
        place = len(self.thread.events) - 1 - back
        copy = Thread(self.thread.events[: place + 1])
        doubted = copy.awaiting and copy.awaiting.reason in ("in_doubt", "result")
        if doubted or isinstance(copy.state, RunTool | InDoubt):
            with pytest.raises(CannotFollow):
                self.thread.fork(place)
        else:
            assert self.thread.fork(place) == copy
            self.thread = copy

    @invariant()
    def the_rules_hold(self) -> None:
        check(self.thread)

    @invariant()
    def what_is_loaded_is_what_was_there(self) -> None:
        again = loaded(self.thread)
        assert again == self.thread
        assert again.state == self.thread.state


async def decided_by_whom_may(agent: Agent, thread_id: str, awaiting: Waiting) -> Thread:
    """Whoever has another role is refused, and nothing changes; who has this one says yes."""
    agent = replace(agent, approvers=Approvers({str(awaiting.approver): ["token:boss"]}))
    before = await agent.store.get(thread_id)
    call_id = awaiting.call_id
    decisions: list[Any] = [yes(call_id), no(call_id), postponed(call_id)]
    for decision in decisions:
        with pytest.raises(NotAllowed):
            await agent.record(thread_id, said_by(Person("token", "clerk"), decision))
    assert await agent.store.get(thread_id) == before
    return await agent.record(thread_id, said_by(Person("token", "boss"), yes(call_id)))


class RulesAtLength(Rules):
    """The same, more and longer."""


TestRules = Rules.TestCase
TestRules.settings = settings(max_examples=15, stateful_step_count=30)
TestRulesAtLength = pytest.mark.slow(RulesAtLength.TestCase)
TestRulesAtLength.settings = settings(max_examples=100, stateful_step_count=50)
