"""The sentences: what each asks for, and what is none of them."""

from typing import Any

import pytest

from ..agent.scripted import answer, decided, no, result, said, thread_of
from .said import decided_for, decided_in

ASKS = "request_more_information"


def sum_of(intent: str, a: Any, b: Any) -> dict[str, Any]:
    return {"intent": intent, "a": a, "b": b}


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("what is 5 + 3?", sum_of("add", 5, 3)),
        ("please add 12 to 30", sum_of("add", 30, 12)),
        ("subtract 3 from 10", sum_of("subtract", 10, 3)),
        ("can you multiply 3 by -4?", sum_of("multiply", 3, -4)),
        ("divide 1.5 by 2, then add 1 to that", sum_of("divide", 1.5, 2)),
        ("add 1 and 2 and multiply 3 and 4", sum_of("add", 1, 2)),
    ],
)
def test_a_sum_is_a_tool(text: str, step: dict[str, Any]) -> None:
    assert decided_for(text) == step


@pytest.mark.parametrize(
    "text",
    [
        "don't refund order A-1001",
        "no refund order A-1001",
        "refund order A-1001 if she sends it back",
        "refund order A-1001, but only half",
        "never divide 3 by 4",
        "multiply 3 and 4 on Sunday",
        "2 + 3 * 4",
    ],
)
def test_what_turns_it_around_or_is_not_known_does_nothing(text: str) -> None:
    assert decided_for(text)["intent"] == ASKS


def test_what_is_not_understood_is_named() -> None:
    message = decided_for("multiply 3 and 4 on Sunday")["message"]
    assert "I do not understand “on Sunday” in “multiply 3 and 4 on Sunday”" in message


def test_the_result_is_that_of_the_step_before() -> None:
    step = sum_of("multiply", 3, 4)
    begun = said("multiply 3 and 4, then divide the result by 2")
    thread = thread_of(begun, decided(step), result(data=12))
    assert decided_in(thread) == sum_of("divide", 12, 2)


def test_an_order_of_any_length_is_one_and_its_amount_is_asked_for() -> None:
    begun = said("refund order A-77, it broke")
    asked = decided_in(thread_of(begun))
    assert asked["message"] == "process_refund needs an amount: which?"
    thread = thread_of(begun, decided(asked), answer(response="20"))
    step = decided_in(thread)
    assert (step["order_id"], step["amount"], step["reason"]) == ("A-77", 20, "it broke")


def test_a_no_ends_it_and_says_why() -> None:
    thread = thread_of(said("divide 12 by 4"), decided(sum_of("divide", 12, 4)), no())
    step = decided_in(thread)
    assert step["intent"] == "done_for_now"
    assert "too much" in step["message"]
