"""The process is ended at each named point, and another one takes the thread up again."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.events import AnyEvent, HumanResponse
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread
from agent.tools import handle_next_step

from ..yours.samples import APPROVAL_STEP, SAFE_STEP, effects
from .processes import python
from .scripted import DONE, agent_of, decided, go_on, no, said, thread_of, types, yes

pytestmark = pytest.mark.slow

# Arguments: the point, the thread, the step that the model decides, and whether a human says yes.
LIVE_AND_DIE = """
import asyncio, json, os, sys
from pathlib import Path
from agent.store.filesystem import FileSystemThreadStore
from tests.agent.scripted import go_on, yes
from tests.agent.test_crash import the_agent, the_tool

point, thread_id, step, approved = sys.argv[1:]

class Store(FileSystemThreadStore):
    async def update(self, thread_id, change):
        thread = await super().update(thread_id, change)
        if thread.events[-1].type == point:
            os._exit(9)
        return thread

async def tool(step, call_id):
    result = await the_tool(step, call_id)
    if point == "ran":
        os._exit(9)
    return result

agent = the_agent(Store(Path(".threads")), json.loads(step), tool)
go_on(agent, thread_id, *[yes()] * int(approved))
"""


async def the_tool(step: Any, call_id: str) -> Any:
    """The real one; it leaves a mark each time it runs."""
    leave_mark(call_id)
    return await handle_next_step(step, call_id)


def the_agent(store: FileSystemThreadStore, step: dict[str, Any], tool: Any = the_tool) -> Any:
    async def model(thread: Thread) -> AnyEvent:
        return decided(DONE, "2") if thread.calls else decided(step)

    return agent_of(store, model, handle_next_step=tool)


def leave_mark(call_id: str) -> None:
    with Path("runs").open("a") as marks:
        marks.write(f"{call_id}\n")


def runs() -> list[str]:
    return Path("runs").read_text().split() if Path("runs").exists() else []


def die(store: FileSystemThreadStore, point: str, step: dict[str, Any]) -> tuple[str, Thread]:
    """What a process that ended at this point leaves behind."""
    approved = step == APPROVAL_STEP and point != "tool_call"
    events: list[AnyEvent] = [said(), decided(step)] if approved else [said()]
    thread_id = asyncio.run(store.create(thread_of(*events)))
    process = python(LIVE_AND_DIE, point, thread_id, json.dumps(step), int(approved))
    assert process.wait() == 9
    return thread_id, asyncio.run(store.get(thread_id))


APPROVED = ["user_input", "tool_call", "human_response"]
STARTED = [*APPROVED, "tool_started"]
FINISHED = [*STARTED, "tool_response"]


def test_selected(store: FileSystemThreadStore) -> None:
    """The human is still asked, and nothing has run."""
    thread_id, thread = die(store, "tool_call", APPROVAL_STEP)
    assert (types(thread), effects()) == (APPROVED[:2], 0)
    agent = the_agent(store, APPROVAL_STEP)
    assert go_on(agent, thread_id) == thread
    assert thread.status == "awaiting_human_approval"
    assert types(go_on(agent, thread_id, yes())) == [*FINISHED, "tool_call"]
    assert effects() == 1


@pytest.mark.parametrize(
    ("point", "left", "effect"),
    [("human_response", APPROVED, 0), ("tool_response", FINISHED, 1)],
    ids=["approved", "saved"],
)
def test_approved_and_saved(
    point: str, left: list[str], effect: int, store: FileSystemThreadStore
) -> None:
    """It goes on without asking anybody again, and the call has run once."""
    thread_id, thread = die(store, point, APPROVAL_STEP)
    assert (types(thread), effects()) == (left, effect)
    again = go_on(the_agent(store, APPROVAL_STEP), thread_id)
    assert again.events[: len(left)] == thread.events
    assert types(again) == [*FINISHED, "tool_call"]
    assert (again.status, effects(), runs()) == ("done", 1, ["1"])


@pytest.mark.parametrize("answer", [yes, no])
@pytest.mark.parametrize(
    ("point", "effect"), [("tool_started", 0), ("ran", 1)], ids=["started", "ran"]
)
def test_started_and_ran(
    point: str,
    effect: int,
    answer: Callable[[str], HumanResponse],
    store: FileSystemThreadStore,
) -> None:
    """Nobody can know whether it ran: a human is asked, and it is not run again without a yes."""
    thread_id, thread = die(store, point, APPROVAL_STEP)
    assert (types(thread), effects()) == (STARTED, effect)
    agent = the_agent(store, APPROVAL_STEP)
    asked = go_on(agent, thread_id)
    assert asked.events[:-1] == thread.events
    assert asked.awaiting
    assert (asked.awaiting.reason, effects()) == ("in_doubt", effect)
    ended = go_on(agent, thread_id, answer(asked.awaiting.call_id))
    assert ended.status == "done"
    assert effects() == (1 if answer is yes else effect)


@pytest.mark.parametrize("point", ["tool_call", "ran"])
def test_a_call_that_needs_no_yes(point: str, store: FileSystemThreadStore) -> None:
    """It runs again, with the same call id; nobody is asked."""
    thread_id, thread = die(store, point, SAFE_STEP)
    assert types(thread) == ["user_input", "tool_call"]
    ended = go_on(the_agent(store, SAFE_STEP), thread_id)
    assert types(ended) == ["user_input", "tool_call", "tool_response", "tool_call"]
    assert runs() == (["1"] if point == "tool_call" else ["1", "1"])
