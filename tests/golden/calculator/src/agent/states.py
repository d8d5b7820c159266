"""Where a thread can stand, where a decision leaves it, and what can follow what."""

from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

from . import events as happened
from .events import AnyEvent, ToolCall
from .humans import DoneForNow, HumanStep, RequestApprovalFromManager, RequestMoreInformation
from .tools import NextStep, approver, parse_next_step


@dataclass(frozen=True)
class AskModel:
    """It is the model's turn; the first until it has decided anything."""

    first: bool = False


@dataclass(frozen=True)
class RunTool:
    """This call may run. One that was approved writes first that it has started."""

    call: ToolCall
    approved: bool = False


@dataclass(frozen=True)
class InDoubt:
    """An approved call started and left no result: nobody knows whether it ran."""

    call: ToolCall


@dataclass(frozen=True)
class Waiting:
    """A human is asked; the fields are those of `awaiting` in the API."""

    call_id: str
    reason: Literal["question", "approval", "in_doubt", "errors", "steps"]
    question: str
    intent: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    urgency: Literal["low", "medium", "high"] = "medium"
    format: Literal["free_text", "yes_no", "multiple_choice"] = "free_text"
    choices: list[str] = field(default_factory=list)

    @property
    def for_approval(self) -> bool:
        return self.reason in ("approval", "in_doubt")


@dataclass(frozen=True)
class Finished:
    """Nothing to do until somebody speaks again (done), resumes (failed), or ever (stopped)."""

    status: Literal["done", "failed", "stopped"]
    running: str | None = None  # the call that ran when the thread was stopped


State = AskModel | RunTool | InDoubt | Waiting | Finished


def step_of(call: ToolCall) -> NextStep | None:
    """None for a step that is gone: an older version of the agent decided it."""
    try:
        return parse_next_step(call.data)
    except ValueError:
        return None


def is_tool(call: ToolCall) -> bool:
    return not isinstance(step_of(call), HumanStep)


def asked(call: ToolCall, **style: Any) -> dict[str, Any]:
    return {"intent": call.intent, "arguments": call.arguments, **style}


def after_decision(call: ToolCall) -> State:
    match step_of(call):
        case None:
            return RunTool(call)  # running it fails, and the model is told
        case DoneForNow():
            return Finished("done")
        case RequestMoreInformation() as ask:
            style = ask.model_dump(include={"urgency", "format", "choices"}, exclude_none=True)
            return Waiting(call.call_id, "question", ask.message, **asked(call, **style))
        case RequestApprovalFromManager() as ask:
            return Waiting(call.call_id, "approval", ask.message, **asked(call, format="yes_no"))
        case tool:
            who = approver(tool)
            question = f"{call.intent} needs the yes of {who}"
            approval = Waiting(call.call_id, "approval", question, **asked(call, format="yes_no"))
            return approval if who else RunTool(call)


def may_run(state: State) -> str | None:
    """The id of the call whose result can come now."""
    match state:
        case RunTool(call, approved=False) | InDoubt(call):
            return call.call_id
        case Finished():
            return state.running
    return None


def can_follow(state: State, event: AnyEvent) -> bool:
    match event:
        case happened.Trigger():
            return state == Finished("done")
        case happened.Prefetched():
            return state == AskModel(first=True)
        case happened.ToolCall() | happened.ModelFailed():
            return isinstance(state, AskModel)
        case happened.ToolStarted():
            starts = (True, event.call_id)
            return isinstance(state, RunTool) and (state.approved, state.call.call_id) == starts
        case happened.ToolResponse():
            return may_run(state) == event.call_id
        case happened.Error():
            return may_run(state) == event.call_id if event.call_id else isinstance(state, AskModel)
        case happened.HumanRequest():
            return isinstance(state, InDoubt if event.data["reason"] == "in_doubt" else AskModel)
        case happened.HumanResponse():
            return isinstance(state, Waiting) and is_answer(state, event)
        case happened.Resumed():
            return state == Finished("failed")
        case happened.Stopped():
            return not isinstance(state, Finished) or state.status == "failed"
        case never:
            assert_never(never)


def is_answer(asked: Waiting, event: happened.HumanResponse) -> bool:
    kinds = {"approved", "response"} & event.data.keys()
    wanted = "approved" if asked.for_approval else "response"
    return event.call_id == asked.call_id and kinds == {wanted}


def refusal(state: State, event: AnyEvent) -> str:
    """Why it cannot follow, for whoever sent it."""
    if isinstance(event, happened.Trigger):
        return "only a thread that is done takes a new message; to answer, name the call_id"
    if isinstance(event, happened.Resumed | happened.Stopped):
        return f"it cannot be {event.type}"
    if not isinstance(event, happened.HumanResponse):
        return f"{event.type} cannot come now"
    if not isinstance(state, Waiting) or state.call_id != event.call_id:
        return f"call {event.call_id} is not waiting for a human"
    wanted = "an approval or a rejection" if state.for_approval else "an answer in words"
    return f"call {event.call_id} waits for {wanted}"
