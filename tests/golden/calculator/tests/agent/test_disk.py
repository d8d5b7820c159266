"""A disk that is full or gone: what was stored is answered as stored, and the rest is not."""

import asyncio
import json
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from agent.events import AnyEvent
from agent.runner import Runner
from agent.store import Full, NotStored
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread

from ..yours.samples import APPROVAL_STEP, SAFE_STEP, effects
from .commands import shell_with
from .disks import full, gone
from .processes import python
from .scripted import (
    DONE,
    NOON,
    QUESTION,
    agent_of,
    decided,
    error,
    said,
    started,
    stopped,
    thread_of,
    types,
    yes,
)
from .serving import THREADS, launch, problem, serving, told
from .stores import created, listed, read

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")

DIE = """
import asyncio, os, sys
from pathlib import Path
from agent.store.filesystem import FileSystemThreadStore
from tests.agent.scripted import said, thread_of

Path.replace = lambda *_: os._exit(9)
asyncio.run(FileSystemThreadStore(Path(sys.argv[1])).create(thread_of(said())))
"""


def files(store: FileSystemThreadStore) -> list[str]:
    return sorted(path.name for path in store.root.iterdir() if path.is_file())


def test_what_has_no_room_is_not_stored(store: FileSystemThreadStore) -> None:
    """No new thread, no event, and no half of a file."""
    thread_id = created(store)
    before = files(store), (store.root / f"{thread_id}.json").read_bytes()
    with full():
        with pytest.raises(Full):
            created(store)
        with pytest.raises(Full):
            asyncio.run(store.update(thread_id, lambda kept: kept.append(error(), at=NOON)))
        assert types(read(store, thread_id)) == ["user_input"]
    assert (files(store), (store.root / f"{thread_id}.json").read_bytes()) == before
    asyncio.run(store.update(thread_id, lambda kept: kept.append(error(), at=NOON)))
    assert types(read(store, thread_id)) == ["user_input", "error"]
    assert listed(store) == [thread_id]


def test_what_is_not_there_is_not_stored(store: FileSystemThreadStore) -> None:
    thread_id = created(store)
    with gone(store), pytest.raises(NotStored):
        created(store)
    assert listed(store) == [thread_id]


def test_a_context_that_cannot_be_written_fails_no_event(store: FileSystemThreadStore) -> None:
    """A folder in its place, or no more room for it than for the thread: none is left, or whole."""
    asks = decided(QUESTION)
    occupied, long = created(store), created(store, thread_of(said("<" * 10_000)))
    (store.root / f"{occupied}.txt" / "here").mkdir(parents=True)
    for thread_id, room in ((occupied, 1_000_000), (long, 20_000)):
        with full(room):
            asyncio.run(store.update(thread_id, lambda kept: kept.append(asks, at=NOON)))
        assert types(read(store, thread_id)) == ["user_input", "tool_call"]
        again = FileSystemThreadStore(store.root)
        assert types(read(again, thread_id)) == ["user_input", "tool_call"]
    assert not (store.root / f"{long}.txt").exists()
    asyncio.run(store.update(long, lambda kept: kept.append(stopped(), at=NOON)))
    assert QUESTION["message"] in (store.root / f"{long}.txt").read_text()


@pytest.mark.parametrize("room", [1, 2, 3, 4, 5, 40])
def test_what_has_room_in_part_is_not_stored_either(
    room: int, store: FileSystemThreadStore
) -> None:
    """So many bytes behind what is there; the file is as it was."""
    thread_id = created(store)
    path = store.root / f"{thread_id}.json"
    before = path.read_bytes()
    with full(len(before) - 4 + room), pytest.raises(Full):
        asyncio.run(store.update(thread_id, lambda kept: kept.append(error(), at=NOON)))
    assert path.read_bytes() == before


def test_what_a_process_left_that_was_killed_is_swept_away(store: FileSystemThreadStore) -> None:
    assert python(DIE, store.root).wait() == 9
    [left] = files(store)
    assert left.startswith(".")
    for other in ("..summaries.unfinished-1", ".backup.unfinished-2"):  # what is no thread
        (store.root / other).touch()
    FileSystemThreadStore(store.root)
    assert files(store) == []


