"""An agent that spins asks a human: after errors in a row, and after too many steps."""

import pytest

from agent.store.filesystem import FileSystemThreadStore

from ..yours.samples import FAILING_STEP, SAFE_STEP
from .scripted import (
    DONE,
    agent_of,
    answer,
    begin,
    decided,
    error,
    go_on,
    model_that_says,
    result,
    said,
    thread_of,
    types,
)


async def no_luck(step: object, call_id: str) -> int:
    raise ValueError("no luck")


async def its_own_id(step: object, call_id: str) -> str:
    """A result that is another one each time."""
    return call_id


def test_three_errors_in_a_row_end_in_a_question(store: FileSystemThreadStore) -> None:
    """And with the human's answer it goes on, with three new tries."""
    model = model_that_says(*[FAILING_STEP] * 3, *[FAILING_STEP] * 3, DONE)
    agent = agent_of(store, model, handle_next_step=no_luck)
    thread_id, thread = begin(agent, said())
    for _ in range(2):
        assert thread.awaiting
        assert thread.awaiting.reason == "errors"
        assert types(thread)[-7:] == [*["tool_call", "error"] * 3, "human_request"]
        thread = go_on(agent, thread_id, answer(thread.awaiting.call_id, "try another way"))
    assert "try another way" in thread.serialize_for_llm()


def test_replies_that_are_no_steps_are_errors_too(store: FileSystemThreadStore) -> None:
    """Otherwise an unparsable reply would be asked for again for ever."""
    _, thread = begin(agent_of(store, model_that_says(*[error()] * 3)), said())
    assert types(thread) == ["user_input", "error", "error", "error", "human_request"]


def test_a_tool_that_nobody_has_ends_in_a_question(store: FileSystemThreadStore) -> None:
    script = [{"intent": "no_tool_of_ours"}] * 3
    _, thread = begin(agent_of(store, model_that_says(*script)), said())
    assert thread.awaiting
    assert thread.awaiting.reason == "errors"


def test_a_result_in_between_is_no_row(store: FileSystemThreadStore) -> None:
    model = model_that_says(error(), error(), SAFE_STEP, error(), error(), DONE)
    _, thread = begin(agent_of(store, model), said())
    assert thread.status == "done"


def test_twenty_steps_end_in_a_question(store: FileSystemThreadStore) -> None:
    """And with the human's answer twenty more are allowed."""
    agent = agent_of(store, model_that_says(*[SAFE_STEP] * 40), handle_next_step=its_own_id)
    thread_id, thread = begin(agent, said())
    for count in (20, 40):
        assert thread.awaiting
        assert thread.awaiting.reason == "steps"
        assert types(thread).count("tool_call") == count
        if count == 20:
            thread = go_on(agent, thread_id, answer(thread.awaiting.call_id, "go on"))


@pytest.mark.parametrize(("limit", "reason"), [("max_steps", "steps"), ("max_errors", "errors")])
def test_the_limits_are_settings(limit: str, reason: str, store: FileSystemThreadStore) -> None:
    tool = {"handle_next_step": no_luck} if reason == "errors" else {}
    agent = agent_of(store, model_that_says(SAFE_STEP), **{limit: 1}, **tool)
    _, thread = begin(agent, said())
    assert thread.awaiting
    assert thread.awaiting.reason == reason


def test_a_message_and_an_answer_begin_a_new_count() -> None:
    thread = thread_of(said(), decided(SAFE_STEP), error("1"), decided(DONE, "2"))
    assert (thread.steps, thread.errors_in_a_row) == (2, 1)
    thread = thread_of(said(), decided(SAFE_STEP), result(), decided(DONE, "2"), said("more"))
    assert (thread.steps, thread.errors_in_a_row) == (0, 0)
