"""Where a thread can stand, and where a decision leaves it."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from .events import ToolCall
from .humans import DoneForNow, HumanStep, RequestApprovalFromManager, RequestMoreInformation
from .tools import NextStep, approver, parse_next_step

Status = Literal[
    "running", "awaiting_human_response", "awaiting_human_approval", "done", "failed", "stopped"
]


@dataclass(frozen=True)
class AskModel:
    """It is the model's turn; the first until it has decided anything."""

    first: bool = False
    status: ClassVar[Status] = "running"


@dataclass(frozen=True)
class RunTool:
    """This call may run. One that was approved writes first that it has started."""

    call: ToolCall
    approved: bool = False
    status: ClassVar[Status] = "running"


@dataclass(frozen=True)
class InDoubt:
    """An approved call started and left no result: nobody knows whether it ran."""

    call: ToolCall
    status: ClassVar[Status] = "running"


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

    @property
    def status(self) -> Status:
        return "awaiting_human_approval" if self.for_approval else "awaiting_human_response"


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


def doubted(call: ToolCall) -> dict[str, Any]:
    return asked(call, urgency="high", format="yes_no")


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
