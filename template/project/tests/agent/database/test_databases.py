"""Rows: nothing is lost or written twice, whoever writes, dies or is of another version."""

import asyncio
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from agent.due import Policy, Route
from agent.events import Error
from agent.store import Busy, Lost, NoSuchThread, Unreadable, Unusable
from agent.store.database import upgrading
from agent.store.database.rows import Row
from agent.store.database.store import DatabaseStore
from agent.store.opening import migrate, open_store
from agent.thread import Thread

from ...yours.samples import APPROVAL_STEP, SAFE_STEP
from ..processes import python
from ..scripted import DONE, NOON, decided, error, result, said, thread_of
from ..stores import DATABASES, created, held, read

HOUR = timedelta(hours=1)

ONE_MORE = """
import asyncio, sys
from agent.store.opening import open_store
from tests.agent.scripted import NOON, error

async def main(url, thread_id, times, who):
    store = open_store(url, "xml")
    for n in range(int(times)):
        line = error(message=f"{who}-{n}")
        await store.update(thread_id, lambda thread: thread.append(line, at=NOON))
        print(n, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""

HOLD = """
import asyncio, sys
from agent.store.opening import open_store

async def hold():
    async with open_store(sys.argv[1], "xml").lease(sys.argv[2]):
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return DATABASES[request.param](tmp_path)


def opened(url: str, policy: Policy | None = None) -> DatabaseStore:
    store = open_store(url, "xml", lambda: policy or Policy())
    assert isinstance(store, DatabaseStore)
    return store


def one_more(thread: Thread) -> Thread:
    return thread.append(error(), at=NOON)


def test_two_processes_write_to_one_thread_and_lose_nothing(url: str) -> None:
    store = opened(url)
    thread_id, seen = created(store), [0]
    writers = [python(ONE_MORE, url, thread_id, 25, who) for who in range(2)]
    while any(writer.poll() is None for writer in writers):
        asyncio.run(store.update(thread_id, one_more))
        seen.append(len(read(store, thread_id).events))
    assert [writer.wait() for writer in writers] == [0, 0]
    came = [str(event.data) for event in read(opened(url), thread_id).events]
    assert sum(f"'{who}-" in each for each in came for who in range(2)) == 50
    assert len(came) == len(seen) + 50
    assert seen == sorted(set(seen))


@pytest.mark.slow
def test_what_was_told_to_be_stored_is_there_after_a_kill(url: str) -> None:
    thread_id = created(opened(url))
    for who in range(5):
        with python(ONE_MORE, url, thread_id, 10_000, who) as writer:
            assert writer.stdout
            for _ in range(20 + 7 * who):
                told = int(writer.stdout.readline())
            writer.kill()
        thread = read(opened(url), thread_id)
        ours = [event.data["message"] for event in thread.events if isinstance(event, Error)]
        ours = [each for each in ours if each.startswith(f"{who}-")]
        assert len(ours) > told
        assert ours == [f"{who}-{n}" for n in range(len(ours))]


def test_a_lease_ends_with_its_process(url: str) -> None:
    store = opened(url)
    thread_id, other_id = created(store), created(store)
    with python(HOLD, url, thread_id) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy):
            asyncio.run(held(store, thread_id))
        asyncio.run(held(store, other_id))
        holder.kill()
    asyncio.run(held_soon(store, thread_id))  # the server has perhaps not noticed yet


async def held_soon(store: DatabaseStore, thread_id: str) -> None:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        with suppress(Busy):
            return await held(store, thread_id)
        await asyncio.sleep(0.05)
    raise AssertionError("it is still held")


def test_whoever_is_cancelled_while_it_takes_a_lease_holds_none(url: str) -> None:
    store = opened(url)
    thread_id = created(store)

    async def breaks_off() -> None:
        for pause in (0, 0, 0.001, 0.002, 0.005):
            task = asyncio.create_task(held(store, thread_id))
            await asyncio.sleep(pause)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await held_soon(store, thread_id)  # what was broken off may only begin by now

    asyncio.run(breaks_off())


