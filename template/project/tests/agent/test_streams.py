"""A thread as server-sent events: each event once, in order, as it happens, and an end."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx2
import pytest

from agent.events import AnyEvent
from agent.server import streams
from agent.server.streams import Streams
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread

from ..yours.samples import APPROVAL_STEP
from .commands import shell_with
from .scripted import DONE, NOON, QUESTION, answer, decided, said, stopped, thread_of, unasked
from .serving import THREADS, launch, problem, serving, told


def messages(text: str) -> list[tuple[int, dict[str, Any]]]:
    """The id and the event of each message; whatever else there is, is a comment or `retry`."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.split("\n") if line[:1] not in ("", ":")
        )
        if "data" in fields:
            found.append((int(fields["id"]), json.loads(fields["data"])))
            assert fields.keys() == {"id", "data"}
    return found


def test_a_thread_that_has_ended_is_told_whole_and_then_the_stream_ends() -> None:
    with serving() as client:
        thread = launch(client, DONE)
        answer = client.get(f"{THREADS}/{thread['id']}/events")
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert "no-store" in answer.headers["Cache-Control"]
        assert messages(answer.text) == list(enumerate(thread["events"]))


@pytest.mark.parametrize("seen", [-1, 0, 1, 5])
def test_whoever_comes_back_is_told_what_they_have_not_seen(seen: int) -> None:
    """Where that is nothing, and no more will come, a browser is told not to ask again."""
    with serving() as client:
        thread = launch(client, DONE)
        place = f"{THREADS}/{thread['id']}/events"
        for answer in (
            client.get(place, headers={"Last-Event-ID": str(seen)}),
            client.get(place, params={"after": seen}),
            client.get(place, params={"after": -1}, headers={"Last-Event-ID": str(seen)}),
        ):
            assert answer.status_code == (200 if seen < 1 else 204)
            assert messages(answer.text) == list(enumerate(thread["events"]))[seen + 1 :]


def test_what_is_still_to_come_has_been_seen_by_nobody(store: FileSystemThreadStore) -> None:
    """Whoever names a place behind the end, perhaps another thread's, is told all that happens."""
    thread_id = asyncio.run(store.create(thread_of(said(), decided(QUESTION))))
    with serving() as client, ThreadPoolExecutor() as beside:
        place = f"{THREADS}/{thread_id}"
        follow = partial(client.get, f"{place}/events", headers={"Last-Event-ID": "50"})
        following = beside.submit(follow)
        time.sleep(0.3)
        client.post(f"{place}/responses", json={"call_id": "1", "response": "red"})
        events = client.get(place, headers={}).json()["events"]
        assert messages(following.result(timeout=20).text)[0] == (2, events[2])


@pytest.mark.parametrize("wrong", ["x", "-2", "1.5", ""])
def test_what_is_no_place_in_a_thread_is_refused(wrong: str) -> None:
    with serving() as client:
        thread = launch(client, DONE)
        place = f"{THREADS}/{thread['id']}/events"
        assert problem(client.get(place, headers={"Last-Event-ID": wrong})) == 422
        assert problem(client.get(place, params={"after": wrong})) == 422
        assert problem(client.get(f"{THREADS}/x/events")) == 404


async def happens(store: FileSystemThreadStore, thread_id: str, event: AnyEvent) -> Thread:
    return await store.update(thread_id, lambda thread: thread.append(event, at=NOON))


async def next_of(stream: AsyncIterator[bytes]) -> tuple[int, dict[str, Any]]:
    async for block in stream:
        for message in messages(block.decode()):
            return message
    raise AssertionError("it has ended")


@pytest.mark.parametrize("told_here", [True, False])
def test_an_event_is_told_when_it_happens_whoever_wrote_it(
    store: FileSystemThreadStore, told_here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LOOK", 8 if told_here else 0.3)

    async def run() -> None:
        thread_id = await store.create(thread_of(said(), decided(QUESTION)))
        following, begun = Streams(), time.monotonic()
        stream = following.follow(thread_id, store, -1)
        assert [(await next_of(stream))[0] for _ in range(2)] == [0, 1]
        waiting = asyncio.create_task(next_of(stream))
        await asyncio.sleep(0.05)
        for event in (answer(), decided(DONE, "2")):
            thread = await happens(store, thread_id, event)
            if told_here:
                following.tell(thread_id, thread.events[-1])
        assert (await waiting)[0] == 2
        assert (await next_of(stream))[0] == 3
        assert [block async for block in stream] == []
        assert (time.monotonic() - begun < streams.LOOK) == told_here
        assert not following._followers

    asyncio.run(run())


@pytest.mark.parametrize("end", [stopped(), unasked()])
def test_it_ends_with_the_thread(store: FileSystemThreadStore, end: Any) -> None:
    async def run() -> None:
        thread_id = await store.create(thread_of(said(), end))
        blocks = [block async for block in Streams().follow(thread_id, store, -1)]
        assert len(messages(b"".join(blocks).decode())) == 2

    asyncio.run(run())


def test_a_shutdown_ends_it_at_once_and_a_thread_that_is_gone_too(
    store: FileSystemThreadStore,
) -> None:
    async def run() -> None:
        thread_id = await store.create(thread_of(said(), decided(QUESTION)))
        following = Streams()
        stream = following.follow(thread_id, store, 1)
        await anext(stream)
        rest = asyncio.create_task(anext(stream, None))
        await asyncio.sleep(0.01)
        following.close()
        assert await asyncio.wait_for(rest, 0.5) is None
        nobody = [each async for each in Streams().follow("x", store, -1)]
        assert messages(b"".join(nobody).decode()) == []

    asyncio.run(run())


def test_while_nothing_happens_a_comment_says_that_it_stands(
    store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LOOK", 0.01)
    monkeypatch.setattr(streams, "QUIET", 0.05)

    async def run() -> None:
        thread_id = await store.create(thread_of(said(), decided(QUESTION)))
        stream = Streams().follow(thread_id, store, 1)
        await anext(stream)
        assert (await anext(stream)).startswith(b": ")

    asyncio.run(run())


@pytest.mark.slow
def test_on_a_real_server_two_hundred_follow_and_a_stop_waits_for_none() -> None:
    with shell_with() as shell, shell.serving() as server:
        wait = {"Prefer": "wait=20"}
        ids = [
            server.client.post(THREADS, json=told(APPROVAL_STEP), headers=wait).json()["id"]
            for _ in range(20)
        ]
        url = str(server.client.base_url)
        received = asyncio.run(followed(url, [f"{THREADS}/{each}/events" for each in ids * 10]))
        assert received == 200
        begun = time.monotonic()
        server.process.terminate()
        server.process.wait(timeout=15)
        assert time.monotonic() - begun < 3


async def followed(url: str, places: list[str]) -> int:
    """How many of these, all open at once, tell what waits; then others are answered as ever."""
    limits, all_told, told = httpx2.Limits(max_connections=None), asyncio.Event(), []
    async with httpx2.AsyncClient(base_url=url, timeout=20, limits=limits) as client:

        async def until_it_waits(place: str) -> bool:
            async with client.stream("GET", place) as answer:
                async for line in answer.aiter_lines():
                    if '"tool_call"' in line:
                        told.append(place)
                        if len(told) == len(places):
                            all_told.set()
                        await all_told.wait()
                        return (await client.get("/healthz", timeout=5)).status_code == 200
            return False

        return sum(await asyncio.gather(*map(until_it_waits, places)))
