"""The tools: what the model may ask for, which calls need a human's yes, and what runs.

To add one: a class here and in `baml_src/tools.baml`, its name in both unions called `Tool`, its
case in `approver` and in `handle_next_step`. mypy and `tests/agent/test_steps.py` say what you
forgot.
"""

from math import isfinite
from typing import Annotated, Any, Literal, assert_never

from pydantic import Field, TypeAdapter

from .humans import HumanStep
from .refunds import refund
from .steps import ToolStep


class Add(ToolStep):
    intent: Literal["add"] = "add"
    a: int | float
    b: int | float


class Subtract(ToolStep):
    intent: Literal["subtract"] = "subtract"
    a: int | float
    b: int | float


class Multiply(ToolStep):
    intent: Literal["multiply"] = "multiply"
    a: int | float
    b: int | float


class Divide(ToolStep):
    intent: Literal["divide"] = "divide"
    a: int | float
    b: int | float


class ProcessRefund(ToolStep):
    intent: Literal["process_refund"] = "process_refund"
    order_id: str
    amount: int | float
    reason: str
    again: bool | None = None


Tool = Add | Subtract | Multiply | Divide | ProcessRefund
NextStep = Tool | HumanStep

_tool: TypeAdapter[Tool] = TypeAdapter(Annotated[Tool, Field(discriminator="intent")])
_next_step: TypeAdapter[NextStep] = TypeAdapter(Annotated[NextStep, Field(discriminator="intent")])


def parse_tool(data: dict[str, Any]) -> Tool:
    """Raises ValueError for what is no tool of ours."""
    return _tool.validate_python(data)


def parse_next_step(data: dict[str, Any]) -> NextStep:
    """Raises ValueError for what is neither a tool nor a step that asks a human."""
    return _next_step.validate_python(data)


def approver(tool: Tool) -> str | None:
    """Who must say yes before this call runs; nobody if None. Said here and nowhere else.

    It names a role. Who has it says AGENT_APPROVERS; while that is unset, whoever may answer.
    """
    match tool:
        case Divide():
            return "a human"
        case ProcessRefund():
            return "a manager"
        case Add() | Subtract() | Multiply():
            return None
        case never:
            assert_never(never)


async def handle_next_step(tool: Tool, call_id: str) -> Any:
    """Run one call and return its result, any JSON.

    `call_id` is the idempotency key: after a crash the same call may come again.
    Whatever is raised becomes an `error` event that the model reads.
    """
    match tool:
        case Add():
            return rounded(tool.a + tool.b)
        case Subtract():
            return rounded(tool.a - tool.b)
        case Multiply():
            return rounded(tool.a * tool.b)
        case Divide():
            return divide(tool.a, tool.b)
        case ProcessRefund():
            again = bool(tool.again)
            return refund(call_id, tool.order_id, tool.amount, tool.reason, again=again)
        case never:
            assert_never(never)


def divide(a: float, b: float) -> int | float:
    if b == 0:
        raise ValueError("cannot divide by zero: ask for another divisor")
    return rounded(a / b)


def rounded(number: float) -> int | float:
    """To fifteen digits, all that a float holds; a whole number has no point."""
    if isinstance(number, int):
        return number
    if not isfinite(number):
        raise OverflowError("the result is too large: use smaller numbers")
    shown = float(f"{number:.15g}")
    return int(shown) if shown.is_integer() and abs(shown) < 1e15 else shown
