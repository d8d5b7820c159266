"""Factor 12: what can follow where a thread stands, and why something cannot."""

import json
from typing import Any, assert_never

from .decisions import asked_of
from .errors import format_error
from .events import (
    AnyEvent,
    Error,
    Expired,
    HumanContacted,
    HumanRequest,
    HumanResponse,
    ModelFailed,
    Postponed,
    Prefetched,
    Restarted,
    Resumed,
    Stopped,
    ToolCall,
    ToolDeferred,
    ToolResponse,
    ToolStarted,
    Trigger,
)
from .exactness import changed
from .states import (
    AskModel,
    BroughtDown,
    Finished,
    InDoubt,
    Refused,
    RunTool,
    State,
    may_run,
)
from .tools import Tool, parse_tool
from .waiting import Waiting

# Where a thread stands when the loop itself asks a human.
ASKED_BECAUSE = {
    "errors": AskModel,
    "steps": AskModel,
    "size": AskModel,
    "repeated": AskModel | Refused,
    "restarts": BroughtDown,
    "in_doubt": InDoubt,
}


def can_follow(state: State, event: AnyEvent) -> bool:
    match event:
        case Trigger():
            return state == Finished("done")
        case Prefetched():
            return state == AskModel(first=True)
        case ToolCall() | ModelFailed():
            return isinstance(state, AskModel)
        case ToolStarted():
            starts = (True, event.call_id)
            return isinstance(state, RunTool) and (state.approved, state.call.call_id) == starts
        case ToolDeferred():
            return not isinstance(state, Finished) and may_run(state) == event.call_id
        case ToolResponse():
            return event.call_id in (may_run(state), deferred(state))
        case Error():
            if event.call_id is None:
                return isinstance(state, AskModel)
            return event.call_id in (may_run(state), deferred(state))
        case HumanRequest():
            return isinstance(state, ASKED_BECAUSE[event.data["reason"]])
        case HumanResponse():
            return isinstance(state, Waiting) and is_answer(state, event)
        case HumanContacted():
            # Who was told just then has a message that is to say what became of it.
            return state.status != "stopped" or not {"ref", "became"}.isdisjoint(event.data)
        case Postponed():
            return asks(state, event.call_id) and deferred(state) is None
        case Expired():
            return asks(state, event.call_id) and expires(state)
        case Restarted():
            return state.status == "running"
        case Resumed():
            return state == Finished("failed")
        case Stopped():
            return not isinstance(state, Finished) or state.status == "failed"
        case never:
            assert_never(never)


def asks(state: State, call_id: str) -> bool:
    return isinstance(state, Waiting) and state.call_id == call_id


def expires(state: State) -> bool:
    """What the loop itself asks does not."""
    return isinstance(state, Waiting) and state.reason in ("question", "approval", "result")


def deferred(state: State) -> str | None:
    """The id of the call whose result is to come from outside."""
    return state.call_id if isinstance(state, Waiting) and state.reason == "result" else None


def is_answer(asked: Waiting, event: HumanResponse) -> bool:
    kinds = {"approved", "response"} & event.data.keys()
    wanted = "approved" if asked.for_approval else "response"
    is_asked = event.call_id == asked.call_id and asked.reason != "result"
    return is_asked and kinds == {wanted} and not misfit(asked, event)


def misfit(asked: Waiting, event: HumanResponse) -> str | None:
    """Why the call cannot run with the arguments that a human gives it, if they give any."""
    if "arguments" not in event.data:
        return None
    if asked.reason == "in_doubt":
        return "a call in doubt is run as it was begun: leave the arguments out"
    if asked.reason != "approval" or not event.data.get("approved"):
        return "only a call that is approved can be given other arguments"
    if fault := untaken(asked, event):
        return fault
    call = ToolCall(call_id=asked.call_id, data=call_of(asked, event.data["arguments"]))
    who = asked_of(call)
    if who is None or who.role == asked.approver:
        return None
    return f"with these arguments it needs the yes of {who.role}: reject it, and say what you want"


def untaken(asked: Waiting, event: HumanResponse) -> str | None:
    """What is wrong with the arguments for the class of the call."""
    if "arguments" not in event.data:
        return None
    if "intent" in event.data["arguments"]:
        return "the intent of a call cannot be changed: leave it out, or reject the call"
    try:
        given = call_of(asked, event.data["arguments"])
        names = changed(given, strictly(given).model_dump(by_alias=True))
    except BaseException as error:  # noqa: BLE001, a validator is yours
        return f"{asked.intent} does not take these arguments: {format_error(error)}"
    return f"{asked.intent} would not run with {names[0]} as it is written" if names else None


def strictly(given: dict[str, Any]) -> Tool:
    """The call, read as a reply of the model's is: a yes is no 1, and a text is no number. Raises
    whatever its validators do.
    """
    return type(parse_tool(given)).model_validate_json(json.dumps(given), strict=True)


def call_of(asked: Waiting, arguments: dict[str, Any]) -> dict[str, Any]:
    return {**arguments, "intent": asked.intent}


def refusal(state: State, event: AnyEvent) -> str:
    """Why it cannot follow, for whoever sent it."""
    if isinstance(event, Trigger):
        return "only a thread that is done takes a new message; to answer, name the call_id"
    if isinstance(event, Resumed | Stopped):
        return f"it cannot be {event.type}"
    if isinstance(event, ToolResponse | Error) and event.call_id:
        return f"call {event.call_id} waits for no result"
    if not isinstance(event, HumanResponse):
        return f"{event.type} cannot come now"
    if not isinstance(state, Waiting) or state.call_id != event.call_id:
        return f"call {event.call_id} is not waiting for a human"
    if state.reason == "result":
        return f"call {event.call_id} waits for its result, and for no human"
    if why := misfit(state, event):
        return why
    wanted = "an approval or a rejection" if state.for_approval else "an answer in words"
    return f"call {event.call_id} waits for {wanted}"
