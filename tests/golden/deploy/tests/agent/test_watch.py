"""What holds up the event loop, and with it the whole server, is named in the log."""

import asyncio
import json
import time
from collections.abc import Callable

import pytest

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
            hold_up(0.4)
            await asyncio.sleep(0.2)

    asyncio.run(serve())
    seen = said(capsys)
    assert [line["event"] for line in seen] == ["loop_blocked", "loop_free"]
    assert hold_up.__name__ in seen[0]["at"]
    assert "test_watch.py:" in seen[0]["at"]


def test_one_that_is_not_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    async def serve() -> None:
        with watched(patience=0.3, pause=0.01):
            await asyncio.gather(*(works(0.2) for _ in range(100)))

    asyncio.run(serve())
    assert said(capsys) == []


def test_the_end_of_the_loop_is_the_end_of_the_watch(capsys: pytest.CaptureFixture[str]) -> None:
    async def serve() -> None:
        with watched(patience=0.05, pause=0.01):
            await asyncio.sleep(0.05)

    for _ in range(3):
        asyncio.run(serve())
    time.sleep(0.2)
    assert said(capsys) == []
