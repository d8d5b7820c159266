"""What is next: every row of the contract, read off the events and nothing else."""

import pytest

from agent.events import AnyEvent
from agent.states import AskModel, BroughtDown, Finished, InDoubt, Refused, RunTool, State
from agent.thread import CannotFollow
from agent.waiting import Waiting

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import (
    DONE,
    MANAGER,
    NOON,
    QUESTION,
    answer,
    asks,
    decided,
    error,
    fetched,
    no,
    restarted,
    result,
    resumed,
    said,
    started,
    stopped,
    thread_of,
    unasked,
    yes,
)

SAFE, NEEDS_YES, ASKS = decided(SAFE_STEP), decided(APPROVAL_STEP), decided(QUESTION)
IN_DOUBT: list[AnyEvent] = [said(), NEEDS_YES, yes(), started(), asks("in_doubt")]
AGAIN = decided(APPROVAL_STEP, "2")
GONE = decided({"intent": "no_tool_of_ours", "a": 1})

NEXT: list[tuple[list[AnyEvent], str]] = [
    ([said()], "pre-fetch, then ask the model"),
    ([said(), fetched()], "pre-fetch, then ask the model"),  # the loop does so once
    ([said(), SAFE], "run 1"),
    ([said(), SAFE, result()], "ask the model"),
    ([said(), SAFE, error("1")], "ask the model"),
    ([said(), GONE], "run 1"),  # it fails, and the model is told
    ([said(), NEEDS_YES], "wait for the approval of 1"),
    ([said(), NEEDS_YES, yes()], "start and run 1"),
    ([said(), NEEDS_YES, no()], "ask the model"),
    ([said(), NEEDS_YES, no(), AGAIN], "ask a human about 2"),
    ([said(), NEEDS_YES, no(), AGAIN, asks("repeated")], "wait for the repeated of human-1"),
    ([said(), NEEDS_YES, no(), AGAIN, asks("repeated"), answer("human-1")], "ask the model"),
    ([said(), NEEDS_YES, yes(), started()], "ask a human about 1"),
    ([said(), NEEDS_YES, yes(), started(), result()], "ask the model"),
    (IN_DOUBT, "wait for the in_doubt of human-1"),
    ([*IN_DOUBT, yes("human-1")], "start and run 1"),
    ([*IN_DOUBT, no("human-1")], "ask the model"),
    ([said(), ASKS], "wait for the question of 1"),
    ([said(), ASKS, answer()], "ask the model"),
    ([said(), decided(MANAGER)], "wait for the approval of 1"),
    ([said(), decided(MANAGER), yes()], "ask the model"),  # it authorises no other call
    ([said(), decided(MANAGER), no()], "ask the model"),
    ([said(), error(), asks("errors")], "wait for the errors of human-1"),
    ([said(), error(), asks("errors"), answer("human-1")], "ask the model"),
    ([said(), SAFE, result(), asks("steps")], "wait for the steps of human-1"),
    ([said(), decided(DONE)], "done"),
    ([said(), decided(DONE), said("and now?")], "ask the model"),
    ([said(), unasked()], "failed"),
    ([said(), SAFE, result(), unasked(), resumed()], "ask the model"),
    ([said(), restarted()], "pre-fetch, then ask the model"),
    ([said(), SAFE, restarted(), restarted()], "run 1"),
    ([said(), SAFE, restarted(), restarted(), result()], "ask the model"),
    ([said(), SAFE, *[restarted()] * 3], "ask a human why it ends, amid 1"),
    ([said(), SAFE, *[restarted()] * 4], "ask a human why it ends, amid 1"),
    ([said(), *[restarted()] * 3], "ask a human why it ends, amid the model"),
    ([said(), SAFE, *[restarted()] * 2, result(), restarted()], "ask the model"),
    ([said(), NEEDS_YES, yes(), restarted()], "start and run 1"),
    ([said(), NEEDS_YES, yes(), started(), *[restarted()] * 3], "ask a human about 1"),
    ([said(), SAFE, *[restarted()] * 3, asks("restarts")], "wait for the restarts of human-1"),
    ([said(), SAFE, *[restarted()] * 3, asks("restarts"), answer("human-1")], "ask the model"),
    ([said(), SAFE, *[restarted()] * 3, stopped()], "stopped"),
    ([said(), stopped()], "stopped"),
    ([said(), unasked(), stopped()], "stopped"),
    ([said(), SAFE, stopped()], "stopped while 1 runs"),
    ([said(), NEEDS_YES, yes(), stopped()], "stopped"),
    ([said(), NEEDS_YES, yes(), started(), stopped()], "stopped while 1 runs"),
    ([said(), SAFE, stopped(), result()], "stopped"),
]

