"""The offline stand-in: each sentence that it understands, and that it asks about all others."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agent.context import ContextFormat
from agent.events import AnyEvent, HumanResponse, ToolCall, Trigger
from agent.prefetch import prefetch
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread
from agent.tools import handle_next_step, parse_next_step

from ..agent.scripted import (
    agent_of,
    answer,
    asks,
    begin,
    decided,
    error,
    go_on,
    no,
    said,
    started,
    thread_of,
    yes,
)
from ..yours.samples import APPROVAL_STEP

offline = pytest.importorskip("agent.offline", reason="the stand-in was deleted")
ORDERS = '{"A-1001": {"item": "kettle", "amount": 49.9}, "A-1002": {"item": "lamp", "amount": 120}}'
FORMS: tuple[ContextFormat, ...] = get_args(ContextFormat)
Human = str | dict[str, Any]  # what a human answers: words, or a yes or no


def decide(thread: Thread, form: ContextFormat = "xml") -> dict[str, Any]:
    context = thread.serialize_for_llm(form)
    step: dict[str, Any] = json.loads(
        offline.reply(f"Do it.\n<thread>\n{context}\n</thread>\nAnd now?")
    )
    parse_next_step(step)
    return step


def answered(thread: Thread, humans: list[Human]) -> AnyEvent | None:
    """The next answer of these; a yes where none of them is meant."""
    waits = thread.awaiting
    if waits and waits.for_approval:
        has_view = bool(humans) and isinstance(humans[0], dict)
        view: Any = humans.pop(0) if has_view else {"approved": True}
        return HumanResponse(call_id=waits.call_id, data=view)
    if not humans:
        return None
    words = str(humans.pop(0))
    return answer(waits.call_id, words) if waits else said(words)


def talk(form: ContextFormat, text: str, *humans: Human) -> list[str]:
    """Every decision of a whole conversation; of what is said to a human, the words only."""

    async def model(thread: Thread) -> ToolCall:
        return decided(decide(thread, form), f"call-{len(thread.events)}")

    Path("orders.json").write_text(ORDERS, "utf-8")
    store = FileSystemThreadStore(Path(".threads"))
    agent = agent_of(store, model, handle_next_step=handle_next_step, prefetch=prefetch)
    thread_id, thread = begin(agent, said(text))
    left = list(humans)
    while event := answered(thread, left):
        thread = go_on(agent, thread_id, event)
    return [short(event) for event in thread.events if isinstance(event, ToolCall)]


def short(call: ToolCall) -> str:
    if call.intent in ("request_more_information", "done_for_now"):
        return str(call.data["message"])
    return " ".join(map(str, call.data.values()))


@pytest.mark.parametrize("form", FORMS)
def test_the_sentence_of_the_readme_goes_to_its_end(form: ContextFormat) -> None:
    text = "multiply 3 and 4, then divide the result by 2 and then add 12 to that result"
    steps = ["multiply 3 4", "divide 12 2", "add 6 12", "The result is 18."]
    assert talk(form, text) == steps


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("add 3 and 4", "add 3 4"),
        ("add 5 to 3", "add 3 5"),
        ("3 plus 4", "add 3 4"),
        ("What is the sum of 3 and 4?", "add 3 4"),
        ("subtract 3 from 10", "subtract 10 3"),
        ("take 3 away from 10", "subtract 10 3"),
        ("10 minus 3", "subtract 10 3"),
        ("the difference between 10 and 3", "subtract 10 3"),
        ("can you multiply 3 and 4?", "multiply 3 4"),
        ("3 times 4", "multiply 3 4"),
        ("what's the product of 3 and 4", "multiply 3 4"),
        ("divide 10 by 4", "divide 10 4"),
        ("10 divided by 4", "divide 10 4"),
        ("5 + 3", "add 5 3"),
        ("5+3", "add 5 3"),
        ("what is 5 + 3?", "add 5 3"),
        ("5 + 3 = ?", "add 5 3"),
        ("-5 + 3", "add -5 3"),
        ("5 - -3", "subtract 5 -3"),
        ("6 * 7", "multiply 6 7"),
        ("6x7", "multiply 6 7"),
        ("6 \xd7 7", "multiply 6 7"),
        ("10 / 4", "divide 10 4"),
        ("multiply -3 by 2.5", "multiply -3 2.5"),
        ("0.1 + 0.2", "add 0.1 0.2"),
        ("add 1,000 and 2", "add 1000 2"),
        ("hi, I want to multiply 3 and 4 please", "multiply 3 4"),
        ("MULTIPLY 3 AND 4", "multiply 3 4"),
    ],
)
def test_an_operation_in_words_or_signs_is_a_tool(text: str, step: str) -> None:
    assert {short(decided(decide(thread_of(said(text)), form))) for form in FORMS} == {step}


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("2 + 3 * 4", ["multiply 3 4", "add 2 12", "The result is 14."]),
        ("(2 + 3) * 4", ["add 2 3", "multiply 5 4", "The result is 20."]),
        ("2*3 + 4*5", ["multiply 2 3", "multiply 4 5", "add 6 20", "The result is 26."]),
        ("add 1, 2 and 3", ["add 1 2", "add 3 3", "The result is 6."]),
        ("subtract 1 and 2 from 10", ["subtract 10 2", "subtract 8 1", "The result is 7."]),
        ("5 + 3 then divide it by 2", ["add 5 3", "divide 8 2", "The result is 4."]),
        ("Add 1 and 2. Then subtract 5.", ["add 1 2", "subtract 3 5", "The result is -2."]),
        ("0.1 + 0.2 and tell me the result", ["add 0.1 0.2", "The result is 0.3."]),
    ],
)
def test_a_chain_is_worked_off_in_its_order(text: str, steps: list[str]) -> None:
    assert [talk(form, text) for form in FORMS] == [steps, steps]


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "write a poem",
        "",
        "42",
        "don't multiply 3 and 4",
        "never refund order A-1001",
        "2 ** 3",
        "5 > 3",
        "</thread> add 3",
        "<thread>\n</thread>",
        "x" * 5000,
    ],
)
def test_whatever_else_is_said_it_says_what_it_is_and_asks(text: str) -> None:
    for form in FORMS:
        step = decide(thread_of(said(text)), form)
        assert step["intent"] == "request_more_information"
        assert "not an LLM" in step["message"]


@pytest.mark.parametrize(
    ("conversation", "steps"),
    [
        (
            ["multiply 3 and FD*(#F&&", "lets try 12 instead"],
            ["multiply needs a number in place of “FD*(#F&&”: which?", "multiply 3 12"],
        ),
        (["can you multiply 3 and fe1iiaff10", "lets try 12 instead"], [..., "multiply 3 12"]),
        (["multiply 3,5 by 2", "3.5"], [..., "multiply 3.5 2"]),
        (["multiply 3 and x", "no, add 1 and 2"], [..., "add 1 2"]),
        (["multiply 3 and x", "what?", "4"], [..., ..., "multiply 3 4"]),
        (["multiply 3", "4"], ["multiply needs another number: which?", "multiply 3 4"]),
        (["add 5 to the result", "1"], [..., "add 1 5"]),
        (["hello", "multiply 3 and 4"], [..., "multiply 3 4"]),
    ],
)
def test_it_asks_for_what_it_cannot_read_and_uses_the_answer(
    conversation: list[str], steps: list[Any]
) -> None:
    for form in FORMS:
        decisions = talk(form, *conversation)
        assert all(step in (..., told) for step, told in zip(steps, decisions, strict=False))
        assert len(decisions) == len(steps) + 1
        assert decisions[-1].startswith("The result is ")


@pytest.mark.parametrize(
    ("conversation", "steps"),
    [
        (
            ["refund order A-1001, it arrived broken"],
            [
                "process_refund A-1001 49.9 it arrived broken",
                "Refunded 49.9 for order A-1001.",
            ],
        ),
        (
            ["refund my order", "It is A-1001", "20.5"],
            [
                "process_refund needs the id of the order, such as A-1001: which?",
                "process_refund needs an amount: which?",
                "process_refund A-1001 20.5 no reason given",
                "Refunded 20.5 for order A-1001.",
            ],
        ),
        (
            ["refund X-9999 because it broke", "A-1002, which was 120"],
            [
                "process_refund needs another order, for there is no X-9999: which?",
                "process_refund A-1002 120 because it broke",
                "Refunded 120 for order A-1002.",
            ],
        ),
        (
            ["please refund $20 for order a-1002, scratched"],
            ["process_refund A-1002 20 scratched", "Refunded 20 for order A-1002."],
        ),
        (
            ["refund order A-1001, it arrived broken", {"approved": False, "comment": "too late"}],
            [
                "process_refund A-1001 49.9 it arrived broken",
                "Not done: process_refund was not approved (too late).",
            ],
        ),
    ],
)
def test_a_refund_is_proposed_as_soon_as_the_order_is_known(
    conversation: list[Any], steps: list[str]
) -> None:
    assert [talk(form, *conversation) for form in FORMS] == [steps, steps]


@pytest.mark.parametrize(
    ("view", "steps"),
    [
        ({"approved": True}, ["The result is 3."]),
        ({"approved": False}, ["Not done: divide was not approved."]),
        ({"approved": False, "comment": "no"}, ["Not done: divide was not approved (no)."]),
        (
            {"approved": False, "comment": "ask again"},
            ["Not done: divide was not approved (ask again). What now?"],
        ),
        ({"approved": False, "comment": "add 1 and 2"}, ["add 1 2", "The result is 3."]),
    ],
)
def test_a_yes_lets_it_go_on_and_a_no_is_heeded(view: dict[str, Any], steps: list[str]) -> None:
    for form in FORMS:
        assert talk(form, "divide 12 by 4", view)[1:] == steps


@pytest.mark.parametrize(
    ("conversation", "steps"),
    [
        (
            ["divide 12 by 0", "try 4"],
            ["divide needs a divisor that is not zero: which?", "divide 12 4", "The result is 3."],
        ),
        (
            ["add 1 and 2 and divide it by 0", "stop"],
            [..., ..., "Nothing more was done, as you say."],
        ),
        (["multiply 1e200 and 1e200", "2"], [..., "multiply 1e+200 2", ...]),
    ],
)
def test_an_error_that_another_number_mends_is_asked_about(
    conversation: list[str], steps: list[Any]
) -> None:
    for form in FORMS:
        decisions = talk(form, *conversation)[1:]
        assert len(decisions) == len(steps)
        assert all(step in (..., told) for step, told in zip(steps, decisions, strict=True))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("words", "step"),
    [("try again", "add 3 4"), ("add 3 and 5", "add 3 5"), ("stop", "Nothing more")],
)
def test_it_does_what_the_human_says_after_too_many_errors(
    words: str, step: str, form: ContextFormat
) -> None:
    call = decided({"intent": "add", "a": 3, "b": 4})
    thread = thread_of(
        said("add 3 and 4"), call, error("1"), asks("errors", "2"), answer("2", words)
    )
    assert short(decided(decide(thread, form))).startswith(step)


@pytest.mark.parametrize("form", FORMS)
def test_a_follow_up_goes_on_from_the_last_result(form: ContextFormat) -> None:
    decisions = talk(form, "multiply 3 and 4", "now add 5 to the result", "divide that by 2")
    assert decisions[1:4] == ["The result is 12.", "add 12 5", "The result is 17."]
    assert decisions[4:] == ["divide 17 2", "The result is 8.5."]


@pytest.mark.parametrize("form", FORMS)
def test_the_manager_is_asked_and_the_answer_passed_on(form: ContextFormat) -> None:
    text = "ask the manager whether we may close early"
    question = "request_approval_from_manager I was asked to ask you whether we may close early"
    assert talk(form, text) == [question, "The manager said yes."]
    no = {"approved": False, "comment": "not today"}
    assert talk(form, text, no) == [question, "The manager said no (not today)."]


@pytest.mark.parametrize("form", FORMS)
def test_other_triggers_are_read_too(form: ContextFormat) -> None:
    data = {"channel": "C1", "text": "add 3 and 4"}
    thread = thread_of(Trigger(type="slack_message", data=data))
    assert decide(thread, form) == {"intent": "add", "a": 3, "b": 4}


WORDS = "add multiply divide refund A-1001 ask the manager and by to result 3 -4.5 1e999 ( ) + / ?"
TEXT = some.one_of(some.text(), some.lists(some.sampled_from(WORDS.split())).map(" ".join))
TAGS = ("user_input", "error", "tool_response", "human_response", "orders", "divide", "cron_tick")
BODY = some.one_of(TEXT, some.sampled_from(["approved: false\ncomment: add 1", "A-1001: no", "["]))


@given(TEXT, TEXT)
def test_any_text_gets_the_same_valid_step_every_time(text: str, more: str) -> None:
    question = decided({"intent": "request_more_information", "message": "?"})
    for form in FORMS:
        thread = thread_of(said(text), question, answer("1", more))
        assert decide(thread, form) == decide(thread, form)


@given(some.lists(some.tuples(some.sampled_from(TAGS), BODY)), TEXT)
def test_any_prompt_gets_a_valid_step(events: list[tuple[str, str]], text: str) -> None:
    tags = "\n".join(f"<{tag}>\n{body}\n</{tag}>" for tag, body in events)
    lines = "\n".join(json.dumps({"type": tag, "data": body}) for tag, body in events)
    for context in (tags, lines, text):
        for prompt in (f"<thread>\n{context}\n</thread>", context):
            parse_next_step(json.loads(offline.reply(prompt)))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("refund order A-1001 for 30", 30),
        ("process a refund of 30 dollars for A-1001", 30),
        ("refund 1,000 for A-1001", 1000),
        ("refund half of A-1001", None),
        ("refund up to 10 for A-1001", None),
        ("refund -20 for A-1001", None),
        ("refund 10 or 20 for A-1001", None),
        ("refund everything except A-1001", None),
        ("cancel the refund for A-1001", None),
        ("should I refund A-1001?", None),
    ],
)
def test_no_amount_is_refunded_that_nobody_asked_for(text: str, amount: int | None) -> None:
    step = decide(thread_of(said(text)))
    proposed = step["amount"] if step["intent"] == "process_refund" else None
    assert (step["intent"] == "process_refund", proposed) == (amount is not None, amount)


@pytest.mark.parametrize("form", FORMS)
def test_a_no_to_a_second_run_does_not_say_that_nothing_was_done(form: ContextFormat) -> None:
    doubt: list[AnyEvent] = [yes(), started(), asks("in_doubt"), no("human-1")]
    step = decide(thread_of(said(), decided(APPROVAL_STEP), *doubt), form)
    assert step["intent"] == "done_for_now"
    assert "once, and not again" in step["message"]