@pytest.mark.parametrize("trouble", [lambda store: full(), gone], ids=["full", "gone"])
@pytest.mark.parametrize(
    "step",
    [
        pytest.param(SAFE_STEP, marks=pytest.mark.slow, id="safe"),
        pytest.param(APPROVAL_STEP, id="approved"),
    ],
)
def test_what_has_happened_is_kept_in_mind_until_there_is_room(
    step: dict[str, Any],
    trouble: Callable[[FileSystemThreadStore], AbstractContextManager[None]],
    store: FileSystemThreadStore,
) -> None:
    """It does not happen a second time, and nobody is asked whether it did."""
    troubled, in_trouble = trouble(store), threading.Event()
    ran = []

    async def tool(step: object, call_id: str) -> int:
        ran.append(call_id)
        troubled.__enter__()
        in_trouble.set()
        return 7

    async def model(thread: Thread) -> AnyEvent:
        return decided(DONE, "2")

    async def main(thread_id: str) -> None:
        runner = Runner(agent_of(store, model, handle_next_step=tool), patient=True)
        runner.start(thread_id)
        assert await asyncio.to_thread(in_trouble.wait, 20)
        await runner.wait(thread_id, 0.2)
        troubled.__exit__(None, None, None)
        await runner.wait(thread_id, 10)

    begun: list[AnyEvent] = [said(), decided(step), *([yes()] if step == APPROVAL_STEP else [])]
    thread_id = created(store, thread_of(*begun))
    asyncio.run(main(thread_id))
    start = [started().type] if step == APPROVAL_STEP else []
    after = [*(event.type for event in begun), *start, "tool_response", "tool_call"]
    assert types(read(store, thread_id)) == after
    assert ran == ["1"]


def test_a_shutdown_does_not_wait_for_room(
    store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = created(store)

    async def model(thread: Thread) -> AnyEvent:
        return decided(DONE)

    async def main() -> None:
        runner = Runner(agent_of(store, model), patient=True)
        with full():
            runner.start(thread_id)
            await asyncio.sleep(0.2)
            await asyncio.wait_for(runner.shut_down(), 3)

    asyncio.run(main())
    assert types(read(store, thread_id)) == ["user_input"]


def test_over_http_it_is_507_and_nothing_is_stored() -> None:
    """And what is sent again when there is room is done once."""
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        call = {"call_id": thread["awaiting"]["call_id"], "approved": True}
        approvals = f"{THREADS}/{thread['id']}/approvals"
        key = {"Idempotency-Key": "once"}
        with full():
            assert problem(client.post(approvals, json=call)) == 507
            assert problem(client.post(THREADS, json=told(), headers=key)) == 507
            assert problem(client.post(f"{THREADS}/{thread['id']}/stop")) == 507
            assert client.get(f"{THREADS}/{thread['id']}").json() == thread
            assert len(client.get(THREADS).json()["threads"]) == 1
        assert client.post(approvals, json=call).status_code == 202
        assert client.post(THREADS, json=told(), headers=key).status_code == 202
        assert len(client.get(THREADS).json()["threads"]) == 2


def test_over_http_a_store_that_is_gone_is_503() -> None:
    with serving() as client:
        thread = launch(client)
        with gone(FileSystemThreadStore(Path(".threads"))):
            assert problem(client.post(THREADS, json=told())) == 503
        assert client.get(f"{THREADS}/{thread['id']}").json() == thread


@pytest.mark.slow
def test_a_real_server_on_a_full_disk() -> None:
    """Its log has no room either. When there is some, it goes on by itself, with nobody's help."""
    with shell_with() as shell, shell.serving() as server:
        client = server.client
        waits = {"Prefer": "wait=20"}
        thread = client.post(THREADS, json=told(APPROVAL_STEP), headers=waits).json()
        call = {"call_id": thread["awaiting"]["call_id"], "approved": True}
        path = f"{THREADS}/{thread['id']}"
        with full(process=server.process.pid):
            assert client.post(f"{path}/approvals", json=call).status_code == 507
            assert client.post(THREADS, json=told(SAFE_STEP)).status_code == 507
            assert client.get("/healthz").status_code == 200
            assert client.get(path).json() == thread
        stored = Path(".threads")
        assert len(list(stored.glob("*.json"))) == 1
        assert not [each for each in stored.iterdir() if each.is_file() and each.name[0] == "."]
        assert client.post(f"{path}/approvals", json=call).status_code == 202
        ended = client.post(THREADS, json=told(SAFE_STEP), headers=waits).json()
        assert ended["status"] == "done"
        server.kill()
        kept = json.loads((stored / f"{thread['id']}.json").read_text())
        assert [each["type"] for each in kept["events"]].count("human_response") == 1
        assert effects() <= 1
