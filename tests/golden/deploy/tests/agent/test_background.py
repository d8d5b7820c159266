"""What a channel lets run beside the server: from its start to its end, whatever it raises."""

import asyncio

import pytest

from agent.runner import Runner
from agent.store.filesystem import FileSystemThreadStore

from .scripted import agent_of, model_that_says


@pytest.mark.parametrize(
    "fault",
    [OSError("gone"), SystemExit(2), KeyboardInterrupt(), asyncio.CancelledError()],
)
def test_it_is_begun_again_when_it_fails_and_ends_with_the_runner(
    fault: BaseException, store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.runner.AGAIN", 0.01)
    begun: list[Runner] = []
    third, ended = asyncio.Event(), asyncio.Event()

    async def work(runner: Runner) -> None:
        begun.append(runner)
        if len(begun) < 3:
            raise fault
        third.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def running() -> None:
        runner = Runner(agent_of(store, model_that_says()), background=[work])
        await runner.start_unfinished()
        async with asyncio.timeout(10):
            await third.wait()
            await runner.shut_down()
        assert begun == [runner] * 3
        assert ended.is_set()

    asyncio.run(running())


def test_what_has_nothing_to_do_is_not_begun_again(store: FileSystemThreadStore) -> None:
    begun: list[Runner] = []

    async def work(runner: Runner) -> None:
        begun.append(runner)

    async def running() -> None:
        runner = Runner(agent_of(store, model_that_says()), background=[work])
        for _ in range(2):
            await runner.start_unfinished()
            await asyncio.sleep(0.05)
        await runner.shut_down()

    asyncio.run(running())
    assert len(begun) == 1
