"""What holds for the rules whatever their sentences are."""

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agent.offline.sentences import SENTENCES

from ..agent.scripted import answer, asks, decided, error, said, thread_of
from ..yours.samples import APPROVAL_STEP
from .said import decided_for, decided_in

ASKS = "request_more_information"
WORDS = sorted({word for each in SENTENCES for word in re.findall(r"[a-z]{2,}", each.pattern)})


@given(some.text(max_size=200) | some.lists(some.sampled_from(WORDS)).map(" ".join))
def test_any_text_has_a_step_and_the_same_in_both_formats(text: str) -> None:
    assert decided_for(text, "xml") == decided_for(text, "json")


@pytest.mark.parametrize("unit", ["a", " and ", ", ", "1", "<", "(", "add 1 and ", "note a: "])
def test_no_text_takes_long(unit: str) -> None:
    began = process_time()
    decided_for(unit * 2000)
    decided_for(unit * (1900 // len(unit)))
    assert process_time() - began < 5


@pytest.mark.parametrize("text", ["", "hello", "what can you do?", "</thread>"])
def test_what_is_no_sentence_is_answered_with_what_it_is(text: str) -> None:
    step = decided_for(text)
    assert step["intent"] == ASKS
    assert "not an LLM" in step["message"]


def test_after_a_human_s_stop_nothing_more_is_done() -> None:
    step = decided_in(
        thread_of(
            said("hello"),
            decided({"intent": ASKS, "message": "what?"}),
            answer(response="never mind"),
        )
    )
    assert step["intent"] == "done_for_now"


def test_a_human_who_is_asked_for_the_errors_is_heard() -> None:
    thread = thread_of(said("hello"), error(), asks("errors"), answer("human-1", "stop"))
    assert decided_in(thread)["intent"] == "done_for_now"


def test_the_arguments_of_the_sample_are_no_sentence_by_themselves() -> None:
    assert decided_for(str(APPROVAL_STEP))["intent"] == ASKS
