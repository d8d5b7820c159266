"""What holds up the event loop, and with it the whole server, is named in the log."""

import asyncio
import ctypes
import json
import time
from collections.abc import Callable

import pytest

from agent import watch
from agent.watch import watched


def blocks(seconds: float) -> None:
    time.sleep(seconds)


async def works(seconds: float) -> None:
    await asyncio.sleep(seconds)


def spins(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.parametrize("hold_up", [blocks, spins])
def test_a_loop_that_is_held_up_is_named_while_it_is(
    hold_up: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    async def serve() -> None:
        with watched(patience=0.1, pause=0.01):
            await asyncio.sleep(0.05)
            hold_up(1.0)
            await asyncio.sleep(0.5)

    asyncio.run(serve())
    seen = said(capsys)  # a busy machine may hold it up as well
    [named] = [line["at"] for line in seen if hold_up.__name__ in line.get("at", "")]
    assert "test_watch.py:" in named
    assert seen[-1]["event"] == "loop_free"


def test_what_holds_up_every_thread_is_told_of_afterwards(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a regular expression does that backtracks, in whatever thread it runs."""
    monkeypatch.setattr(watch, "LATE", 0.2)
    hold_all = ctypes.PyDLL(None).usleep  # in C, with the GIL

    async def serve() -> None:
        with watched(patience=0.1, pause=0.3):
            await asyncio.sleep(0.1)  # between the first question and the second
            await asyncio.to_thread(hold_all, 700_000)
            await asyncio.sleep(0.4)

    asyncio.run(serve())
    told = ("process_blocked", "loop_free")  # it may have been asking just then
    assert any(line["event"] in told and float(line["seconds"]) >= 0.3 for line in said(capsys))


def test_one_that_is_not_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    async def serve() -> None:
        with watched(patience=1.0, pause=0.01):
            await asyncio.gather(*(works(1.5) for _ in range(100)))

    asyncio.run(serve())
    assert said(capsys) == []


def test_the_end_of_the_loop_is_the_end_of_the_watch(capsys: pytest.CaptureFixture[str]) -> None:
    async def serve() -> None:
        with watched(patience=0.5, pause=0.01):
            await asyncio.sleep(0.05)

    for _ in range(3):
        asyncio.run(serve())
    time.sleep(0.6)
    assert said(capsys) == []
