"""Factor 12: where a thread stands, a pure function of its events.

`state_of` is the reducer. Of what happened it reads what the last event means, given the last
decision; what happened is never judged again, so new rules make no old thread impossible.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile, islice
from typing import Any, ClassVar, Literal, assert_never

from .decisions import SOMEBODY, asked_of, is_tool, step_of, who_approves
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
from .humans import DoneForNow, RequestApprovalFromManager, RequestMoreInformation
from .repetition import was_refused
from .shapes import moment
from .waiting import Aside, Status, Waiting

MANAGER = "a manager"  # whom `request_approval_from_manager` asks
MAX_STARTS = 3  # of one thread without anything coming of them


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
class Refused:
    """A human said no to this very call, and it is proposed again: it is not put to them so."""

    call: ToolCall
    status: ClassVar[Status] = "running"


@dataclass(frozen=True)
class BroughtDown:
    """Taken up so often that what it does next is likely what ends the process."""

    call: ToolCall | None
    status: ClassVar[Status] = "running"


@dataclass(frozen=True)
class Finished:
    """Nothing to do until somebody speaks again (done), resumes (failed), or ever (stopped)."""

    status: Literal["done", "failed", "stopped"]
    running: str | None = None  # the call that ran when the thread was stopped


State = AskModel | RunTool | InDoubt | Refused | BroughtDown | Waiting | Finished


def state_of(events: Sequence[AnyEvent]) -> State:
    """What to do next. Without any event there is nothing to do."""
    begun = place_of_decision(events)
    since = events[begun:]
    asides = [event for event in since if isinstance(event, Aside)]
    if not asides:
        return reduced(events)
    state = reduced([*events[:begun], *(event for event in since if not isinstance(event, Aside))])
    return state.after(asides) if isinstance(state, Waiting) else state


def place_of_decision(events: Sequence[AnyEvent]) -> int:
    """Of the last one; 0 where there is none."""
    place = len(events) - 1
    while place > 0 and not isinstance(events[place], ToolCall):
        place -= 1
    return max(place, 0)


def reduced(events: Sequence[AnyEvent]) -> State:
    """Without what happens aside, while a thread waits."""
    if not events:
        return Finished("done")
    if any(isinstance(event, Stopped) for event in events[-2:-1]):
        return Finished("stopped")  # behind it, only the result of a call that was running
    match events[-1]:
        case Trigger() | Prefetched() | Resumed() | ToolResponse() | Error() | Expired():
            return AskModel(first=last_decision(events) is None)
        case ToolCall() as call:
            before = islice(reversed(events), 1, None)
            return Refused(call) if was_refused(call, before) else after_decision(call)
        case ToolDeferred() as deferred:
            return for_result(deferred, as_approved(decision_of(events), events))
        case ToolStarted():
            return InDoubt(as_approved(decision_of(events), events))
        case Restarted():
            return after_restart(events)
        case HumanRequest() as request:
            return after_request(request, events)
        case HumanResponse() as answer:
            return after_answer(answer, events)
        case ModelFailed():
            return Finished("failed")
        case Stopped():
            return Finished("stopped", may_run(reduced(events[:-1])))
        case HumanContacted() | Postponed():
            raise LookupError("this happens aside")
        case never:
            assert_never(never)


def after_decision(call: ToolCall) -> State:
    match step_of(call):
        case None:
            return RunTool(call)  # running it fails, and the model is told
        case DoneForNow():
            return Finished("done")
        case RequestMoreInformation() as ask:
            style = ask.model_dump(include={"urgency", "format", "choices"}, exclude_none=True)
            return Waiting(call.call_id, "question", ask.message, **about(call), **style)
        case RequestApprovalFromManager() as ask:
            yes_no: Any = {"format": "yes_no", "approver": MANAGER, **about(call)}
            return Waiting(call.call_id, "approval", ask.message, **yes_no)
        case tool:
            if (who := who_approves(tool)) is None:
                return RunTool(call)
            question = f"{call.intent} needs the yes of {who.role}"
            yes_no = {"format": "yes_no", "approver": who.role, "within": who.within}
            return Waiting(call.call_id, "approval", question, **yes_no, **about(call))


def for_result(deferred: ToolDeferred, call: ToolCall) -> Waiting:
    until, at = deferred.data.get("until"), deferred.at
    within = moment(until) - at if until and at else None
    waits: Any = about(call) | {"asked_at": at, "within": within}
    return Waiting(call.call_id, "result", f"{call.intent} goes on: its result is to come", **waits)


def after_restart(events: Sequence[AnyEvent]) -> State:
    """As before, until it has happened too often; a call in doubt is one and does not run again."""
    before = list(dropwhile(lambda event: isinstance(event, Restarted), reversed(events)))[::-1]
    state = reduced(before)
    if len(events) - len(before) < MAX_STARTS or not isinstance(state, AskModel | RunTool):
        return state
    return BroughtDown(state.call if isinstance(state, RunTool) else None)


def after_request(request: HumanRequest, events: Sequence[AnyEvent]) -> Waiting:
    reason, question = request.data["reason"], request.data["question"]
    asked: Any = {}
    if reason == "repeated" and (call := last_decision(events)):
        asked |= about(call)
    if reason == "in_doubt":
        call = as_approved(decision_of(events), events)
        who = asked_of(call)
        asked |= {
            "urgency": "high",
            "format": "yes_no",
            "approver": who.role if who else SOMEBODY,
            **about(call),
        }
    return Waiting(request.call_id, reason, question, **asked | {"asked_at": request.at})


def after_answer(answer: HumanResponse, events: Sequence[AnyEvent]) -> State:
    """A yes to a tool lets it run; a yes to a question authorises nothing."""
    call, asked_for = last_decision(events), events[-2].call_id == answer.call_id
    if call and is_tool(call) and asked_for and answer.data.get("approved"):
        return RunTool(as_approved(call, events), approved=True)
    return AskModel()


def as_approved(call: ToolCall, events: Sequence[AnyEvent]) -> ToolCall:
    """As it runs: with the arguments that a human gave it, if one did."""
    for event in reversed(events):
        if isinstance(event, HumanResponse) and event.call_id == call.call_id:
            changed = event.data.get("arguments")
            return call if changed is None else call.with_arguments(changed)
    return call


def may_run(state: State) -> str | None:
    """The id of the call whose result can come now."""
    match state:
        case RunTool(call, approved=False) | InDoubt(call):
            return call.call_id
        case Finished():
            return state.running
    return None


def last_decision(events: Sequence[AnyEvent]) -> ToolCall | None:
    return next((event for event in reversed(events) if isinstance(event, ToolCall)), None)


def decision_of(events: Sequence[AnyEvent]) -> ToolCall:
    """Raises LookupError where nothing was decided: such a thread is none."""
    if call := last_decision(events):
        return call
    raise LookupError("this follows a decision, and there is none")


def about(call: ToolCall) -> dict[str, Any]:
    """What a human is told of the call that waits for them."""
    return {"intent": call.intent, "arguments": call.arguments, "asked_at": call.at}
