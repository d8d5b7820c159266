"""Much of anything holds up nobody else: caches, listings, large threads, slow callers."""

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import uvicorn

from agent.aside import LARGE, aside
from agent.cache import Cache
from agent.model import asking, next_step
from agent.server import limits
from agent.store import summaries
from agent.store.filesystem import FileSystemThreadStore
from agent.store.thread_file import load
from agent.views import Summary

from .scripted import DONE, NOON, QUESTION, answer, decided, said, thread_of
from .serving import THREADS, app_of, serving
from .stores import created, listed, read


def test_a_cache_keeps_what_was_used_last_and_no_more_bytes_than_it_has_room_for() -> None:
    cache: Cache[str, str] = Cache(10)
    for name in "abc":
        cache.keep(name, name.upper(), 4)
    assert [cache.get(name) for name in "abc"] == [None, "B", "C"]
    assert cache.get("b") == "B"
    cache.keep("d", "D", 4)  # c has not been used for longer
    assert [cache.get(name) for name in "bcd"] == ["B", None, "D"]
    cache.keep("b", "b", 9)  # in place of itself
    assert [cache.get(name) for name in "bd"] == ["b", None]
    assert cache.keep("huge", "H", 11) == "H"
    assert (cache.get("huge"), cache.get("b"), cache.used) == (None, "b", 9)
    cache.keep("b", "huge", 11)  # what it was is no longer true
    assert (cache.get("b"), cache.used) == (None, 0)


def test_threads_by_the_hundred_are_read_again_only_where_they_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileSystemThreadStore(tmp_path)
    ids = [created(store, thread_of(said(str(n)))) for n in range(300)]
    other = FileSystemThreadStore(tmp_path)
    assert len(listed(other)) == 300
    reads: list[str] = []

    def counted(thread_id: str, path: Path) -> object:
        reads.append(thread_id)
        return load(thread_id, path)

    monkeypatch.setattr(summaries, "load", counted)
    asyncio.run(store.update(ids[7], lambda kept: kept.append(decided(DONE), at=NOON)))
    late = created(store, thread_of(said("late")))
    (tmp_path / f"{ids[8]}.json").unlink()
    reads.clear()
    found = asyncio.run(other.find())
    assert sorted(reads) == sorted([ids[7], late])
    assert {each.id for each in found} == {*ids, late} - {ids[8]}
    assert [each.id for each in found if each.status == "done"] == [ids[7]]
    assert asyncio.run(other.find(limit=2)) == found[:2]


