"""Whatever goes wrong in a tool, a pre-fetch or the model is an event, and the thread goes on."""

from typing import Any

import pytest

from agent.events import AnyEvent, Error
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread
from agent.tools import handle_next_step

from ..yours.samples import APPROVAL_STEP, FAILING_STEP, SAFE_STEP
from .scripted import (
    DONE,
    agent_of,
    begin,
    error,
    go_on,
    model_that_says,
    resumed,
    said,
    types,
    unasked,
)


async def raises(step: object, call_id: str) -> Any:
    raise KeyError("no such thing")


@pytest.mark.parametrize(
    ("step", "tool"),
    [
        (SAFE_STEP, raises),
        (FAILING_STEP, handle_next_step),
        ({"intent": "no_tool_of_ours"}, handle_next_step),
        (APPROVAL_STEP | {"no_such_argument": 1}, handle_next_step),
    ],
)
def test_what_goes_wrong_in_a_tool_is_one_error(
    step: dict[str, Any], tool: Any, store: FileSystemThreadStore
) -> None:
    """It bears the call's id, is one line, and the model is asked what now."""
    agent = agent_of(store, model_that_says(step, DONE), handle_next_step=tool)
    _, thread = begin(agent, said())
    [failed] = [event for event in thread.events if isinstance(event, Error)]
    assert failed.call_id == "call-1"
    assert len(failed.data["message"].splitlines()) == 1
    assert thread.status == "done"


def test_a_reply_that_is_no_step_is_an_error_and_it_is_asked_again(
    store: FileSystemThreadStore,
) -> None:
    _, thread = begin(agent_of(store, model_that_says(error(), DONE)), said())
    assert types(thread) == ["user_input", "error", "tool_call"]


def test_a_prefetch_that_fails_is_an_error_and_no_crash(store: FileSystemThreadStore) -> None:
    async def prefetch(thread: Thread) -> list[AnyEvent]:
        raise OSError("the order system is away")

    _, thread = begin(agent_of(store, model_that_says(DONE), prefetch=prefetch), said())
    assert types(thread) == ["user_input", "error", "tool_call"]
    assert "the order system is away" in thread.serialize_for_llm()


def test_a_model_that_could_not_be_asked_is_asked_again(store: FileSystemThreadStore) -> None:
    agent = agent_of(store, model_that_says(SAFE_STEP, unasked(), DONE))
    thread_id, thread = begin(agent, said())
    assert (thread.status, types(thread)[-2:]) == ("failed", ["tool_response", "model_failed"])
    assert go_on(agent, thread_id, resumed()).status == "done"
