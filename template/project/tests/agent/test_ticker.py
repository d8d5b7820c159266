"""Time as it passes: humans are told and reminded, and what nobody answers ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest

from agent.due import PAUSES, Policy, Route
from agent.events import AnyEvent, HumanContacted, Trigger
from agent.outcomes import Message
from agent.parts import Agent
from agent.reach import Asked, Channel
from agent.runner import Runner, advance
from agent.store import Purpose
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import CannotFollow, Thread
from agent.ticker import AT_ONCE, LOOK, Ticker

from ..yours.samples import APPROVAL_STEP
from .scripted import (
    DONE,
    NOON,
    agent_of,
    begin,
    go_on,
    model_that_says,
    no,
    postponed,
    said,
    stopped,
    thread_of,
    types,
    yes,
)

HOUR = timedelta(hours=1)


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now

    def passes(self, time: timedelta) -> None:
        self.now += time


class Pager:
    """A channel that tells nobody, and fails as often as it is told to."""

    name = "pager"
    about = "tells nobody"

    def __init__(self, *faults: BaseException) -> None:
        self.faults = list(faults)
        self.told: list[Asked] = []
        self.said: list[tuple[str, str]] = []

    async def tell(self, asked: Asked) -> str | None:
        self.told.append(asked)
        if self.faults:
            raise self.faults.pop(0)
        return f"message {len(self.told)}"

    async def settle(self, message: Message, became: str) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.said.append((message.ref, became))


Wait = Callable[..., tuple[Agent, str, Clock]]


@pytest.fixture
def waits(store: FileSystemThreadStore) -> Wait:
    """A thread that waits for a yes, its agent, and the clock of both."""

    def made(*channels: Channel, expires: timedelta | None = None) -> tuple[Agent, str, Clock]:
        clock = Clock()
        routes = tuple(Route(channel=each.name) for each in channels)
        agent = agent_of(
            store,
            model_that_says(APPROVAL_STEP, DONE),
            clock=clock,
            channels={each.name: each for each in channels},
            policy=Policy(routes, expires),
        )
        return agent, begin(agent, said())[0], clock

    return made


async def settled(ticker: Ticker) -> None:
    """One tick, and what it began."""
    await ticker.tick()
    await asyncio.gather(*ticker._at_work.values())


def after(agent: Agent, thread_id: str, *passing: Callable[[], object]) -> Thread:
    """The thread after ticks, with something in front of each."""

    async def ticks() -> Thread:
        gone_on: list[str] = []
        ticker = Ticker(agent, gone_on.append)
        for passes in passing:
            passes()
            await settled(ticker)
        for each in gone_on:
            await advance(each, agent)
        return await agent.store.get(thread_id)

    return asyncio.run(ticks())


def nothing() -> None:
    pass


def test_a_human_is_told_once_and_it_is_written_down(waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, _ = waits(pager)
    thread = after(agent, thread_id, nothing, nothing)
    [asked] = pager.told
    assert (asked.thread_id, asked.waiting.intent) == (thread_id, APPROVAL_STEP["intent"])
    assert not asked.reminds
    told = thread.events[-1]
    assert (told.type, told.data) == ("human_contacted", {"channel": "pager", "ref": "message 1"})
    assert thread.status == "awaiting_human_approval"


def test_whoever_is_to_be_told_now_is_told_in_one_go(waits: Wait) -> None:
    pager, other = Pager(), Pager()
    other.name = "other"
    agent, thread_id, _ = waits(pager, other)
    after(agent, thread_id, nothing)
    assert len(pager.told) == len(other.told) == 1


def test_where_two_routes_lead_to_one_place_it_is_told_once(waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, clock = waits(pager, expires=HOUR)
    routes = tuple(Route(channel="pager", after=after) for after in (0, 0, 900))
    agent = replace(agent, policy=Policy(routes, HOUR))
    after(agent, thread_id, nothing, lambda: clock.passes(timedelta(minutes=50)))
    assert [asked.reminds for asked in pager.told] == [False, True]


def test_of_what_was_over_before_anybody_was_told_one_is_told(waits: Wait) -> None:
    pager, other = Pager(), Pager()
    other.name = "other"
    agent, thread_id, clock = waits(pager, other, expires=HOUR)
    thread = after(agent, thread_id, lambda: clock.passes(2 * HOUR))
    assert len(pager.told) + len(other.told) == 1
    assert types(thread)[-2:] == ["expired", "tool_call"]


class Counting(FileSystemThreadStore):
    """How many leases there were at once, at most."""

    held = most = 0

    @asynccontextmanager
    async def lease(self, thread_id: str, purpose: Purpose = "run") -> AsyncIterator[None]:
        async with super().lease(thread_id, purpose):
            self.held += 1
            self.most = max(self.most, self.held)
            yield
            self.held -= 1


def test_of_many_that_are_due_few_are_held_at_once(waits: Wait) -> None:
    """A lease is an open file, or a lock of the database's."""
    pager = Pager()
    agent, thread_id, _ = waits(pager)
    store = Counting(Path(".threads"))
    agent = replace(agent, store=store)
    for _ in range(3 * AT_ONCE):
        asyncio.run(store.create(asyncio.run(agent.store.get(thread_id))))
    after(agent, thread_id, nothing)
    assert len(pager.told) == 3 * AT_ONCE + 1
    assert 1 < store.most <= AT_ONCE