def test_of_few_threads_that_are_long_each_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileSystemThreadStore(tmp_path)
    long = [created(store, thread_of(said("x" * (summaries.MUCH // 4)))) for _ in range(5)]
    assert len(listed(store)) == len(long)
    monkeypatch.setattr(summaries, "load", None)
    assert len(listed(FileSystemThreadStore(tmp_path))) == len(long)


def test_a_new_process_reads_only_what_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written down is as good as the files, and counts no longer than they are as they
    were, and the code; what is no such file counts for nothing.
    """
    store = FileSystemThreadStore(tmp_path)
    ids = [created(store, thread_of(said(str(n)), decided(QUESTION))) for n in range(120)]
    found = asyncio.run(store.find())
    reads: list[str] = []

    def counted(thread_id: str, path: Path) -> object:
        reads.append(thread_id)
        return load(thread_id, path)

    monkeypatch.setattr(summaries, "load", counted)

    def fresh() -> list[Summary]:
        reads.clear()
        return asyncio.run(FileSystemThreadStore(tmp_path).find())

    assert fresh() == found
    assert reads == []
    asyncio.run(store.update(ids[7], lambda kept: kept.append(answer(), at=NOON)))
    (tmp_path / f"{ids[8]}.json").unlink()
    asyncio.run(store.create(thread_of(said("again")), ids[8]))
    assert {each.id: each.status for each in fresh()}[ids[7]] == "running"
    assert sorted(reads) == sorted([ids[7], ids[8]])
    with monkeypatch.context() as patch:
        patch.setattr(summaries, "derived_with", lambda: "other code")
        fresh()
    assert len(reads) == len(ids)
    written = tmp_path / ".summaries"
    for content in (b"", b"\xff\n[]", summaries.derived_with().encode() + b"\n[[]]"):
        written.write_bytes(content)
        assert len(fresh()) == len(reads) == len(ids)
    written.unlink()
    os.mkfifo(written)  # whoever opened it would wait
    assert len(fresh()) == len(reads) == len(ids)
    written.unlink()
    written.mkdir()
    assert len(fresh()) == len(reads) == len(ids)


def test_a_few_threads_are_not_written_down(tmp_path: Path) -> None:
    for n in range(5):
        created(FileSystemThreadStore(tmp_path), thread_of(said(str(n))))
    assert len(listed(FileSystemThreadStore(tmp_path))) == 5
    assert not (tmp_path / ".summaries").exists()


def test_a_listing_holds_up_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileSystemThreadStore(tmp_path)
    thread_id = created(store)
    begun, released = threading.Event(), threading.Event()

    def slow(folder: object) -> list[str]:
        begun.set()
        released.wait(20)
        return []

    monkeypatch.setattr(summaries, "names_in", slow)

    async def meanwhile() -> None:
        listings = [asyncio.create_task(store.find()) for _ in range(20)]
        assert await asyncio.to_thread(begun.wait, 10)
        await asyncio.wait_for(store.get(thread_id), 10)
        await asyncio.wait_for(store.create(thread_of(said())), 10)
        released.set()
        await asyncio.gather(*listings)

    asyncio.run(meanwhile())


def test_memory_does_not_grow_with_what_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileSystemThreadStore(tmp_path)
    monkeypatch.setattr(store._threads, "room", 1_000_000)
    for _ in range(10):
        read(store, created(store, thread_of(said("x" * 100_000))))
    assert 0 < store._threads.used <= 1_000_000


def test_what_is_large_leaves_the_event_loop_and_what_is_small_does_not() -> None:
    async def where(size: int) -> int:
        return await aside(size, threading.get_ident)

    here = threading.get_ident()
    assert asyncio.run(where(LARGE)) == here
    assert asyncio.run(where(LARGE + 1)) != here


def test_a_large_thread_is_rendered_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[int] = set()
    for module, name in ((next_step, "rendered"), (asking, "ask_offline")):
        work = getattr(module, name)

        def watched(*arguments: object, work: object = work) -> object:
            seen.add(threading.get_ident())
            assert callable(work)
            return work(*arguments)

        monkeypatch.setattr(module, name, watched)
    thread = thread_of(said("hello " * LARGE))
    asyncio.run(next_step.determine_next_step(thread, "offline", "xml"))
    assert seen
    assert threading.get_ident() not in seen


def test_a_large_thread_is_answered_whole() -> None:
    text = "\u00e9" * 90_000
    with serving() as client:
        thread = client.post(THREADS, json={"message": text}).json()
        assert thread["events"][0]["data"] == text


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Of a real server, that has less patience than ours."""
    monkeypatch.setattr(limits, "HEADER_SECONDS", 1.0)
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.5)
    free = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app_of(), log_level="error", http=limits.Punctual)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([free],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield free.getsockname()[1]
    server.should_exit = True
    thread.join()


def whole(connection: socket.socket) -> bytes:
    """The answer to the end of its body, which may come in parts."""
    answer = b""
    while not answer.endswith(b"}"):
        more = connection.recv(1000)
        assert more, "it was closed"
        answer += more
    return answer


HEAD = b"POST /api/v1/threads HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /healthz HTTP/1.1\r\n",
        b"GET /api/v1/threads/\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: elsewhere\r\n",
        HEAD + b"Content-Length: abc\r\n",
        HEAD + b"X: \0\r\n",
    ],
)
def test_what_is_no_http_is_told_as_every_other_error(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent + b"\r\n")
        head, _, body = whole(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"\r\ncontent-type: application/problem+json" in head.lower()
    assert json.loads(body).keys() == {"type", "title", "status", "detail"}


@pytest.mark.slow
@pytest.mark.parametrize("begun", [b"GET /healthz HT", HEAD])
@pytest.mark.parametrize("before", [b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"])
def test_headers_that_never_end_end_the_connection(port: int, before: bytes, begun: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(before)
        if before:
            assert whole(connection).startswith(b"HTTP/1.1 200 ")
        connection.sendall(begun)
        assert connection.recv(1000) == b""


@pytest.mark.slow
def test_who_says_nothing_is_not_waited_for(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        assert connection.recv(1000) == b""


@pytest.mark.slow
def test_a_byte_now_and_then_wins_no_time(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=0.1) as connection:
        for _ in range(100):
            connection.sendall(b"a")
            with suppress(TimeoutError, ConnectionError):
                if connection.recv(1000) == b"":
                    return
    pytest.fail("it went on for ten seconds")


@pytest.mark.parametrize("length", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
def test_a_body_that_never_ends_is_answered(port: int, length: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(HEAD + length + b"\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")


@pytest.mark.slow
@pytest.mark.parametrize("host", [b"localhost", b"elsewhere"])  # which is refused at once
def test_nor_does_a_body_go_on_behind_its_answer(port: int, host: bytes) -> None:
    head = HEAD.replace(b"localhost", host) + b"Transfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=0.1) as connection:
        connection.sendall(head)
        answer = b""
        for _ in range(100):
            with suppress(TimeoutError):
                try:
                    connection.sendall(b"1\r\n \r\n")
                    if not (more := connection.recv(1000)):
                        break
                    answer += more
                except ConnectionError:
                    break
        else:
            pytest.fail("it went on for ten seconds")
    assert answer.startswith(b"HTTP/1.1 4")


@pytest.mark.slow
def test_who_ends_a_body_behind_its_answer_has_all_the_time_again(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HEADER_SECONDS", 3.0)
    head = HEAD.replace(b"localhost", b"elsewhere") + b"Content-Length: 2\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head)
        assert whole(connection).startswith(b"HTTP/1.1 4")
        time.sleep(2)
        connection.sendall(b"{}")
        time.sleep(2)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert whole(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.slow
def test_whoever_is_in_time_is_served_on_one_connection(port: int) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for _ in range(4):
            time.sleep(0.3)
            connection.sendall(request[:20])
            time.sleep(0.1)
            connection.sendall(request[20:])
            assert whole(connection).startswith(b"HTTP/1.1 200 ")


def test_a_thread_that_is_too_large_asks_a_human_and_no_more() -> None:
    with serving(max_thread_size=1000) as client:
        message = {"message": "x" * 2000}
        thread = client.post(THREADS, json=message, headers={"Prefer": "wait=10"}).json()
        assert thread["awaiting"]["reason"] == "size"
        assert "AGENT_MAX_THREAD_SIZE" in thread["awaiting"]["question"]
        said = {"call_id": thread["awaiting"]["call_id"], "response": "go on"}
        place = f"{THREADS}/{thread['id']}"
        assert client.post(f"{place}/responses", json=said).status_code == 202
        after = client.get(place).json()
        kinds = [event["type"] for event in after["events"]]
        assert kinds[1:3] == ["human_request", "human_response"]
        assert set(kinds[3:]) <= {"human_request"}
        assert client.post(f"{place}/stop").status_code == 202