def test_only_what_is_new_is_read_and_written(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store, other = opened(url), opened(url)
    thread = thread_of(said(), *(error(message=str(n)) for n in range(200)))
    thread_id = created(store, thread)
    read(other, thread_id)
    asyncio.run(store.update(thread_id, one_more))
    rows, came = other.rows, list[int]()
    events = rows.events

    def counted(thread_id: str, known: int) -> list[str]:
        came.append(len(found := events(thread_id, known)))
        return found

    monkeypatch.setattr(rows, "events", counted)
    assert len(asyncio.run(other.update(thread_id, one_more)).events) == 203
    assert len(read(other, thread_id).events) == 203
    assert came == [1, 0]


def test_of_what_is_due_the_index_knows(url: str) -> None:
    policy = Policy((Route(channel="pager", after=60),), HOUR)
    store = opened(url, policy)
    waits = created(store, thread_of(said(), decided(APPROVAL_STEP)))
    later = created(store, Thread().append(said(), decided(APPROVAL_STEP), at=NOON + HOUR))
    created(store, thread_of(said(), decided(DONE)))
    running = created(store)

    def due(until: datetime) -> list[tuple[str, datetime]]:
        return asyncio.run(store.due(until, policy))

    minute = timedelta(minutes=1)
    assert due(NOON) == []
    assert due(NOON + minute) == [(waits, NOON + minute)]
    assert due(NOON + 2 * HOUR) == [(waits, NOON + minute), (later, NOON + HOUR + minute)]
    step = decided(APPROVAL_STEP)
    asyncio.run(store.update(running, lambda kept: kept.append(step, at=NOON - HOUR)))
    assert [each for each, _ in due(NOON)] == [running]


def test_what_is_derived_is_derived_anew_for_another_policy(url: str) -> None:
    thread = thread_of(said(), decided(APPROVAL_STEP))
    assert asyncio.run(opened(url).check()) == []
    ids = {created(opened(url), thread) for _ in range(3)}
    assert asyncio.run(opened(url).check()) == []
    policy = Policy(expires_after=HOUR)
    store = opened(url, policy)
    assert ["run `agent migrate`" in line for line in asyncio.run(store.check())] == [True]
    assert asyncio.run(store.due(NOON + HOUR, policy)) == []
    migrate(url, policy)
    assert asyncio.run(store.check()) == []
    assert {each for each, _ in asyncio.run(store.due(NOON + HOUR, policy))} == ids
    assert read(store, min(ids)) == thread


def test_what_is_derived_is_old_once_an_approver_may_say_something_else(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created(store := opened(url), thread_of(said(), decided(APPROVAL_STEP)))
    edited = Path(copytree(upgrading.AGENT, tmp_path / "edited"))
    monkeypatch.setattr(upgrading, "AGENT", edited)
    assert asyncio.run(store.check()) == []
    for name in ("tools.py", "states.py"):
        with (edited / name).open("a") as code:
            code.write("# other rules\n")
        assert ["run `agent migrate`" in line for line in asyncio.run(store.check())] == [True]
        migrate(url, Policy())
        assert asyncio.run(store.check()) == []


@pytest.mark.parametrize(
    ("schema", "says"),
    [("0000", "run `agent migrate`"), ("9999", "update the agent"), (None, "run `agent migrate`")],
)
def test_another_schema_is_said_so(schema: str | None, says: str, url: str) -> None:
    thread_id = created(store := opened(url))
    put_schema(store, schema)
    store = opened(url)
    for use in (store.get(thread_id), store.check(), store.create(thread_of(said()))):
        with pytest.raises(Unusable, match=says):
            asyncio.run(use)


@pytest.mark.parametrize(
    ("schema", "says"),
    [("0000", "update the agent"), ("9999", "update the agent"), (None, "put the row back")],
)
def test_what_no_migration_helps_is_said_so(schema: str | None, says: str, url: str) -> None:
    thread_id = created(store := opened(url))
    put_schema(store, schema)
    with pytest.raises(Unusable, match=says) as found:
        migrate(url, Policy())
    assert "\n" not in str(found.value)
    put_schema(store, "0001")
    assert read(opened(url), thread_id)


def put_schema(store: DatabaseStore, schema: str | None) -> None:
    alter(store, "DELETE FROM alembic_version")
    if schema:
        alter(store, f"INSERT INTO alembic_version VALUES ('{schema}')")


def alter(store: DatabaseStore, statement: str) -> None:
    rows: Any = store.rows
    with rows._connection() as connection:
        connection.execute(statement)


@pytest.mark.parametrize("torn", ['{"id": 1, "ty', "[]", '{"id": 7, "type": "error"}', "\x01"])
def test_an_event_that_is_none_is_named_and_holds_up_no_other_thread(torn: str, url: str) -> None:
    store = opened(url)
    thread_id, other_id = created(store, thread_of(said(), error())), created(store)
    alter(store, f"UPDATE events SET event = '{torn}' WHERE thread_id = '{thread_id}' AND seq = 1")
    fresh = opened(url)
    for use in (fresh.get(thread_id), fresh.update(thread_id, one_more)):
        with pytest.raises(Unreadable, match=thread_id):
            asyncio.run(use)
    assert read(fresh, other_id)
    assert len(asyncio.run(fresh.find())) == 2
    migrate(url, Policy())


@pytest.mark.parametrize(
    ("lost", "says"), [("1", "2 of its 3"), ("2", "2 of its 3"), ("0, 1, 2", "0 of its 3")]
)
def test_a_thread_that_lacks_events_is_named_and_holds_up_no_other(
    lost: str, says: str, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = opened(url)
    thread_id, other_id = created(store, thread_of(said(), error(), error())), created(store)
    alter(store, f"DELETE FROM events WHERE thread_id = '{thread_id}' AND seq IN ({lost})")
    fresh = opened(url)
    for use in (fresh.get(thread_id), fresh.update(thread_id, one_more)):
        with pytest.raises(Unreadable, match=f"{thread_id} has {says} events"):
            asyncio.run(use)
    assert read(fresh, other_id)
    assert "with 1 threads" in migrate(url, Policy())
    assert f"{thread_id} has {says} events" in capsys.readouterr().err


def test_a_thread_that_has_more_events_than_it_says_is_named(url: str) -> None:
    """Also by whoever has them in mind, when they add to it."""
    store = opened(url)
    thread_id = created(store, thread_of(said(), error()))
    alter(store, f"UPDATE threads SET version = 1 WHERE id = '{thread_id}'")
    for each in (store, opened(url)):
        with pytest.raises(Unreadable, match=f"{thread_id} has 2 of its 1 events"):
            asyncio.run(each.update(thread_id, one_more))


def test_a_thread_that_is_shorter_than_it_was_is_read_as_it_is(url: str) -> None:
    """From a backup, or by a server that lagged behind the one that is gone."""
    store = opened(url)
    thread_id = created(store, thread_of(said(), error(), error()))
    alter(store, f"DELETE FROM events WHERE thread_id = '{thread_id}' AND seq = 2")
    alter(store, f"UPDATE threads SET version = 2 WHERE id = '{thread_id}'")
    assert len(read(store, thread_id).events) == 2
    assert len(asyncio.run(store.update(thread_id, one_more)).events) == 3
    assert len(read(opened(url), thread_id).events) == 3


def test_a_thread_that_is_gone_is_told_of_whoever_has_it_in_mind(url: str) -> None:
    store = opened(url)
    thread_id = created(store)
    alter(store, f"DELETE FROM events WHERE thread_id = '{thread_id}'")
    alter(store, f"DELETE FROM threads WHERE id = '{thread_id}'")
    for use in (store.get(thread_id), store.update(thread_id, one_more)):
        with pytest.raises(NoSuchThread):
            asyncio.run(use)


class Breaks:
    """The database is lost as often as this says, before it does something or after it."""

    def __init__(self, store: DatabaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.before, self.after = 0, 0
        rows, create, append = store.rows, store.rows.create, store.rows.append
        monkeypatch.setattr(rows, "create", lambda *given: self.broken(create, *given))
        monkeypatch.setattr(rows, "append", lambda *given: self.broken(append, *given))

    def broken(self, work: Any, row: Row, *given: Any) -> bool:
        if self.before:
            self.before -= 1
            raise Lost("gone")
        done: bool = work(row, *given)
        if self.after:
            self.after -= 1
            raise Lost("gone")
        return done


@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0), (2, 1), (0, 3)])
def test_what_may_have_been_stored_is_looked_for_and_not_stored_twice(
    before: int, after: int, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(url)
    breaks = Breaks(store, monkeypatch)
    breaks.before, breaks.after = before, after
    thread_id = created(store)
    breaks.before, breaks.after = before, after
    assert len(asyncio.run(store.update(thread_id, one_more)).events) == 2
    assert len(read(opened(url), thread_id).events) == 2


@pytest.mark.parametrize("was_stored", [True, False])
def test_whoever_gave_up_and_comes_back_with_the_same_change_stores_it_once(
    was_stored: bool, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(url)
    store.patience = 0.1
    thread_id = created(store, thread_of(said(), decided(SAFE_STEP), result()))
    breaks = Breaks(store, monkeypatch)
    breaks.before, breaks.after = (0, 1) if was_stored else (1, 0)
    monkeypatch.setattr(store, "_patiently", lambda work: work())
    with pytest.raises(Lost):
        asyncio.run(store.update(thread_id, one_more))
    other = error(message="somebody else's, in between")
    asyncio.run(opened(url).update(thread_id, lambda kept: kept.append(other, at=NOON)))
    assert len(asyncio.run(store.update(thread_id, one_more)).events) == 5
