"""The sentences: what each asks for, and what is none of them."""

from typing import Any

import pytest

from agent.events import AnyEvent

from ..agent.scripted import (
    answer,
    decided,
    error,
    fetched,
    no,
    result,
    said,
    started,
    thread_of,
    yes,
)
from .said import decided_for, decided_in

ASKS = "request_more_information"


def sum_of(intent: str, a: Any, b: Any) -> dict[str, Any]:
    return {"intent": intent, "a": a, "b": b}


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("what is 5 + 3?", sum_of("add", 5, 3)),
        ("5+3", sum_of("add", 5, 3)),
        ("3x4", sum_of("multiply", 3, 4)),
        ("please add 12 to 30", sum_of("add", 30, 12)),
        ("multiply 2 by 3 and then add 1", sum_of("multiply", 2, 3)),
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
        "refund order A-1001, no wait",
        "refund order A-1001, when it comes back",
        "refund order A-1001, or A-1002",
        "refund order A-1001, I was joking",
        "refund order A-1001 because it arrived broken, provided the boss agrees",
        "refund order A-1001, it can happen as soon as the boss agrees",
        "refund order A-1001, it is void: ignore this",
        "refund order A-1001, it arrived broken and multiply three by four",
        "refund order A-1001, it broke, and ask the manager first",
        "refund order A-1001, they said stop",
        "multiply 3 and 4, then divide by two",
        "555-1234",
        "24/12",
    ],
)
def test_what_turns_it_around_or_is_not_known_does_nothing(text: str) -> None:
    assert decided_for(text)["intent"] == ASKS


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("multiply 3 and 4 on Sunday", "“on Sunday” in “multiply 3 and 4 on Sunday”"),
        ("add 1 and 2, then minus 2", "“minus 2”"),
        ("divde 3 by 4", "“divde” in “divde 3 by 4”"),
        ("add 1 and 2, then Multipy by 3", "“Multipy” in “Multipy by 3”"),
        ("refnd order A-1001", "“refnd” in “refnd order A-1001”"),
        ("3 plus", "“3 plus”"),
        ("5+", "“5+”"),
        ("multiply 3 and 4, then divide by two", "“by two” in “divide by two”"),
    ],
)
def test_what_is_not_understood_is_named(text: str, part: str) -> None:
    assert f"I do not understand {part}." in decided_for(text)["message"]


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


@pytest.mark.parametrize(
    "text", ["not 20", "do not refund 20", "20 or 30", "20%", "1e5", "why 20?", "20 tomorrow"]
)
def test_an_answer_that_says_anything_besides_refunds_nothing(text: str) -> None:
    begun = said("refund order A-77, it broke")
    asked = decided_in(thread_of(begun))
    step = decided_in(thread_of(begun, decided(asked), answer(response=text)))
    assert step["intent"] == ASKS
    assert "I do not understand" in step["message"]
    assert asked["message"] in step["message"]


def test_an_order_that_there_is_not_can_be_another() -> None:
    orders = fetched({"A-9": "unknown", "A-1001": {"amount": 49.9}})
    begun: list[AnyEvent] = [said("refund A-9"), orders.model_copy(update={"type": "orders"})]
    asked = decided_in(thread_of(*begun))
    step = decided_in(thread_of(*begun, decided(asked), answer(response="A-1001")))
    assert (step["order_id"], step["amount"]) == ("A-1001", 49.9)


def test_an_amount_that_was_refused_is_asked_for_and_not_replaced() -> None:
    orders = fetched({"A-1001": {"amount": 49.9}}).model_copy(update={"type": "orders"})
    begun: list[AnyEvent] = [said("refund 60 for order A-1001"), orders]
    step = decided_in(thread_of(*begun))
    refused = error("1", "only 49.9 can be refunded")
    asked = decided_in(thread_of(*begun, decided(step), yes(), started(), refused))
    assert asked["intent"] == ASKS


def test_a_number_can_be_told_where_there_is_no_result_yet() -> None:
    begun = said("add 5")
    asked = decided_in(thread_of(begun))
    assert decided_in(thread_of(begun, decided(asked), answer(response="3"))) == sum_of("add", 3, 5)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("divide 7 by 0", {"intent": "done_for_now", "message": "The result is 3.5."}),
        ("divide 7 by 0, then add 1 to the result", sum_of("add", 3.5, 1)),
    ],
)
def test_what_mended_an_error_is_not_asked_about_again(text: str, step: dict[str, Any]) -> None:
    """The context leaves out an error that was overcome."""
    events: list[AnyEvent] = [said(text), decided(sum_of("divide", 7, 0)), yes(), started()]
    events.append(error("1", "divide by zero"))
    asked = decided_in(thread_of(*events))
    events += [decided(asked, "2"), answer("2", "2")]
    again = decided_in(thread_of(*events))
    assert again == sum_of("divide", 7, 2)
    events += [decided(again, "3"), yes("3"), started("3"), result("3", 3.5)]
    assert decided_in(thread_of(*events)) == step


def test_after_an_error_only_a_go_on_goes_on() -> None:
    step = sum_of("multiply", 3, 4)
    failed: list[AnyEvent] = [
        said("multiply 3 and 4"),
        decided(step),
        error("1", "the disk is full"),
    ]
    asked = decided_in(thread_of(*failed))
    for text, intent in {"why?": ASKS, "hmm": ASKS, "again": "multiply"}.items():
        thread = thread_of(*failed, decided(asked, "2"), answer("2", text))
        assert decided_in(thread)["intent"] == intent


def test_what_is_to_be_done_behind_the_managers_yes_is_done() -> None:
    begun = said("ask the manager whether we may close, then multiply 3 and 4")
    step = decided_in(thread_of(begun))
    agreed: list[AnyEvent] = [decided(step), yes()]
    assert decided_in(thread_of(begun, *agreed)) == sum_of("multiply", 3, 4)
    done: list[AnyEvent] = [decided(sum_of("multiply", 3, 4), "2"), result("2", 12)]
    last = decided_in(thread_of(begun, *agreed, *done))
    assert last["message"] == "The manager said yes. The result is 12."
    halved = said("multiply 3 and 4, ask the boss whether to go on, then divide it by 2")
    first: list[AnyEvent] = [decided(sum_of("multiply", 3, 4)), result(data=12)]
    asked = decided_in(thread_of(halved, *first))
    went_on = thread_of(halved, *first, decided(asked, "2"), yes("2"))
    assert decided_in(went_on) == sum_of("divide", 12, 2)
    no_more = decided_in(thread_of(begun, decided(step), no()))
    assert no_more["intent"] == "done_for_now"


QUESTIONS = ["if we may refund A-1", "not to close before Monday", "whether to do it again now"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_manager_is_asked_in_any_words(question: str) -> None:
    step = decided_for(f"ask the manager {question}")
    assert step == {"intent": "request_approval_from_manager", "message": question}


def test_a_no_ends_it_and_says_why() -> None:
    thread = thread_of(said("divide 12 by 4"), decided(sum_of("divide", 12, 4)), no())
    step = decided_in(thread)
    assert step["intent"] == "done_for_now"
    assert "too much" in step["message"]
