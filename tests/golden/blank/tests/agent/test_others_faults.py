"""Faults of approvals that others shipped, as their users reported them, and what holds each here.

Most are held where the rule is tested that forbids them; `HELD` says where, so that a test that is
renamed or lost is missed. What is tested here is tested nowhere else.
"""

from pathlib import Path

import pytest

from agent.context import ContextFormat
from agent.due import expired
from agent.events import AnyEvent
from agent.outcomes import became_of

from ..yours.samples import APPROVAL_STEP
from .scripted import (
    MANAGER,
    NOON,
    QUESTION,
    asks,
    decided,
    deferred,
    loaded,
    said,
    started,
    thread_of,
    told,
    yes,
)

HELD = {
    "a stale approval is applied to a newer call": [
        "test_terminal.py: test_a_yes_is_to_the_call_that_was_shown",
        "test_webhook.py: test_an_approval_that_is_delivered_again_is_harmless",
        "test_people.py: test_a_stale_decision_is_told_that_it_is_and_not_that_it_is_forbidden",
        "test_everywhere.py: test_what_is_answered_everywhere_at_once_happens_once",
    ],
    "a tool that was declined is executed": [
        "test_server_answers.py: test_a_yes_runs_the_call_and_a_no_does_not",
        "test_repetition.py: test_nobody_can_say_yes_to_it",
        "test_rules.py: class Rules",
    ],
    "what was asked is lost when the program is started again": [
        "test_crash.py: test_approved_and_saved",
        "test_ticker.py: test_another_process_that_starts_later_does_not_tell_it_again",
        "test_chaos.py: test_nothing_is_lost_and_nothing_is_done_twice",
    ],
    "a call whose time is over is still pending for the model, or a human's no": [
        "test_ticker.py: test_what_nobody_answers_expires_and_the_model_reads_that",
        "test_ticker.py: test_a_late_yes_is_refused_and_told_why",
    ],
    "the agent undoes what a human changed": [
        "test_editing.py: test_the_call_runs_with_what_a_human_gave_it",
        "test_repetition.py: test_a_call_that_a_human_changed_is_not_put_to_them_again_as_it_was",
    ],
    "two people answer, and both count": [
        "test_answers.py: test_a_different_answer_is_refused",
        "test_races.py: test_forty_at_once_run_a_call_once",
    ],
}


@pytest.mark.parametrize("fault", HELD)
def test_each_is_held_by_tests_that_are_there(fault: str) -> None:
    for place in HELD[fault]:
        path, _, name = place.partition(": ")
        assert name in (Path(__file__).parent / path).read_text("utf-8"), place


WAITING: list[list[AnyEvent]] = [
    [decided(APPROVAL_STEP)],
    [decided(APPROVAL_STEP), told(ref="message 1")],
    [decided(MANAGER)],
    [decided(QUESTION)],
    [decided(APPROVAL_STEP), yes(), started(), asks("in_doubt")],
    [decided(APPROVAL_STEP), yes(), started(), deferred(until="2026-01-02T12:00:00+00:00")],
]


@pytest.mark.parametrize("events", WAITING, ids=str)
def test_what_was_asked_is_the_same_after_a_trip_to_the_disk(events: list[AnyEvent]) -> None:
    thread = thread_of(said(), *events)
    assert thread.awaiting is not None
    assert loaded(thread).awaiting == thread.awaiting


EXPIRING = [events for events in WAITING if events[-1].type != "human_request"]


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("events", EXPIRING, ids=str)
def test_what_nobody_answered_is_neither_pending_nor_a_no(
    events: list[AnyEvent], form: ContextFormat
) -> None:
    before = thread_of(said(), *events)
    assert before.awaiting
    thread = before.append(expired(before.awaiting), at=NOON)
    behind = thread.serialize_for_llm(form).partition("expired")[2]
    assert "nobody" in behind or "no result" in behind
    for lie in ("pending", "waiting", "false", "reject", "refuse", "denied"):
        assert lie not in behind.lower()
    if before.awaiting.reason == "result":
        became = "it was approved, and has begun, and gave no result in time"
    else:
        became = "its time was over and nobody had answered"
    assert became_of(before.awaiting.call_id, thread.events) == became
    assert thread.awaiting is None
