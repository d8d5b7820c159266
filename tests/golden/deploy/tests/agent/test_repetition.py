"""An agent that goes in circles, or proposes again what was refused, asks a human."""

from typing import Any
from uuid import uuid4

import pytest

from agent.events import AnyEvent, HumanRequest
from agent.repetition import goes_in_circles
from agent.rules import can_follow
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import CannotFollow

from ..yours.samples import APPROVAL_STEP, FAILING_STEP, SAFE_STEP
from .scripted import (
    DONE,
    MANAGER,
    NOON,
    QUESTION,
    agent_of,
    answer,
    asks,
    begin,
    changed,
    decided,
    fetched,
    go_on,
    loaded,
    model_that_says,
    no,
    result,
    said,
    started,
    thread_of,
    types,
    yes,
    yes_with,
)


def times(count: int, step: dict[str, Any] = SAFE_STEP, data: object = 7) -> list[AnyEvent]:
    """So many calls of this step, with this result."""
    ids = [str(uuid4()) for _ in range(count)]
    return [event for id_ in ids for event in (decided(step, id_), result(id_, data))]


def test_the_same_call_with_the_same_result_a_third_time_ends_in_a_question(
    store: FileSystemThreadStore,
) -> None:
    """And with the human's answer it goes on, with three new tries."""
    agent = agent_of(store, model_that_says(*[SAFE_STEP] * 6, DONE))
    thread_id, thread = begin(agent, said())
    for count in (3, 6):
        assert thread.awaiting
        assert (thread.awaiting.reason, thread.awaiting.intent) == ("repeated", SAFE_STEP["intent"])
        assert thread.status == "awaiting_human_response"
        assert types(thread).count("tool_response") == count
        thread = go_on(agent, thread_id, answer(thread.awaiting.call_id, "try another way"))
    assert thread.status == "done"
    assert "try another way" in thread.serialize_for_llm()


@pytest.mark.parametrize(
    ("events", "circles"),
    [
        (times(3), True),
        (times(2), False),
        ([*times(2), *times(2, data=8)], False),
        ([*times(2), *times(5, FAILING_STEP, 8), *times(1, data="7")], False),
        ([*times(2), *times(1, FAILING_STEP), decided(SAFE_STEP), result()], True),
        ([*times(2), decided(QUESTION), answer(), decided(SAFE_STEP, "2"), result("2")], False),
        ([*times(3), decided(FAILING_STEP)], False),
    ],
)
def test_what_counts_as_a_circle(events: list[AnyEvent], circles: bool) -> None:
    thread = thread_of(said(), fetched(), *events)
    assert bool(goes_in_circles(thread.events)) is circles
    assert bool(goes_in_circles(loaded(thread).events)) is circles


@pytest.mark.parametrize("step", [APPROVAL_STEP, MANAGER])
def test_a_call_that_was_refused_is_not_put_to_a_human_again_as_it_was(
    step: dict[str, Any], store: FileSystemThreadStore
) -> None:
    """Until they say something else in words: then they are asked for a yes once more."""
    agent = agent_of(store, model_that_says(step, step, step))
    thread_id, thread = begin(agent, said())
    assert thread.awaiting
    thread = go_on(agent, thread_id, no(thread.awaiting.call_id))
    assert thread.awaiting
    assert (thread.awaiting.reason, thread.awaiting.intent) == ("repeated", step["intent"])
    assert types(thread)[-4:] == ["tool_call", "human_response", "tool_call", "human_request"]
    thread = go_on(agent, thread_id, answer(thread.awaiting.call_id, "then do it"))
    assert thread.awaiting
    assert thread.awaiting.reason == "approval"


def proposed_again(*between: AnyEvent) -> Any:
    return thread_of(said(), decided(APPROVAL_STEP), no(), *between, decided(APPROVAL_STEP, "3"))


def test_nobody_can_say_yes_to_it() -> None:
    thread = proposed_again()
    assert thread.status == "running"
    for event in (yes("3"), no("3"), answer("3"), started("3"), result("3")):
        with pytest.raises(CannotFollow):
            thread.append(event, at=NOON)
    assert can_follow(thread.state, asks("repeated"))
    assert not can_follow(thread.state, asks("errors"))


def test_another_call_in_between_does_not_make_it_new() -> None:
    assert proposed_again(decided(SAFE_STEP, "2"), result("2")).awaiting is None


@pytest.mark.parametrize("words", [said("go on"), answer("2")])
def test_words_of_a_human_make_it_new(words: AnyEvent) -> None:
    asked = decided(DONE if words.type == "user_input" else QUESTION, "2")
    thread = proposed_again(asked, words)
    assert thread.awaiting
    assert thread.awaiting.reason == "approval"


def test_a_call_that_a_human_changed_is_not_put_to_them_again_as_it_was() -> None:
    """It has run as they wanted it: a yes by mistake would undo that."""
    ran: list[AnyEvent] = [yes_with(changed(APPROVAL_STEP)), started(), result()]
    thread = thread_of(said(), decided(APPROVAL_STEP), *ran, decided(APPROVAL_STEP, "2"))
    assert thread.awaiting is None
    assert can_follow(thread.state, asks("repeated"))
    assert not can_follow(thread.state, yes("2"))
    for answered in (yes(), yes_with(same())):
        ran = [answered, started(), result()]
        thread = thread_of(said(), decided(APPROVAL_STEP), *ran, decided(APPROVAL_STEP, "2"))
        assert thread.awaiting
        assert thread.awaiting.reason == "approval"


def same() -> dict[str, Any]:
    return {name: value for name, value in APPROVAL_STEP.items() if name != "intent"}


def test_a_no_to_a_second_run_refuses_no_call() -> None:
    """It says that the call is to be treated as not done."""
    doubt: list[AnyEvent] = [yes(), started(), asks("in_doubt"), no("human-1")]
    thread = thread_of(said(), decided(APPROVAL_STEP), *doubt, decided(APPROVAL_STEP, "2"))
    assert thread.awaiting
    assert thread.awaiting.reason == "approval"


def test_the_question_says_what_it_is_about(store: FileSystemThreadStore) -> None:
    agent = agent_of(store, model_that_says(APPROVAL_STEP, APPROVAL_STEP))
    thread_id, thread = begin(agent, said())
    assert thread.awaiting
    thread = go_on(agent, thread_id, no(thread.awaiting.call_id))
    request = thread.events[-1]
    assert isinstance(request, HumanRequest)
    assert APPROVAL_STEP["intent"] in request.data["question"]
    assert "refused" in thread.serialize_for_llm()
