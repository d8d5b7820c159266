"""The tools: the model is shown what the code has, and each call does what it says, once."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from agent import baml
from agent.humans import HumanStep
from agent.refunds import LEDGER, read
from agent.tools import (
    NextStep,
    Tool,
    ToolStep,
    approver,
    handle_next_step,
    parse_next_step,
    parse_tool,
)

from .processes import python

UNIONS = {"Tool": Tool, "HumanStep": HumanStep, "NextStep": NextStep}
STEPS: tuple[type[BaseModel], ...] = get_args(NextStep)
REFUND = {"intent": "process_refund", "order_id": "A-1001", "amount": 49.9, "reason": "broken"}


def shown(name: str) -> Any:
    """What `baml_src` says under this name, as the generated client has it."""
    return getattr(baml.generated("types"), name)


def names(union: Any) -> set[str]:
    """The members of a union; of one member, Python makes no union."""
    return {
        getattr(step, "__name__", getattr(step, "__forward_arg__", "")) for step in members(union)
    }


def members(union: Any) -> tuple[Any, ...]:
    return get_args(union) or (union,)


def shape(annotation: Any) -> frozenset[Any]:
    """The kinds of values it lets through: `int | None` is the same however it is written."""
    kind, inner = get_origin(annotation), get_args(annotation)
    if kind in (Union, UnionType):
        return frozenset().union(*map(shape, inner))
    if kind is Literal:
        return frozenset(inner)
    if inner:
        return frozenset({(kind, *map(shape, inner))})
    return frozenset({getattr(annotation, "__name__", annotation)})


def fields(step: type[BaseModel]) -> dict[str, frozenset[Any]]:
    return {name: shape(field.annotation) for name, field in step.model_fields.items()}


def result(intent: str, a: float, b: float, call_id: str = "1") -> Any:
    return run({"intent": intent, "a": a, "b": b}, call_id)


def run(step: dict[str, Any], call_id: str = "1") -> Any:
    return asyncio.run(handle_next_step(parse_tool(step), call_id))


@pytest.mark.parametrize("union", UNIONS)
def test_the_model_is_shown_every_step_and_no_other(union: str) -> None:
    code, prompt = names(UNIONS[union]), names(shown(union))
    assert not code - prompt, f"{union} in baml_src lacks {', '.join(sorted(code - prompt))}"
    assert not prompt - code, f"{union} in src/agent lacks {', '.join(sorted(prompt - code))}"


def test_every_tool_is_in_the_union() -> None:
    forgotten = {tool.__name__ for tool in ToolStep.__subclasses__()} - names(Tool)
    assert not forgotten, f"{', '.join(forgotten)} is in no union"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_step_has_the_same_fields_in_code_and_prompt(step: type[BaseModel]) -> None:
    assert fields(step) == fields(shown(step.__name__)), f"{step.__name__} differs"
    assert list(fields(step)) == list(fields(shown(step.__name__)))


def test_intents_are_unique() -> None:
    assert len({step.model_fields["intent"].default for step in STEPS}) == len(STEPS)


@pytest.mark.parametrize(
    ("intent", "a", "b", "value"),
    [
        ("add", 3, 4, 7),
        ("add", 0.1, 0.2, 0.3),
        ("add", 2**60, 1, 2**60 + 1),
        ("subtract", 3, 10, -7),
        ("subtract", 0.3, 0.1, 0.2),
        ("multiply", 3, 4, 12),
        ("multiply", 1.1, 1.1, 1.21),
        ("multiply", -2.5, 2, -5),
        ("divide", 12, 4, 3),
        ("divide", 10, 4, 2.5),
        ("divide", 1, 3, 0.333333333333333),
        ("divide", 0, 5, 0),
    ],
)
def test_an_operation_gives_what_a_calculator_shows(
    intent: str, a: float, b: float, value: float
) -> None:
    assert repr(result(intent, a, b)) == repr(value)


@pytest.mark.parametrize("zero", [0, 0.0, -0.0])
def test_nothing_is_divided_by_zero(zero: float) -> None:
    with pytest.raises(ValueError, match="divide by zero"):
        result("divide", 1, zero)


@pytest.mark.parametrize(
    ("intent", "a", "b"),
    [
        ("add", 1.7e308, 1.7e308),
        ("subtract", -1.7e308, 1.7e308),
        ("multiply", 1e200, 1e200),
        ("divide", 1e200, 1e-200),
        ("divide", 10**400, 3),
        ("multiply", 10**400, 0.5),
    ],
)
def test_a_result_that_is_too_large_is_an_error_and_no_infinity(
    intent: str, a: float, b: float
) -> None:
    with pytest.raises(OverflowError, match="too large"):
        result(intent, a, b)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"intent": "sing"},
        {"intent": "add", "a": 1},
        {"intent": "add", "a": 1, "b": "two"},
        {"intent": "add", "a": 1, "b": float("nan")},
        {"intent": "add", "a": 1, "b": float("inf")},
        {"intent": "add", "a": 1, "b": 2, "c": 3},
        REFUND | {"amount": None},
    ],
)
def test_what_is_no_step_is_refused(data: dict[str, Any]) -> None:
    for parse in (parse_tool, parse_next_step):
        with pytest.raises(ValueError, match="validation error"):
            parse(data)


def test_a_question_to_a_human_is_a_step_and_no_tool() -> None:
    question = {"intent": "request_more_information", "message": "which?"}
    assert parse_next_step(question).intent == "request_more_information"
    with pytest.raises(ValueError, match="request_more_information"):
        parse_tool(question)


@pytest.mark.parametrize(
    ("intent", "who"), [("add", None), ("subtract", None), ("multiply", None), ("divide", "human")]
)
def test_a_division_needs_a_yes(intent: str, who: str | None) -> None:
    needed = approver(parse_tool({"intent": intent, "a": 1, "b": 2}))
    assert needed is None if who is None else who in str(needed)


def test_a_refund_needs_the_yes_of_a_manager() -> None:
    assert "manager" in str(approver(parse_tool(REFUND)))


def test_a_refund_is_a_line_in_the_ledger() -> None:
    assert run(REFUND, "call-1") == {"order_id": "A-1001", "refunded": 49.9}
    [entry] = [json.loads(line) for line in LEDGER.read_text("utf-8").splitlines()]
    kept = {name: entry[name] for name in ("call_id", "order_id", "amount", "reason")}
    assert kept == {"call_id": "call-1"} | {k: v for k, v in REFUND.items() if k != "intent"}


def test_the_same_call_refunds_once() -> None:
    assert run(REFUND, "call-1") == run(REFUND, "call-1")
    run(REFUND, "call-2")
    assert [entry["call_id"] for entry in read()] == ["call-1", "call-2"]


def test_the_same_call_refunds_once_when_threads_race() -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: run(REFUND, "call-1"), range(8)))
    assert answers == [answers[0]] * 8
    assert len(read()) == 1


def test_the_same_call_refunds_once_when_processes_race() -> None:
    code = "import sys; from agent.refunds import refund; refund(sys.argv[1], 'A-1', 1, 'x')"
    racing = [python(code, f"call-{number % 2}") for number in range(8)]
    assert [process.wait(60) for process in racing] == [0] * 8
    assert sorted(entry["call_id"] for entry in read()) == ["call-0", "call-1"]


@pytest.mark.parametrize("amount", [0, -1, -0.01])
def test_nothing_is_refunded_that_is_not_more_than_zero(amount: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        run(REFUND | {"amount": amount})
    assert read() == []
