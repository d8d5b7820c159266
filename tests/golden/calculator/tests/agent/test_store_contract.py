"""What every store promises: each store that this project has is held to it."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from agent.due import Policy
from agent.events import Error, ToolDeferred
from agent.store import Busy, NoSuchThread, Purpose, ThreadExists, ThreadStore
from agent.thread import CannotFollow, Thread
from agent.views import summary_of

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import DONE, NOON, decided, error, fetched, result, said, thread_of, types, yes
from .stores import STORES, created, held, listed, read


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ThreadStore:
    return STORES[request.param](tmp_path / "kept")


def test_what_is_kept_is_what_was_there(store: ThreadStore) -> None:
    thread = thread_of(said("h\u00e9llo"), fetched(), decided(SAFE_STEP), result())
    assert read(store, created(store, thread)) == thread


def test_an_id_can_be_given_once(store: ThreadStore) -> None:
    """Whoever is first; the other is told, and nothing has changed."""
    thread_id = str(uuid4())
    assert created(store, thread_of(said("first")), thread_id) == thread_id
    with pytest.raises(ThreadExists, match=thread_id):
        created(store, thread_of(said("second")), thread_id)
    assert read(store, thread_id).events[0].data == "first"


def test_of_many_that_come_with_one_id_one_is_kept(store: ThreadStore) -> None:
    thread_id = str(uuid4())

    async def race() -> list[str | BaseException]:
        racers = (store.create(thread_of(said(str(n))), thread_id) for n in range(20))
        return await asyncio.gather(*racers, return_exceptions=True)

    came = asyncio.run(race())
    assert came.count(thread_id) == 1
    assert sum(isinstance(each, ThreadExists) for each in came) == 19
    assert read(store, thread_id).events[0].data == str(came.index(thread_id))


def test_it_knows_what_happens_by_itself_and_when(store: ThreadStore) -> None:
    until = NOON + timedelta(hours=1)
    later = ToolDeferred(call_id="1", data={"until": until.isoformat()})
    waits = created(store, thread_of(said(), decided(SAFE_STEP), later))
    created(store, thread_of(said(), decided(DONE)))
    assert asyncio.run(store.due(until, Policy())) == [(waits, until)]
    assert asyncio.run(store.due(NOON, Policy())) == []


def test_nothing_is_odd_about_one_that_is_whole(store: ThreadStore) -> None:
    created(store)
    assert asyncio.run(store.check()) == []


@pytest.mark.parametrize("bad", ["", "x", "../victim", "0F8FAD5B-D9CB-469F-A165-70867728950E"])
def test_what_is_no_id_is_no_thread(bad: str, store: ThreadStore) -> None:
    for use in (
        store.get(bad),
        store.update(bad, lambda kept: kept),
        store.find(after=bad),
        held(store, bad),
    ):
        with pytest.raises(NoSuchThread):
            asyncio.run(use)


def test_a_thread_that_is_not_there(store: ThreadStore) -> None:
    missing = str(uuid4())
    for use in (store.get(missing), store.find(after=missing), held(store, missing)):
        with pytest.raises(NoSuchThread):
            asyncio.run(use)
    assert listed(store) == []


def test_fifty_writers_lose_nothing(store: ThreadStore) -> None:
    thread_id = created(store)

    async def write(n: int) -> None:
        await store.update(thread_id, lambda kept: kept.append(error(message=str(n)), at=NOON))

    async def race() -> None:
        await asyncio.gather(*map(write, range(50)))

    asyncio.run(race())
    kept = [event for event in read(store, thread_id).events if isinstance(event, Error)]
    assert sorted(int(event.data["message"]) for event in kept) == list(range(50))


def test_a_refused_change_changes_nothing(store: ThreadStore) -> None:
    thread_id = created(store)
    with pytest.raises(CannotFollow):
        asyncio.run(store.update(thread_id, lambda kept: kept.append(yes(), at=NOON)))
    assert types(read(store, thread_id)) == ["user_input"]


def test_what_is_returned_is_what_is_kept(store: ThreadStore) -> None:
    thread_id = created(store)
    told = asyncio.run(store.update(thread_id, lambda kept: kept.append(error(), at=NOON)))
    assert told == read(store, thread_id)


def test_found_are_the_oldest_first_by_status_and_page_by_page(store: ThreadStore) -> None:
    def begun(hour: int, *events: dict[str, Any]) -> Thread:
        at = NOON.replace(hour=hour)
        return Thread().append(said(), *map(decided, events), at=at)

    late, waiting = created(store, begun(13)), created(store, begun(11, APPROVAL_STEP))
    done, first = created(store, begun(12, DONE)), created(store, begun(10))
    assert listed(store) == [first, waiting, done, late]

    def found(**asked: Any) -> list[str]:
        return [each.id for each in asyncio.run(store.find(**asked))]

    assert found(status="running") == [first, late]
    assert found(status="stopped") == []
    assert found(limit=2) == [first, waiting]
    assert found(limit=2, after=waiting) == [done, late]
    assert found(status="running", after=first) == [late]
    assert found(after=late) == []
    assert found(newest=True) == [late, done, waiting, first]
    assert found(newest=True, limit=2, after=done) == [waiting, first]
    assert found(newest=True, limit=1, status="running") == [late]


def test_whoever_reads_page_by_page_meets_each_once_while_others_arrive(store: ThreadStore) -> None:
    """Those that began at one moment as well, and those that come in front of the page."""
    there = [created(store) for _ in range(5)]
    seen = list[str]()
    while page := asyncio.run(store.find(after=seen[-1] if seen else None, limit=2)):
        seen += [each.id for each in page]
        created(store, Thread().append(said(), at=NOON.replace(hour=10)))
        if len(seen) < 6:
            there.append(created(store, Thread().append(said(), at=NOON.replace(hour=13))))
    assert sorted(seen) == sorted(there)


def test_a_summary_says_what_the_thread_does(store: ThreadStore) -> None:
    thread = thread_of(said(), decided(APPROVAL_STEP))
    thread_id = created(store, thread)
    assert asyncio.run(store.find()) == [summary_of(thread_id, thread)]


def test_whoever_gives_up_while_a_lease_is_taken_does_not_keep_it(store: ThreadStore) -> None:
    thread_id = created(store)

    async def give_up(turns: int) -> None:
        taking = asyncio.create_task(held(store, thread_id))
        for _ in range(turns):
            await asyncio.sleep(0)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)

    async def again_and_again() -> None:
        for turns in range(8):
            await give_up(turns)
            for _ in range(500):  # a thread that was taking it lets go in its own time
                await asyncio.sleep(0.02)
                with suppress(Busy):
                    await held(store, thread_id)
                    break
            else:
                pytest.fail("it is still taken")

    asyncio.run(again_and_again())


@pytest.mark.parametrize(("purpose", "other"), [("run", "tell"), ("tell", "run")])
def test_one_at_a_time_holds_a_lease_and_saving_needs_none(
    store: ThreadStore, purpose: Purpose, other: Purpose
) -> None:
    thread_id, other_id = created(store), created(store)

    async def both() -> None:
        async with store.lease(thread_id, purpose):
            with pytest.raises(Busy):
                await held(store, thread_id, purpose)
            await held(store, thread_id, other)
            await held(store, other_id, purpose)
            await store.update(thread_id, lambda kept: kept.append(error(), at=NOON))
        await held(store, thread_id, purpose)

    asyncio.run(both())