@pytest.mark.parametrize("ends", [True, False])
def test_what_it_is_telling_when_it_ends_is_written_down_if_it_is_told_soon(
    ends: bool, waits: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.ticker.GRACE", 5.0 if ends else 0.1)
    hanging = Hanging()
    agent, thread_id, _ = waits(hanging)

    async def stopped_meanwhile() -> Thread:
        ticker = Ticker(agent, lambda _: None)
        running = asyncio.create_task(ticker.run())
        assert await asyncio.to_thread(hanging.begun.wait, 10)
        running.cancel()
        if ends:
            hanging.goes_on.set()
        await asyncio.gather(running, return_exceptions=True)
        hanging.goes_on.set()
        return await agent.store.get(thread_id)

    assert ("human_contacted" in types(asyncio.run(stopped_meanwhile()))) is ends


def test_who_is_told_while_somebody_stops_it_learns_that(waits: Wait) -> None:
    hanging = Hanging()
    agent, thread_id, _ = waits(hanging)

    async def stopped_meanwhile() -> Thread:
        ticker = Ticker(agent, lambda _: None)
        await ticker.tick()
        assert await asyncio.to_thread(hanging.begun.wait, 10)
        await agent.record(thread_id, stopped())
        hanging.goes_on.set()
        await asyncio.gather(*ticker._at_work.values())
        return await agent.store.get(thread_id)

    thread = asyncio.run(stopped_meanwhile())
    assert thread.status == "stopped"
    assert hanging.said == [("message 1", "the thread was stopped")]


class Hanging(Pager):
    """Until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.goes_on = Event(), Event()

    async def tell(self, asked: Asked) -> str | None:
        self.begun.set()
        await asyncio.to_thread(self.goes_on.wait, 10)
        return await super().tell(asked)


def test_what_is_answered_while_a_channel_hangs_runs_at_once(waits: Wait) -> None:
    hanging = Hanging()
    agent, thread_id, _ = waits(hanging)

    async def answered_meanwhile() -> tuple[Thread, Thread]:
        ticker = Ticker(agent, lambda _: None)
        await ticker.tick()
        assert await asyncio.to_thread(hanging.begun.wait, 10)
        await agent.record(thread_id, yes("call-1"))
        ran = await advance(thread_id, agent)
        hanging.goes_on.set()
        await asyncio.gather(*ticker._at_work.values())
        return ran, await agent.store.get(thread_id)

    ran, thread = asyncio.run(answered_meanwhile())
    assert ran.status == thread.status == "done"
    assert "human_contacted" not in types(ran)
    told, settled = thread.events[-2:]
    assert [told.type, settled.type] == ["human_contacted"] * 2
    assert "became" in settled.data  # what it asks is over already
    assert len(hanging.said) == 1


def test_another_process_that_starts_later_does_not_tell_it_again(waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, _ = waits(pager)
    after(agent, thread_id, nothing)
    after(agent, thread_id, nothing)
    assert len(pager.told) == 1


@pytest.mark.parametrize(
    "fault", [OSError("no network"), SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError()]
)
def test_a_channel_that_fails_is_tried_again_with_ever_longer_pauses(
    fault: BaseException, waits: Wait
) -> None:
    pager = Pager(fault, fault)
    agent, thread_id, clock = waits(pager)
    passing = [nothing, nothing, *(lambda pause=pause: clock.passes(pause) for pause in PAUSES)]
    thread = after(agent, thread_id, *passing)
    told = [event.data for event in thread.events if isinstance(event, HumanContacted)]
    failed = [each for each in told if "failed" in each]
    assert len(failed) == 2
    assert thread.events[-1].data == {"channel": "pager", "ref": "message 3"}


def test_after_the_last_try_the_next_channel_tells_it(waits: Wait) -> None:
    pager, mail = Pager(*[OSError("no network")] * 9), Pager()
    mail.name = "mail"
    agent, thread_id, clock = waits(pager, mail)
    routes = (Route(channel="pager"), Route(channel="mail", after=86_400))
    agent = replace(agent, policy=Policy(routes))
    passing = [nothing, *(lambda pause=pause: clock.passes(pause) for pause in PAUSES), nothing]
    thread = after(agent, thread_id, *passing)
    assert len(pager.told) == len(PAUSES) + 1
    assert thread.events[-1].data == {"channel": "mail", "ref": "message 1"}


def test_what_nobody_answers_expires_and_the_model_reads_that(waits: Wait) -> None:
    agent, thread_id, clock = waits(expires=HOUR)
    assert after(agent, thread_id, lambda: clock.passes(HOUR / 2)).awaiting
    thread = after(agent, thread_id, lambda: clock.passes(HOUR / 2))
    assert types(thread)[-2:] == ["expired", "tool_call"]
    assert "<expired>" in thread.serialize_for_llm()
    assert thread.status == "done"


def test_a_late_yes_is_refused_and_told_why(waits: Wait) -> None:
    agent, thread_id, clock = waits(expires=HOUR)
    call_id = asyncio.run(agent.store.get(thread_id)).events[-1].call_id or ""
    clock.passes(HOUR)
    with pytest.raises(CannotFollow, match="could be answered until"):
        go_on(agent, thread_id, yes(call_id))
    thread = asyncio.run(advance(thread_id, agent))  # without a ticker it ends here
    assert types(thread)[-2:] == ["expired", "tool_call"]
    with pytest.raises(CannotFollow, match="nobody had answered"):
        go_on(agent, thread_id, yes(call_id))


def test_a_yes_in_time_is_taken_and_nothing_expires(waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, clock = waits(pager, expires=HOUR)
    thread = after(agent, thread_id, nothing)
    assert thread.awaiting
    go_on(agent, thread_id, yes(thread.awaiting.call_id))
    thread = after(agent, thread_id, lambda: clock.passes(2 * HOUR))
    assert thread.status == "done"
    assert "expired" not in types(thread)


def test_a_human_is_reminded_before_the_end(waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, clock = waits(pager, expires=HOUR)
    after(agent, thread_id, nothing, lambda: clock.passes(HOUR * 4 / 5), nothing)
    assert [asked.reminds for asked in pager.told] == [False, True]
    assert pager.told[1].expires_at == NOON + HOUR


def test_of_what_was_over_before_it_came_back_nobody_is_reminded(waits: Wait) -> None:
    """Nor is it put before anybody else."""
    first, second = Pager(), Pager()
    second.name = "another"
    agent, thread_id, clock = waits(first, expires=HOUR)
    after(agent, thread_id, nothing)
    routes = (*agent.policy.routes, Route(channel="another", after=60))
    later = replace(agent, policy=replace(agent.policy, routes=routes))
    later = replace(later, channels={"pager": first, "another": second})
    thread = after(later, thread_id, lambda: clock.passes(2 * HOUR), nothing, nothing)
    assert "expired" in types(thread)
    assert ([asked.reminds for asked in first.told], second.told) == ([False], [])


def test_who_was_never_told_is_told_once_though_it_is_over(waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, clock = waits(pager, expires=HOUR)
    thread = after(agent, thread_id, lambda: clock.passes(2 * HOUR), nothing, nothing)
    assert "expired" in types(thread)
    assert [asked.reminds for asked in pager.told] == [False]


def answered(agent: Agent, thread_id: str) -> Thread:
    """Told by the pager, approved, and run to its end."""
    thread = after(agent, thread_id, nothing)
    assert thread.awaiting
    return go_on(agent, thread_id, yes(thread.awaiting.call_id))


def test_the_message_says_what_became_of_its_call(waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, _ = waits(pager)
    answered(agent, thread_id)
    thread = after(agent, thread_id, nothing, nothing)
    assert pager.said == [("message 1", "it was approved, and has run")]
    assert types(thread).count("human_contacted") == 2
    assert "human_contacted" not in thread.serialize_for_llm()
    after(agent, thread_id, nothing)  # another process, later
    assert len(pager.said) == 1


@pytest.mark.parametrize("failing", [2, 99])
def test_it_says_so_once_it_can_and_is_given_up_in_the_end(failing: int, waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, clock = waits(pager)
    answered(agent, thread_id)
    pager.faults = [OSError("no network")] * failing
    thread = after(agent, thread_id, *[lambda: clock.passes(HOUR)] * 9)
    tries = [event for event in thread.events if isinstance(event, HumanContacted)][1:]
    assert len(tries) == min(failing, len(PAUSES)) + 1
    assert len(pager.said) == (1 if failing == 2 else 0)


@pytest.mark.parametrize("ends", ["stopped", "expired"])
def test_whatever_ended_it_is_said(ends: str, waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, clock = waits(pager, expires=HOUR)
    after(agent, thread_id, nothing)
    if ends == "stopped":
        go_on(agent, thread_id, stopped())
    for _ in range(3):  # a reminder, the end, and what is said of it
        after(agent, thread_id, lambda: clock.passes(2 * HOUR))
    over = "its time was over and nobody had answered"
    assert {became for _, became in pager.said} == {
        over if ends == "expired" else "the thread was stopped"
    }


def test_a_copy_says_nothing_in_the_place_of_what_it_is_a_copy_of(waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, _ = waits(pager)
    thread = after(agent, thread_id, nothing)
    copy = asyncio.run(agent.store.create(thread.fork(len(thread.events) - 1)))
    assert thread.awaiting
    go_on(agent, copy, no(thread.awaiting.call_id))
    after(agent, copy, nothing)
    assert pager.said == []


def came(thread_id: str, ref: str = "mail 1") -> Trigger:
    """What somebody says by the pager, where it has a name for it."""
    meta = {"channel": "pager", "ref": ref, "thread": thread_id, "delivery": ref}
    return said().model_copy(update={"meta": meta})


def test_what_came_by_a_channel_is_answered_with_how_it_ended(waits: Wait) -> None:
    """Once, after a failure as well; a follow-up has an answer of its own."""
    pager = Pager()
    agent, other, clock = waits(pager)
    after(agent, other, nothing)
    pager.faults = [OSError("no network")]
    agent = replace(agent, determine_next_step=model_that_says(DONE, DONE))
    thread_id = str(uuid4())
    asyncio.run(agent.store.create(thread_of(came(thread_id)), thread_id))
    go_on(agent, thread_id)
    after(agent, thread_id, nothing, nothing)
    assert pager.said == []
    after(agent, thread_id, lambda: clock.passes(PAUSES[0]), nothing)
    after(agent, thread_id, nothing)  # another process, later
    assert pager.said == [("mail 1", DONE["message"])]
    go_on(agent, thread_id, came(thread_id, "mail 2"))
    thread = after(agent, thread_id, nothing, nothing)
    assert pager.said[1:] == [("mail 2", DONE["message"])]
    copy = asyncio.run(agent.store.create(thread.fork(1)))
    after(agent, copy, nothing)
    assert len(pager.said) == 2


def test_a_message_that_is_put_off_still_asks(waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, clock = waits(pager)
    thread = after(agent, thread_id, nothing)
    assert thread.awaiting
    until = (clock.now + HOUR).isoformat()
    go_on(agent, thread_id, postponed(thread.awaiting.call_id, until))
    after(agent, thread_id, nothing, lambda: clock.passes(HOUR))
    assert (pager.said, len(pager.told)) == ([], 2)


def test_of_what_another_process_did_it_hears_with_the_next_look(waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, clock = waits(pager)

    async def elsewhere() -> list[str]:
        ticker = Ticker(agent, lambda thread_id: None)
        await settled(ticker)
        copy = await agent.store.create((await agent.store.get(thread_id)).fork(1))
        await settled(ticker)
        assert [asked.thread_id for asked in pager.told] == [thread_id]
        clock.passes(LOOK)
        await settled(ticker)
        return [asked.thread_id for asked in pager.told if asked.thread_id == copy]

    assert len(asyncio.run(elsewhere())) == 1


def test_a_runner_tells_by_itself_and_ends_with_its_shutdown(waits: Wait) -> None:
    pager = Pager()
    agent, thread_id, _ = waits(pager)
    written = asyncio.Event()
    agent = replace(agent, notify=lambda thread_id, event: written.set())

    async def running() -> AnyEvent:
        runner = Runner(agent)
        await runner.start_unfinished()
        async with asyncio.timeout(10):
            await written.wait()
        await runner.shut_down()
        assert [task for task in asyncio.all_tasks() if task.get_name() == "ticker"] == []
        return (await agent.store.get(thread_id)).events[-1]

    assert asyncio.run(running()).type == "human_contacted"


def test_a_store_that_fails_ends_no_ticker(waits: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    pager = Pager()
    agent, _, clock = waits(pager)
    written = asyncio.Event()
    agent = replace(agent, notify=lambda thread_id, event: written.set())
    find: Callable[..., Awaitable[Any]] = agent.store.find
    faults: list[BaseException] = [OSError("gone"), SystemExit(2)]

    async def sometimes(**given: Any) -> Any:
        clock.passes(LOOK)
        if faults:
            raise faults.pop(0)
        return await find(**given)

    monkeypatch.setattr(agent.store, "find", sometimes)
    monkeypatch.setattr("agent.ticker.TICK", 0.01)

    async def running() -> None:
        task = asyncio.create_task(Ticker(agent, lambda thread_id: None).run())
        async with asyncio.timeout(10):
            await written.wait()
        task.cancel()

    asyncio.run(running())


@pytest.mark.parametrize("turns", range(6))
def test_it_ends_when_it_is_told_to_whatever_happens_then(turns: int, waits: Wait) -> None:
    """Also so many turns of the event loop behind the news that something is due."""
    agent, _, _ = waits(Pager())

    async def stop() -> None:
        ticker = Ticker(agent, lambda thread_id: None)
        running = asyncio.create_task(ticker.run())
        await asyncio.sleep(0.1)
        ticker._woken.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running], timeout=15)
        assert running.cancelled()

    asyncio.run(stop())
