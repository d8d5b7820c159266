"""The owner's code that reads a thread can do anything: one thread does not stop the others."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from math import nan
from typing import Any, NoReturn

import pytest

from agent.events import Error
from agent.model.json_text import NoStep
from agent.model.step import read_step
from agent.runner import Runner
from agent.steps import Ask, ToolStep
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread, WrongArguments
from agent.tools import parse_next_step, parse_tool

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import (
    DONE,
    NOON,
    agent_of,
    begin,
    changed,
    decided,
    go_on,
    loaded,
    model_that_says,
    said,
    thread_of,
    types,
    yes,
    yes_with,
)


class Odd(BaseException):
    def __str__(self) -> str:
        raise KeyboardInterrupt


class Evil(str):
    """A text whose every method is somebody's."""

    def fail(self, *_: object, **__: object) -> Any:
        raise KeyboardInterrupt

    __str__ = __repr__ = __format__ = __eq__ = __hash__ = __len__ = encode = fail


FAULTS = [KeyError("who?"), SystemExit(3), asyncio.CancelledError(), KeyboardInterrupt()]
FAULTS += [GeneratorExit(), RecursionError(), Odd(), BaseExceptionGroup("two", [Odd()])]
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)


def raiser(fault: BaseException) -> Callable[..., NoReturn]:
    def fail(*_: object) -> NoReturn:
        raise fault

    return fail


def failing_for(step: dict[str, Any], fault: BaseException, parse: Any) -> Callable[[Any], Any]:
    """As a validator of this step's class does it."""

    def parsed(data: dict[str, Any]) -> Any:
        if data["intent"] == step["intent"]:
            raise fault
        return parse(data)

    return parsed


def started_anew(store: FileSystemThreadStore, **parts: Any) -> list[tuple[str, Thread]]:
    """Every thread, as another process finds it and takes it up."""
    fresh = FileSystemThreadStore(store.root)

    async def main() -> list[tuple[str, Thread]]:
        runner = Runner(agent_of(fresh, model_that_says(*[DONE] * 9), **parts))
        await runner.start_unfinished()
        found = await fresh.find()
        for each in found:
            await runner.wait(each.id)
        return [(each.id, await fresh.get(each.id)) for each in found]

    return asyncio.run(main())


@each_fault
def test_an_approver_that_fails_is_somebody_who_must_say_yes(
    fault: BaseException, store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread can be read, listed and answered all the same."""
    monkeypatch.setattr("agent.decisions.approver", raiser(fault))
    agent = agent_of(store, model_that_says(SAFE_STEP, DONE))
    thread_id, thread = begin(agent, said())
    assert thread.awaiting
    assert thread.awaiting.approver == "a human"
    assert [thread.status for _, thread in started_anew(store)] == ["awaiting_human_approval"]
    assert go_on(agent, thread_id, yes("call-1")).status == "done"


@pytest.mark.parametrize(
    ("who", "role"),
    [
        (lambda: Evil("the boss"), "the boss"),
        (lambda: "\ud800", "?"),
        (lambda: 7, "a human"),
        (lambda: "", "a human"),
        (lambda: False, "a human"),
        (lambda: b"x", "a human"),
        (lambda: ["a manager"], "a human"),
        (object, "a human"),
        (lambda: Ask(Evil("the boss"), timedelta(1)), "the boss"),
        (lambda: Ask("the boss", 3), "a human"),  # type: ignore[arg-type]
        (lambda: Ask(7), "a human"),  # type: ignore[arg-type]
    ],
)
def test_whoever_it_names_is_a_plain_text(
    who: Callable[[], Any], role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.decisions.approver", lambda tool: who())
    awaiting = loaded(thread_of(said(), decided(SAFE_STEP))).awaiting
    assert awaiting
    assert (awaiting.approver, type(awaiting.approver)) == (role, str)


@each_fault
def test_a_validator_that_fails_ends_one_call(
    fault: BaseException, store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(store.create(thread_of(said(), decided(SAFE_STEP))))
    asyncio.run(store.create(thread_of(said("another"))))
    readers = [("decisions.parse_next_step", parse_next_step), ("boundary.parse_tool", parse_tool)]
    for where, parse in readers:
        monkeypatch.setattr(f"agent.{where}", failing_for(SAFE_STEP, fault, parse))
    threads = [thread for _, thread in started_anew(store)]
    assert sorted(map(types, threads)) == [
        ["user_input", "restarted", "tool_call"],
        ["user_input", "tool_call", "restarted", "error", "tool_call"],
    ]


@each_fault
def test_arguments_of_a_human_that_a_validator_fails_on_are_refused(
    fault: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = thread_of(said(), decided(APPROVAL_STEP))
    monkeypatch.setattr("agent.rules.parse_tool", raiser(fault))
    with pytest.raises(WrongArguments, match="does not take these arguments"):
        thread.append(yes_with(changed(APPROVAL_STEP)), at=NOON)


@each_fault
def test_a_reply_that_a_validator_fails_on_is_no_step(
    fault: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Steps:
        validate_json = staticmethod(raiser(fault))

    monkeypatch.setattr("agent.model.step.all_steps", Steps)
    with pytest.raises(NoStep):
        read_step(SAFE_STEP)


class Raises:
    def __init__(self, fault: BaseException) -> None:
        self.fault = fault

    def __repr__(self) -> str:
        return type(self.fault).__name__

    def __get__(self, *_: object) -> NoReturn:
        raise self.fault


@pytest.mark.parametrize("limit", [*map(Raises, FAULTS), nan, -1, "soon", [1]], ids=repr)
def test_a_time_limit_that_is_none_ends_one_call(
    limit: Any, store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an error, and nothing has run."""
    ran: list[str] = []

    async def tool(step: object, call_id: str) -> None:
        ran.append(call_id)

    asyncio.run(store.create(thread_of(said(), decided(SAFE_STEP))))
    monkeypatch.setattr(ToolStep, "time_limit", limit)
    [(_, thread)] = started_anew(store, handle_next_step=tool)
    assert types(thread)[-2:] == ["error", "tool_call"]
    assert isinstance(thread.events[-2], Error)
    assert len(thread.events[-2].data["message"].splitlines()) == 1
    assert ran == []
