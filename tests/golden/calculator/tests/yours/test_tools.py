"""The tools: each call does what it says, once, and asks whom it has to."""

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agent.refunds import LEDGER, read
from agent.tools import approver, handle_next_step, parse_tool

from ..agent.processes import python

REFUND = {"intent": "process_refund", "order_id": "A-1001", "amount": 49.9, "reason": "broken"}


def result(intent: str, a: float, b: float, call_id: str = "1") -> Any:
    return run({"intent": intent, "a": a, "b": b}, call_id)


def run(step: dict[str, Any], call_id: str = "1") -> Any:
    return asyncio.run(handle_next_step(parse_tool(step), call_id))


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
        {"intent": "add", "a": 1},
        {"intent": "add", "a": 1, "b": "two"},
        {"intent": "add", "a": 1, "b": float("nan")},
        {"intent": "add", "a": 1, "b": float("inf")},
        REFUND | {"amount": None},
    ],
)
def test_what_is_no_number_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        parse_tool(data)


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


@pytest.mark.skipif(os.name == "nt", reason="modes are not how files are closed there")
def test_only_its_owner_reads_the_ledger() -> None:
    run(REFUND)
    ours = [LEDGER, *LEDGER.parent.glob(f"{LEDGER.name}.*")]
    assert {oct(path.stat().st_mode & 0o777) for path in ours} == {"0o600"}


def test_the_same_call_refunds_once() -> None:
    assert run(REFUND, "call-1") == run(REFUND, "call-1")
    assert [entry["call_id"] for entry in read()] == ["call-1"]


def test_an_order_is_refunded_once_unless_a_manager_wants_it() -> None:
    run(REFUND | {"amount": 20.1}, "call-1")
    with pytest.raises(ValueError, match="refunded already"):
        run(REFUND | {"amount": 1}, "call-2")
    run(REFUND | {"amount": 29.8, "again": True}, "call-3")
    assert [entry["amount"] for entry in read()] == [20.1, 29.8]
    with pytest.raises(ValueError, match=r"no more than 0\.0 of order"):
        run(REFUND | {"amount": 0.01, "again": True}, "call-4")


@pytest.mark.parametrize("order_id", ["A-9999", "", "a-1001", "A-1001 ", "customer"])
def test_nothing_is_refunded_for_an_order_that_is_none(order_id: str) -> None:
    with pytest.raises(ValueError, match="there is no order"):
        run(REFUND | {"order_id": order_id})
    assert read() == []


@pytest.mark.parametrize("amount", [0.001, 1e-9, 10.005, 49.899])
def test_no_part_of_a_cent_is_refunded(amount: float) -> None:
    with pytest.raises(ValueError, match=r"no money smaller than 0\.01"):
        run(REFUND | {"amount": amount})
    assert read() == []


@pytest.mark.parametrize("amount", [49.91, 4990, 10**30, 1e300])
def test_no_more_is_refunded_than_was_paid(amount: float) -> None:
    with pytest.raises(ValueError, match=r"no more than 49\.9"):
        run(REFUND | {"amount": amount})
    assert read() == []


def test_the_same_call_refunds_once_when_threads_race() -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: run(REFUND, "call-1"), range(8)))
    assert answers == [answers[0]] * 8
    assert len(read()) == 1


def test_the_same_call_refunds_once_when_processes_race() -> None:
    code = "import sys; from agent.refunds import refund; refund(sys.argv[1], sys.argv[2], 1, 'x')"
    orders = ("A-1001", "B-2001")
    racing = [python(code, f"call-{number % 2}", orders[number % 2]) for number in range(8)]
    assert [process.wait(60) for process in racing] == [0] * 8
    assert sorted(entry["call_id"] for entry in read()) == ["call-0", "call-1"]


@pytest.mark.parametrize("amount", [0, -1, -0.01])
def test_nothing_is_refunded_that_is_not_more_than_zero(amount: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        run(REFUND | {"amount": amount})
    assert read() == []
