"""A tool can do anything: it comes out as one event, and whoever ran it goes on."""

import argparse
import asyncio
import sys
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from itertools import repeat
from math import inf
from typing import Any, NoReturn

import pytest

from agent.boundary import LEFT_OUT, MAX_FACTS
from agent.errors import format_error
from agent.events import AnyEvent, Error, ModelFailed, Prefetched, ToolResponse
from agent.runner import Runner, advance
from agent.steps import ToolStep
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread
from agent.tools import parse_tool
from agent.workers import THREADS, run_apart

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import (
    DONE,
    agent_of,
    begin,
    decided,
    go_on,
    loaded,
    model_that_says,
    said,
    types,
    yes,
)

# What is called and never awaited is closed. What other tests left open is not meant.
NEVER_AWAITED = ("error::RuntimeWarning", "error::pytest.PytestUnraisableExceptionWarning")


class Mute(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


class Odd(Exception):
    def __str__(self) -> Any:
        return 7


async def raising(error: BaseException) -> NoReturn:
    raise error


async def in_a_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(raising(KeyError("colour")))
        group.create_task(raising(OSError("no printer")))


async def in_a_task_of_its_own() -> None:
    await asyncio.gather(raising(SystemExit(2)), asyncio.sleep(60))


async def cancels_itself() -> None:
    task = asyncio.current_task()
    assert task
    task.cancel()
    await asyncio.sleep(60)


async def stops_its_loop() -> None:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(60)


async def exits_from_a_callback() -> None:
    asyncio.get_running_loop().call_soon(sys.exit, "bye")
    await asyncio.sleep(60)


async def parses_arguments() -> None:
    argparse.ArgumentParser().parse_args(["--no-such-option"])


async def forgets_to_wait() -> Any:
    return asyncio.sleep(0)


GROUP = BaseExceptionGroup("two", [KeyError("a"), BaseExceptionGroup("in", [SystemExit("b")])])
RAISES: dict[str, tuple[Callable[[], Any], str]] = {
    "an exception": (lambda: raising(ValueError("no such\nthing")), "no such thing"),
    "SystemExit": (lambda: raising(SystemExit(1)), "SystemExit: 1"),
    "argparse": (parses_arguments, "SystemExit: 2"),
    "in a thread": (lambda: asyncio.to_thread(sys.exit, "gone"), "SystemExit: gone"),
    "in a task": (in_a_task_of_its_own, "SystemExit: 2"),
    "in a callback": (exits_from_a_callback, "SystemExit: bye"),
    "Ctrl-C": (lambda: raising(KeyboardInterrupt()), "KeyboardInterrupt"),
    "CancelledError": (lambda: raising(asyncio.CancelledError()), "CancelledError"),
    "itself": (cancels_itself, "CancelledError"),
    "GeneratorExit": (lambda: raising(GeneratorExit()), "GeneratorExit"),
    "StopIteration": (lambda: raising(StopIteration(1)), "RuntimeError"),
    "StopAsyncIteration": (lambda: raising(StopAsyncIteration(1)), "StopAsyncIteration: 1"),
    "an error of its own": (lambda: raising(type("Odd", (BaseException,), {})()), "Odd"),
    "no words": (lambda: raising(Mute()), "Mute"),
    "words that are none": (lambda: raising(Odd()), "Odd"),
    "a group": (in_a_group, "KeyError: 'colour'; OSError: no printer"),
    "groups": (lambda: raising(GROUP), "two: KeyError: 'a'; SystemExit: b"),
    "its loop": (stops_its_loop, "RuntimeError: Event loop stopped"),
    "TimeoutError": (lambda: raising(TimeoutError("the bank")), "TimeoutError: the bank"),
    "no await": (forgets_to_wait, "must be awaited"),
    "too deep": (lambda: raising(RecursionError("too deep")), "RecursionError: too deep"),
}


@pytest.mark.filterwarnings(*NEVER_AWAITED)
@pytest.mark.parametrize(("does", "message"), RAISES.values(), ids=RAISES)
@pytest.mark.parametrize("step", [SAFE_STEP, APPROVAL_STEP], ids=["safe", "approved"])
def test_what_a_tool_raises_is_one_error(
    step: dict[str, Any], does: Any, message: str, store: FileSystemThreadStore
) -> None:
    """It bears the call's id, is one line, says the cause, and the model is asked what now."""

    async def tool(step: object, call_id: str) -> Any:
        return await does()

    agent = agent_of(store, model_that_says(step, DONE), handle_next_step=tool)
    thread_id, thread = begin(agent, said())
    if thread.awaiting:
        thread = go_on(agent, thread_id, yes("call-1"))
    [failed] = [event for event in thread.events if isinstance(event, Error)]
    assert failed.call_id == "call-1"
    assert message in failed.data["message"]
    assert len(failed.data["message"].splitlines()) == 1
    assert thread.status == "done"


@pytest.mark.filterwarnings(*NEVER_AWAITED)
@pytest.mark.parametrize("does", [does for does, _ in RAISES.values()], ids=RAISES)
def test_so_it_is_for_what_is_fetched_first(does: Any, store: FileSystemThreadStore) -> None:
    async def prefetch(thread: Thread) -> Any:
        return await does()

    _, thread = begin(agent_of(store, model_that_says(DONE), prefetch=prefetch), said())
    assert types(thread) == ["user_input", "error", "tool_call"]


@pytest.mark.parametrize("fetched", [None, 7, {"a": 1}, [said()], [decided(DONE)], [{}], ["a"]])
def test_what_is_fetched_is_facts_or_an_error(fetched: Any, store: FileSystemThreadStore) -> None:
    async def prefetch(thread: Thread) -> Any:
        return fetched

    _, thread = begin(agent_of(store, model_that_says(DONE), prefetch=prefetch), said())
    assert types(thread) == ["user_input", "error", "tool_call"]


def fact(size: int) -> Prefetched:
    return Prefetched(type="looked_up", data={"text": "x" * size})


@pytest.mark.parametrize(
    "facts",
    [
        lambda: [fact(1)] * 100_000,
        lambda: repeat(fact(1)),
        lambda: (fact(1_000) for _ in range(100_000)),
        lambda: [fact(1_000_000)] * 3,
        lambda: [fact(40_000)] * 50,
    ],
)
def test_what_is_fetched_is_bounded_and_that_is_said(
    facts: Callable[[], Any], store: FileSystemThreadStore
) -> None:
    """In number and in all, however it is given."""

    async def prefetch(thread: Thread) -> Any:
        return facts()

    _, thread = begin(agent_of(store, model_that_says(DONE), prefetch=prefetch), said())
    *_, last, call = thread.events
    assert (last.type, call.type) == (LEFT_OUT, "tool_call")
    assert len(thread.events) <= MAX_FACTS + 3
    assert thread.size < 60_000
    assert loaded(thread) == thread


def test_what_is_little_is_all_there(store: FileSystemThreadStore) -> None:
    async def prefetch(thread: Thread) -> Any:
        return [fact(100)] * MAX_FACTS

    _, thread = begin(agent_of(store, model_that_says(DONE), prefetch=prefetch), said())
    assert types(thread) == ["user_input", *["looked_up"] * MAX_FACTS, "tool_call"]


def failure(event: AnyEvent) -> str:
    assert isinstance(event, Error | ModelFailed)
    return event.data["message"]


MODEL_RAISES = [ValueError("odd"), SystemExit(1), asyncio.CancelledError(), Mute(), GROUP]
MODEL_RAISES += [KeyboardInterrupt(), GeneratorExit()]


@pytest.mark.parametrize("fault", MODEL_RAISES, ids=lambda fault: type(fault).__name__)
def test_whatever_asking_the_model_raises_it_was_not_asked(
    fault: BaseException, store: FileSystemThreadStore
) -> None:
    async def model(thread: Thread) -> AnyEvent:
        raise fault

    _, thread = begin(agent_of(store, model), said())
    assert types(thread) == ["user_input", "model_failed"]
    assert failure(thread.events[1]) == format_error(fault)


async def hangs() -> None:
    await asyncio.sleep(60)


async def blocks() -> None:
    time.sleep(5)  # noqa: ASYNC251


async def hangs_in_a_thread() -> None:
    await asyncio.to_thread(time.sleep, 5)


async def is_deaf() -> None:
    for _ in range(50):
        try:
            await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            continue


ENDLESS = [hangs, blocks, hangs_in_a_thread, is_deaf]


@pytest.mark.parametrize("does", ENDLESS)
def test_a_tool_has_its_time(does: Any, store: FileSystemThreadStore) -> None:
    async def tool(step: object, call_id: str) -> Any:
        return await does()

    model = model_that_says(SAFE_STEP, DONE)
    begun = time.monotonic()
    _, thread = begin(agent_of(store, model, handle_next_step=tool, tool_timeout=0.1), said())
    assert time.monotonic() - begun < 3
    assert types(thread) == ["user_input", "tool_call", "error", "tool_call"]
    assert "longer than 0.1 seconds, and may still take effect" in failure(thread.events[2])


def test_an_approved_call_that_is_out_of_time_is_in_doubt(store: FileSystemThreadStore) -> None:
    """The model does not try again what may still take effect: a human says."""
    calls = []

    async def tool(step: object, call_id: str) -> str:
        calls.append(call_id)
        await asyncio.sleep(60 if len(calls) == 1 else 0)
        return "paid"

    model = model_that_says(APPROVAL_STEP, DONE)
    agent = agent_of(store, model, handle_next_step=tool, tool_timeout=0.1)
    thread_id, _ = begin(agent, said())
    thread = go_on(agent, thread_id, yes("call-1"))
    assert types(thread)[-2:] == ["tool_started", "human_request"]
    assert thread.awaiting
    assert thread.awaiting.reason == "in_doubt"
    assert thread.status == "awaiting_human_approval"
    thread = go_on(agent, thread_id, yes(thread.awaiting.call_id))
    assert (thread.status, calls) == ("done", ["call-1", "call-1"])


def test_a_tool_can_have_a_limit_of_its_own(
    store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the setting or below it."""

    async def tool(step: object, call_id: str) -> int:
        await asyncio.sleep(0.5)
        return 7

    for own, setting, ends in (
        (0.1, 30, "error"),
        (30, 0.1, "tool_response"),
        (inf, 0.1, "tool_response"),
    ):
        monkeypatch.setattr(ToolStep, "time_limit", own)
        model = model_that_says(SAFE_STEP, DONE)
        agent = agent_of(store, model, handle_next_step=tool, tool_timeout=setting)
        _, thread = begin(agent, said())
        assert types(thread)[2] == ends


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_tools_that_hang_starve_nobody(store: FileSystemThreadStore) -> None:
    """Neither others' tools nor the loop; and what hung is not waited for at the end."""
    stuck = threading.Event()
    done: list[str] = []

    async def tool(step: Any, call_id: str) -> Any:
        if len(done) < 60:
            done.append(call_id)
            await asyncio.to_thread(stuck.wait, 30)
        return 7

    async def many() -> Thread:
        agent = agent_of(store, model_of_its_own, handle_next_step=tool)
        runner = Runner(agent)
        for _ in range(60):
            await runner.launch(said())
        await until(lambda: len(done) == 60)
        thread_id = await agent.begin(said())
        return await asyncio.wait_for(advance(thread_id, agent), 5)

    async def model_of_its_own(thread: Thread) -> AnyEvent:
        return decided(DONE if thread.calls else SAFE_STEP, f"call-{len(thread.events)}")

    begun = time.monotonic()
    try:
        assert asyncio.run(many()).status == "done"
        assert time.monotonic() - begun < 15
    finally:
        stuck.set()


def test_a_loop_that_ends_leaves_its_threads_to_the_others() -> None:
    async def work() -> int:
        return await asyncio.to_thread(int, 7)

    async def leaving() -> int:
        found = await work()
        await asyncio.get_running_loop().shutdown_default_executor()
        return found

    async def main() -> list[int]:
        return [await run_apart(each) for each in (work, leaving, work)]

    assert asyncio.run(main()) == [7, 7, 7]
    assert THREADS._work_queue.empty()  # where an executor that is shut down notes it


def test_a_shutdown_does_not_wait_for_a_tool_that_hangs(
    store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is no error of the tool's: the thread goes on when it is taken up again."""
    monkeypatch.setattr("agent.runner.GRACE", 0.1)

    async def main() -> Thread:
        async def tool(step: object, call_id: str) -> None:
            called.set()
            await is_deaf()

        called = threading.Event()
        runner = Runner(agent_of(store, model_that_says(SAFE_STEP), handle_next_step=tool))
        thread_id = await runner.launch(said())
        await until(called.is_set)
        await asyncio.wait_for(runner.shut_down(), 2)
        return await store.get(thread_id)

    assert types(asyncio.run(main())) == ["user_input", "tool_call"]


def test_the_context_of_whoever_calls_is_the_tool_s() -> None:
    tenant: ContextVar[str] = ContextVar("tenant")

    async def main() -> str:
        async def work() -> str:
            return tenant.get()

        tenant.set("acme")
        return await run_apart(work)

    assert asyncio.run(main()) == "acme"


def test_what_a_call_leaves_running_ends_with_it() -> None:
    """And keeps nobody: each call has a loop of its own."""
    ended = threading.Event()

    async def left() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def work() -> None:
        work.kept = asyncio.create_task(left())  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    asyncio.run(run_apart(work))
    assert ended.wait(5)


@pytest.mark.parametrize(
    "begins",
    [
        lambda: asyncio.get_running_loop().run_in_executor(None, lambda: 7),
        lambda: asyncio.create_task(asyncio.sleep(0.01, 7)),
    ],
)
def test_what_has_begun_is_waited_for_and_is_no_error(
    begins: Any, store: FileSystemThreadStore
) -> None:
    async def tool(step: object, call_id: str) -> Any:
        return begins()

    _, thread = begin(
        agent_of(store, model_that_says(SAFE_STEP, DONE), handle_next_step=tool), said()
    )
    [result] = [event for event in thread.events if isinstance(event, ToolResponse)]
    assert result.data == 7


def test_nobody_s_code_changes_what_was_decided(
    store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a validator nor a tool: what is shown, runs and is stored is what the model said."""

    def parse(data: dict[str, Any]) -> Any:
        step = parse_tool(data)
        data["changed"] = True
        return step

    for module in ("boundary.parse_tool", "decisions.parse_next_step"):
        monkeypatch.setattr(f"agent.{module}", parse)
    agent = agent_of(store, model_that_says(APPROVAL_STEP, DONE))
    thread_id, asked = begin(agent, said())
    assert asked.awaiting
    assert "changed" not in asked.awaiting.arguments
    thread = go_on(agent, thread_id, yes("call-1"))
    again = asyncio.run(FileSystemThreadStore(store.root).get(thread_id))
    for each in (thread, again):
        assert each.calls[0].data == APPROVAL_STEP


@pytest.mark.parametrize("decided", [None, 7, SAFE_STEP, said()])
def test_what_is_no_decision_is_a_model_that_failed(
    decided: Any, store: FileSystemThreadStore
) -> None:
    async def model(thread: Thread) -> Any:
        return decided

    _, thread = begin(agent_of(store, model), said())
    assert (thread.status, types(thread)[1:]) == ("failed", ["model_failed"])
