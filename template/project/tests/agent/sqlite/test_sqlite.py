"""A SQLite file that is damaged, locked, read-only, shared, or not there yet."""

import asyncio
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from agent.due import Policy
from agent.store import Busy, Locked, NotStored, StoreError, Unusable
from agent.store.opening import migrate, open_store
from agent.store.sqlite import SqliteThreadStore
from agent.thread import Thread

from ..processes import python
from ..scripted import NOON, error, said, thread_of, types
from ..stores import created, held, read

FIRST = """
import asyncio, sys
from agent.store.opening import open_store
from tests.agent.scripted import said, thread_of
asyncio.run(open_store(sys.argv[1], "xml").create(thread_of(said())))
"""


@pytest.fixture
def store(tmp_path: Path) -> SqliteThreadStore:
    return SqliteThreadStore(tmp_path / "deep" / "er" / "agent.db")


def one_more(thread: Thread) -> Thread:
    return thread.append(error(), at=NOON)


def test_the_first_use_makes_it_and_it_is_its_owner_s_alone(store: SqliteThreadStore) -> None:
    created(store)
    files = [path for path in store.path.parent.iterdir() if path.is_file()]
    assert {path.name for path in files} >= {"agent.db", "agent.db-wal"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.slow
def test_of_many_that_come_first_each_keeps_its_thread(store: SqliteThreadStore) -> None:
    came = [python(FIRST, f"sqlite:{store.path}") for _ in range(4)]
    assert [each.wait() for each in came] == [0] * 4
    assert len(asyncio.run(store.find())) == 4


def test_every_commit_is_on_the_disk_when_it_returns(store: SqliteThreadStore) -> None:
    created(store)
    connection = store.rows._connection()  # type: ignore[attr-defined]
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_who_writes_for_long_is_waited_for_and_then_told_of(store: SqliteThreadStore) -> None:
    thread_id = created(store)
    hasty = SqliteThreadStore(store.path, patience=0.2)
    read(hasty, thread_id)
    with sqlite3.connect(store.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Locked, match="try again later"):
            asyncio.run(hasty.update(thread_id, one_more))
        assert types(read(hasty, thread_id)) == ["user_input"]
        other.execute("ROLLBACK")
    asyncio.run(hasty.update(thread_id, one_more))


@pytest.mark.parametrize("content", [b"no database" * 500, b"\0" * 5000])
def test_what_is_no_database_is_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    (path := tmp_path / "agent.db").write_bytes(content)
    with pytest.raises(Unusable, match="no SQLite database"):
        asyncio.run(SqliteThreadStore(path).find())
    with pytest.raises(Unusable, match="no SQLite database"):
        migrate(f"sqlite:{path}", Policy())
    assert path.read_bytes() == content


def test_a_file_that_was_cut_off_is_told_of(store: SqliteThreadStore, tmp_path: Path) -> None:
    created(store)
    with sqlite3.connect(path := tmp_path / "copy.db") as copy:
        store.rows._connection().backup(copy)  # type: ignore[attr-defined]
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(Unusable, match="it is damaged"):
        migrate(f"sqlite:{path}", Policy())


def test_the_tables_of_another_program_are_left_as_they_are(tmp_path: Path) -> None:
    with sqlite3.connect(path := tmp_path / "agent.db") as theirs:
        theirs.execute("CREATE TABLE threads (id)")
    with pytest.raises(Unusable, match="name an empty database"):
        migrate(f"sqlite:{path}", Policy())
    assert theirs.execute("SELECT name FROM sqlite_master").fetchall() == [("threads",)]


def test_a_place_that_cannot_be_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "agent.db", Path(os.devnull)):
        with pytest.raises(NotStored, match=str(path)):
            asyncio.run(SqliteThreadStore(path).create(thread_of(said())))
        with pytest.raises(NotStored, match=str(path)):
            migrate(f"sqlite:{path}", Policy())


def test_who_names_it_by_a_link_has_the_same_leases(
    store: SqliteThreadStore, tmp_path: Path
) -> None:
    (link := tmp_path / "link.db").symlink_to(store.path)
    thread_id = created(store)

    async def both() -> None:
        async with store.lease(thread_id):
            with pytest.raises(Busy):
                await held(SqliteThreadStore(link), thread_id)

    asyncio.run(both())


@pytest.mark.skipif(os.geteuid() == 0, reason="whoever may do everything may write it")
def test_a_file_that_cannot_be_written_to_is_told_of(store: SqliteThreadStore) -> None:
    thread_id = created(store)
    store.path.chmod(0o400)
    with pytest.raises(NotStored):
        asyncio.run(SqliteThreadStore(store.path).update(thread_id, one_more))


@pytest.mark.parametrize("place", ["", ":memory:", "///", "new/", "agent.db?mode=ro"])
def test_a_url_without_a_file_is_named(place: str) -> None:
    with pytest.raises(StoreError, match="AGENT_STORE_URL="):
        open_store(f"sqlite:{place}", "xml")
