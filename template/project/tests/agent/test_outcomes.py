"""What became of a call, in the words that a human reads who is late, or was asked elsewhere."""

from typing import Any

import pytest

from agent.events import AnyEvent
from agent.outcomes import became_of
from agent.people import Person, said_by

from ..yours.samples import APPROVAL_STEP
from .scripted import answer, asks, decided, error, no, result, said, started, stopped, yes

ADA, BOB = Person("slack", "ada"), Person("email", "bob")
CALL = decided(APPROVAL_STEP)
DOUBT: list[Any] = [CALL, said_by(ADA, yes()), started(), asks("in_doubt")]
AGAIN, NOT_DONE = said_by(BOB, yes("human-1")), said_by(BOB, no("human-1"))
APPROVED = "it was approved by slack:ada"


@pytest.mark.parametrize(
    ("events", "call", "question"),
    [
        ([CALL], "it waits no longer", None),
        ([CALL, said_by(ADA, yes()), started(), result()], f"{APPROVED}, and has run", None),
        ([CALL, said_by(ADA, no())], "it was rejected by slack:ada", None),
        ([CALL, said_by(ADA, stopped())], "the thread was stopped by slack:ada", None),
        ([CALL, stopped()], "the thread was stopped", None),
        ([CALL, yes(), started(), stopped(), result()], "it was approved, and has run", None),
        (DOUBT, f"{APPROVED}, and may have run", "it waits no longer"),
        (
            [*DOUBT, AGAIN, started(), result()],
            f"{APPROVED}, and was run again by email:bob, and has run",
            "it was run again by email:bob",
        ),
        (
            [*DOUBT, NOT_DONE],
            f"{APPROVED}, and was treated as not done by email:bob",
            "it was treated as not done by email:bob",
        ),
        (
            [*DOUBT, AGAIN, started(), asks("in_doubt", "human-2")],
            f"{APPROVED}, and was run again by email:bob, and may have run",
            "it was run again by email:bob",
        ),
        (
            [*DOUBT, stopped()],
            f"{APPROVED}, and may have run",
            "the thread was stopped",
        ),
        (
            [error(), asks("errors"), answer("human-1", "go on")],
            None,
            "it was answered",
        ),
    ],
)
def test_it_is_said_of_a_call_and_of_what_the_loop_asks_about_it(
    events: list[AnyEvent], call: str | None, question: str | None
) -> None:
    thread = [said(), *events]
    assert (became_of("1", thread), became_of("human-1", thread)) == (call, question)


def test_a_doubt_about_one_call_is_none_about_another() -> None:
    other = decided(APPROVAL_STEP, "2")
    thread: list[AnyEvent] = [said(), CALL, yes(), started(), result(), other]
    thread += [yes("2"), started("2"), asks("in_doubt"), NOT_DONE]
    assert became_of("1", thread) == "it was approved, and has run"
    assert became_of("2", thread) == "it was approved, and was treated as not done by email:bob"
