"""Nothing that was saved is lost or torn, whoever writes at the same time or dies while at it."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from agent.store import Busy, Locked, StoreError
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import CannotFollow, Thread
from agent.wiring import open_store as open_by_url

from ..yours.samples import SAFE_STEP
from .processes import locked, python
from .scripted import NOON, decided, error, said, thread_of, types, yes
from .stores import created, held, listed, read

ONE_MORE = """
import asyncio, sys
from pathlib import Path
from agent.store.filesystem import FileSystemThreadStore
from tests.agent.scripted import NOON, error

async def main(folder, thread_id, times, who):
    store = FileSystemThreadStore(Path(folder))
    for n in range(int(times)):
        line = error(message=f"{who}-{n}" + "." * 200)
        await store.update(thread_id, lambda thread: thread.append(line, at=NOON))

asyncio.run(main(*sys.argv[1:]))
"""

HOLD = """
import asyncio, sys
from pathlib import Path
from agent.store.filesystem import FileSystemThreadStore

async def hold():
    async with FileSystemThreadStore(Path(sys.argv[1])).lease(sys.argv[2]):
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""

DIE = """
import asyncio, os, sys
from pathlib import Path
from agent.store.filesystem import FileSystemThreadStore
from tests.agent.scripted import NOON, error

Path.replace = lambda *_: os._exit(9)
store = FileSystemThreadStore(Path(sys.argv[1]))
asyncio.run(store.update(sys.argv[2], lambda thread: thread.append(error(), at=NOON)))
"""


def test_the_files_are_the_thread_and_its_context(store: FileSystemThreadStore) -> None:
    thread = thread_of(said("h\u00e9llo"), decided(SAFE_STEP))
    thread_id = created(store, thread)
    kept = json.loads((store.root / f"{thread_id}.json").read_text("utf-8"))
    assert list(kept) == ["id", "version", "events"]
    assert (kept["id"], kept["version"]) == (thread_id, 2)
    assert kept["events"][1] == {
        "id": 1,
        "type": "tool_call",
        "at": "2026-01-01T12:00:00Z",
        "call_id": "1",
        "data": SAFE_STEP,
    }
    context = (store.root / f"{thread_id}.txt").read_text("utf-8")
    assert context == thread.serialize_for_llm() + "\n"


@pytest.mark.slow
def test_four_processes_lose_nothing_and_a_reader_sees_nothing_torn(
    store: FileSystemThreadStore,
) -> None:
    thread_id, seen = created(store), [0]
    writers = [python(ONE_MORE, store.root, thread_id, 25, who) for who in range(4)]
    while any(writer.poll() is None for writer in writers):
        seen.append(len(read(store, thread_id).events))
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    assert len(read(store, thread_id).events) == 101
    assert seen == sorted(seen)


def test_one_at_a_time_runs_a_thread(store: FileSystemThreadStore) -> None:
    """Across processes too; the lease is free again after kill -9."""
    thread_id, other_id = created(store), created(store)
    with python(HOLD, store.root, thread_id) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy):
            asyncio.run(held(store, thread_id))
        asyncio.run(held(store, other_id))
        holder.kill()
    asyncio.run(held(store, thread_id))


def test_what_dies_before_the_rename_leaves_the_old_version(store: FileSystemThreadStore) -> None:
    thread_id = created(store)
    before = (store.root / f"{thread_id}.json").read_bytes()
    assert python(DIE, store.root, thread_id).wait() == 9
    assert (store.root / f"{thread_id}.json").read_bytes() == before
    asyncio.run(store.update(thread_id, lambda kept: kept.append(error(), at=NOON)))
    assert types(read(store, thread_id)) == ["user_input", "error"]
    assert listed(store) == [thread_id]


def test_a_refused_change_writes_nothing(store: FileSystemThreadStore) -> None:
    thread_id = created(store)
    before = {path: path.stat().st_mtime_ns for path in store.root.glob(f"{thread_id}.*")}
    with pytest.raises(CannotFollow):
        asyncio.run(store.update(thread_id, lambda kept: kept.append(yes(), at=NOON)))
    asyncio.run(store.update(thread_id, lambda kept: kept))
    assert {path: path.stat().st_mtime_ns for path in store.root.glob(f"{thread_id}.*")} == before


@pytest.mark.parametrize("url", ["", "file:", "sqlite:x.db", "threads"])
def test_a_store_that_is_not_here_is_named(url: str) -> None:
    with pytest.raises(StoreError, match="AGENT_STORE_URL="):
        open_by_url(url, "xml")


def test_the_folder_of_the_url_is_used() -> None:
    asyncio.run(open_by_url("file:deep/er", "json").create(thread_of(said())))
    assert {path.suffix for path in Path("deep/er").glob("*.*")} >= {".json", ".txt"}


def test_a_lock_that_is_not_got_is_an_error_and_holds_up_no_other_thread(tmp_path: Path) -> None:
    """Whoever holds it has stopped, and more calls wait than the store has threads."""
    store = FileSystemThreadStore(tmp_path / ".threads", patience=1.0)
    stuck, free = created(store), created(store)

    def one_more(thread: Thread) -> Thread:
        return thread.append(error(), at=NOON)

    async def all_at_once() -> tuple[list[object], float]:
        begun = time.monotonic()
        waiting = asyncio.gather(
            *(store.update(stuck, one_more) for _ in range(10)), return_exceptions=True
        )
        await asyncio.sleep(0.1)
        await store.update(free, one_more)
        await store.get(stuck)
        quick = time.monotonic() - begun
        return list(await waiting), quick

    with locked(store.root / ".locks" / f"{stuck}.write"):
        came, quick = asyncio.run(all_at_once())
    assert quick < 0.9
    assert [type(each) for each in came] == [Locked] * 10
    assert types(read(store, stuck)) == ["user_input"]
    asyncio.run(store.update(stuck, one_more))
