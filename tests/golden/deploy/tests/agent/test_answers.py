"""How a thread meets humans: what they are shown, what they may answer, and forks."""

import pytest

from agent.events import AnyEvent, Trigger
from agent.thread import AnotherDelivery, CannotFollow, Thread
from agent.waiting import Waiting

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import (
    DONE,
    NOON,
    QUESTION,
    answer,
    asks,
    decided,
    no,
    result,
    said,
    started,
    thread_of,
    types,
    yes,
)

NEEDS_YES = decided(APPROVAL_STEP)


@pytest.mark.parametrize("events", [[], [yes(), started(), asks("in_doubt")]])
def test_an_approval_shows_the_call_that_it_is_about(events: list[AnyEvent]) -> None:
    awaiting = thread_of(said(), NEEDS_YES, *events).awaiting
    assert awaiting
    assert {"intent": awaiting.intent, **awaiting.arguments} == APPROVAL_STEP
    assert awaiting.format == "yes_no"


def test_a_question_keeps_its_style() -> None:
    style = {"urgency": "high", "format": "multiple_choice", "choices": ["red", "blue"]}
    asked = {"message": QUESTION["message"], **style}
    assert thread_of(said(), decided(QUESTION | style)).awaiting == Waiting(
        "1",
        "question",
        QUESTION["message"],
        QUESTION["intent"],
        asked,
        urgency="high",
        format="multiple_choice",
        choices=["red", "blue"],
        asked_at=NOON,
    )


def test_the_same_answer_again_changes_nothing() -> None:
    for thread in (
        thread_of(said(), NEEDS_YES, yes()),
        thread_of(said(), NEEDS_YES, yes(), started(), result(), decided(DONE, "2")),
    ):
        assert thread.append(yes(), at=NOON) is thread


@pytest.mark.parametrize("other", [no(), answer()])
def test_a_different_answer_is_refused(other: AnyEvent) -> None:
    with pytest.raises(CannotFollow, match="another answer"):
        thread_of(said(), NEEDS_YES, yes()).append(other, at=NOON)


def test_an_answer_to_nobody_is_refused_in_words_for_its_sender() -> None:
    thread = thread_of(said(), decided(QUESTION))
    with pytest.raises(CannotFollow, match="call 1 waits for an answer in words"):
        thread.append(yes(), at=NOON)
    with pytest.raises(CannotFollow, match="call 2 is not waiting for a human"):
        thread.append(answer("2"), at=NOON)


def test_of_several_events_one_that_cannot_follow_refuses_all() -> None:
    thread = thread_of(said())
    with pytest.raises(CannotFollow):
        thread.append(decided(SAFE_STEP), result(), result(), at=NOON)
    assert types(thread) == ["user_input"]


def test_a_fork_is_the_events_up_to_a_place() -> None:
    thread = thread_of(said(), NEEDS_YES, yes(), started(), result(), decided(DONE, "2"))
    for place in (0, 1, 4, 5):
        assert thread.fork(place) == Thread(thread.events[: place + 1])
    for nowhere in (-1, len(thread.events)):
        with pytest.raises(CannotFollow, match="choose 0 to 5"):
            thread.fork(nowhere)


@pytest.mark.parametrize(
    "events",
    [
        [decided(SAFE_STEP)],
        [NEEDS_YES, yes()],
        [NEEDS_YES, yes(), started()],
        [NEEDS_YES, yes(), started(), asks("in_doubt")],
        [NEEDS_YES, yes(), started(), asks("in_doubt"), yes("human-1")],
        [NEEDS_YES, yes(), started(), asks("in_doubt"), yes("human-1"), started()],
    ],
)
def test_a_fork_stands_neither_amid_a_call_nor_in_doubt_of_one(events: list[AnyEvent]) -> None:
    """A copy would run the call, or what was approved, in one more thread."""
    thread = thread_of(said(), *events)
    with pytest.raises(CannotFollow, match="amid a call"):
        thread.fork(len(events))


def test_a_fork_behind_a_doubt_that_was_settled_stands() -> None:
    thread = thread_of(said(), NEEDS_YES, yes(), started(), asks("in_doubt"), no("human-1"))
    assert thread.fork(5) == thread


def delivered(text: str, key: str | None) -> Trigger:
    return said(text).model_copy(update={"meta": {"delivery": key} if key else None})


def test_the_same_message_under_the_same_key_is_no_event() -> None:
    done = thread_of(delivered("a", "1"), decided(DONE))
    thread = done.append(delivered("b", "2"), at=NOON)
    assert thread.append(delivered("b", "2"), at=NOON) is thread  # amid its work as well
    assert done.append(delivered("a", "1"), at=NOON) is done
    for key in ("1", "2"):
        with pytest.raises(AnotherDelivery):
            thread.append(delivered("c", key), at=NOON)
    assert len(done.append(delivered("a", None), at=NOON).events) == 3
