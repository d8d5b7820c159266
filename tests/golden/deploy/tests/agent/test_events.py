"""What can be an event, and that a stored thread stays readable whatever the tools are today."""

from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agent import events as happened
from agent.events import AnyEvent
from agent.states import AskModel, RunTool
from agent.thread import Thread

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import NOON, decided, loaded, result, said, thread_of

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)


@given(json_values)
def test_what_is_loaded_is_what_was_there(data: Any) -> None:
    thread = thread_of(said(), decided(SAFE_STEP), result(data=data))
    assert loaded(thread) == thread


@pytest.mark.parametrize("number", [inf, -inf, nan])
def test_a_number_that_json_has_not_is_refused(number: float) -> None:
    with pytest.raises(ValidationError):
        result(data={"deep": [number]})


def test_data_too_deep_to_be_saved_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    with pytest.raises((ValueError, RecursionError)):
        result(data=deep)


def test_half_a_character_becomes_a_question_mark() -> None:
    assert said("a\ud800b").data == "a?b"


@pytest.mark.parametrize("kind", ["", "Email", "1st", "a b", "</x>", "a\n", "stopped", "tool_call"])
def test_a_kind_that_could_be_mistaken_is_refused(kind: str) -> None:
    with pytest.raises(ValidationError):
        happened.Trigger(type=kind, data="hello")


@pytest.mark.parametrize("intent", ["", None, "Add", "a><b", "add\n"])
def test_an_intent_that_is_no_tag_is_refused(intent: Any) -> None:
    with pytest.raises(ValidationError):
        decided({"intent": intent})


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        said().data = "goodbye"


@pytest.mark.parametrize("step", [APPROVAL_STEP, {"intent": "gone_since", "a": 1}])
def test_a_call_that_ran_under_other_rules_stays_readable(step: dict[str, Any]) -> None:
    """It needs a yes today, or is no tool of ours any more; it ran all the same."""
    events: list[AnyEvent] = [said(), decided(step), result()]
    placed = [event.model_copy(update={"id": n, "at": NOON}) for n, event in enumerate(events)]
    stored = Thread(tuple(placed))
    assert loaded(stored) == stored
    assert stored.state == AskModel()
    assert step["intent"] in stored.serialize_for_llm()


def test_a_tool_that_is_gone_waits_for_nobody() -> None:
    thread = loaded(thread_of(said(), decided({"intent": "gone_since"})))
    assert thread.state == RunTool(thread.calls[-1])


@pytest.mark.parametrize(
    "raw",
    [
        [],
        [{"id": 1, "type": "user_input", "at": "2026-01-01T12:00:00Z", "data": "x"}],
        [{"id": 0, "type": "user_input", "data": "x"}],
        [{"id": 0, "type": "user_input", "at": "2026-01-01T12:00:00Z", "data": None}],
        [{"id": 0, "type": "stopped", "at": "2026-01-01T12:00:00Z"}],
    ],
)
def test_what_is_no_thread_is_refused(raw: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011, pydantic's words are not ours
        Thread.load(raw)
