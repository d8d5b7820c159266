"""Factors 1 and 7: what a decision of the model is, and whose yes it needs."""

from copy import deepcopy
from datetime import timedelta

from .events import ToolCall
from .humans import HumanStep
from .steps import Ask
from .tools import NextStep, Tool, approver, parse_next_step

SOMEBODY = "a human"


def step_of(call: ToolCall) -> NextStep | None:
    """None for a step that is gone: an older version of the agent decided it."""
    try:
        return parse_next_step(deepcopy(call.data))  # which a validator may change
    except BaseException:  # noqa: BLE001, a validator is yours
        return None


def is_tool(call: ToolCall) -> bool:
    return not isinstance(step_of(call), HumanStep)


def who_approves(tool: Tool) -> Ask | None:
    """Where `approver` fails, somebody must say yes: a thread is read as it is all the same."""
    try:
        who = approver(tool)
        return who if who is None else rebuilt(who if isinstance(who, Ask) else Ask(who))
    except BaseException:  # noqa: BLE001, it is yours; a Ctrl-C of ours asyncio raises elsewhere
        return Ask(SOMEBODY)


def rebuilt(who: Ask) -> Ask:
    """Of nobody's own classes. Raises TypeError where the role is no text, the time no duration."""
    role = str.encode(who.role, "utf-8", "replace").decode()
    return Ask(role or SOMEBODY, None if who.within is None else timedelta() + who.within)


def asked_of(call: ToolCall) -> Ask | None:
    """Whose yes this call needs, if it is a tool's that needs one."""
    step = step_of(call)
    return None if step is None or isinstance(step, HumanStep) else who_approves(step)
