"""Factors 1 and 7: what a decision of the model is, and whose yes it needs."""

from .errors import WHATEVER
from .events import ToolCall
from .humans import HumanStep
from .steps import Ask
from .tools import NextStep, Tool, approver, parse_next_step


def step_of(call: ToolCall) -> NextStep | None:
    """None for a step that is gone: an older version of the agent decided it."""
    try:
        return parse_next_step(call.data)
    except WHATEVER:  # a validator is yours
        return None


def is_tool(call: ToolCall) -> bool:
    return not isinstance(step_of(call), HumanStep)


def who_approves(tool: Tool) -> Ask | None:
    """Where `approver` fails, somebody must say yes: a thread is read as it is all the same."""
    try:
        who = approver(tool)
    except WHATEVER:  # it is yours, as the tools are
        return Ask("a human")
    return Ask(who) if isinstance(who, str) else who


def asked_of(call: ToolCall) -> Ask | None:
    """Whose yes this call needs, if it is a tool's that needs one."""
    step = step_of(call)
    return None if step is None or isinstance(step, HumanStep) else who_approves(step)