REFUSED: dict[str, tuple[list[AnyEvent], AnyEvent]] = {
    "a decision before anybody spoke": ([], SAFE),
    "a second message while it runs": ([said()], said("hello?")),
    "a start without a yes": ([said(), NEEDS_YES], started()),
    "a result without a yes": ([said(), NEEDS_YES], result()),
    "a result without a start": ([said(), NEEDS_YES, yes()], result()),
    "a start of another call": ([said(), NEEDS_YES, yes()], started("2")),
    "a start of a call that needs no yes": ([said(), SAFE], started()),
    "a result of another call": ([said(), SAFE], result("2")),
    "an error of another call": ([said(), SAFE], error("2")),
    "a start after a no": ([said(), NEEDS_YES, no()], started()),
    "a yes to a call that needs none": ([said(), SAFE], yes()),
    "a yes with another call's id": ([said(), NEEDS_YES], yes("2")),
    "a yes for a question": ([said(), ASKS], yes()),
    "words for an approval": ([said(), NEEDS_YES], answer()),
    "words for a doubt": (IN_DOUBT, answer("human-1")),
    "a late result when a human is asked": (IN_DOUBT, result()),
    "a second result": ([said(), SAFE, result()], result()),
    "a result after an error": ([said(), SAFE, error("1")], result()),
    "a decision while a call runs": ([said(), SAFE], decided(SAFE_STEP, "2")),
    "a decision with a call id that is taken": ([said(), SAFE, result()], SAFE),
    "a question with a call id that is taken": ([said(), SAFE, error("1")], asks("errors", "1")),
    "a pre-fetch after a decision": ([said(), SAFE, result()], fetched()),
    "a doubt about nothing": ([said()], asks("in_doubt")),
    "too many errors with a refused call": ([said(), NEEDS_YES, no(), AGAIN], asks("errors")),
    "a yes to a refused call": ([said(), NEEDS_YES, no(), AGAIN], yes("2")),
    "restarts before there were any": ([said(), SAFE, *[restarted()] * 2], asks("restarts")),
    "a result where a human is to be asked": ([said(), SAFE, *[restarted()] * 3], result()),
    "a restart of what waits": ([said(), NEEDS_YES], restarted()),
    "a restart of what is done": ([said(), decided(DONE)], restarted()),
    "resuming what has not failed": ([said()], resumed()),
    "a message to a thread that failed": ([said(), unasked()], said()),
    "a message to a thread that was stopped": ([said(), stopped()], said()),
    "a second result after the stop": ([said(), SAFE, stopped(), result()], result()),
    "stopping twice": ([said(), stopped()], stopped()),
    "stopping what is done": ([said(), decided(DONE)], stopped()),
}


def in_words(state: State) -> str:
    match state:
        case AskModel(first):
            return "pre-fetch, then ask the model" if first else "ask the model"
        case RunTool(call, approved):
            return f"start and run {call.call_id}" if approved else f"run {call.call_id}"
        case InDoubt(call) | Refused(call):
            return f"ask a human about {call.call_id}"
        case BroughtDown(call):
            return f"ask a human why it ends, amid {call.call_id if call else 'the model'}"
        case Waiting(call_id, reason):
            return f"wait for the {reason} of {call_id}"
        case Finished(status, running):
            return f"{status} while {running} runs" if running else status


@pytest.mark.parametrize(("events", "what"), NEXT)
def test_next(events: list[AnyEvent], what: str) -> None:
    """Each row of "what is next"."""
    assert in_words(thread_of(*events).state) == what


@pytest.mark.parametrize(("events", "event"), REFUSED.values(), ids=REFUSED)
def test_refused(events: list[AnyEvent], event: AnyEvent) -> None:
    """What cannot follow raises, and the thread is the same."""
    thread = thread_of(*events)
    with pytest.raises(CannotFollow):
        thread.append(event, at=NOON)
    assert len(thread.events) == len(events)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([said()], "running"),
        ([said(), NEEDS_YES, yes(), started()], "running"),
        ([said(), ASKS], "awaiting_human_response"),
        ([said(), error(), asks("errors")], "awaiting_human_response"),
        ([said(), decided(MANAGER)], "awaiting_human_approval"),
        (IN_DOUBT, "awaiting_human_approval"),
        ([said(), decided(DONE)], "done"),
        ([said(), unasked()], "failed"),
        ([said(), SAFE, stopped()], "stopped"),
    ],
)
def test_status(events: list[AnyEvent], status: str) -> None:
    """The status says whose turn it is."""
    assert thread_of(*events).status == status
