"""Factor 10: an agent that goes round in circles. Derived from the events, as everything is."""

from collections.abc import Iterable, Sequence

from .events import (
    AnyEvent,
    HumanContacted,
    HumanResponse,
    Restarted,
    ToolCall,
    ToolResponse,
    Trigger,
)

ENOUGH = 3  # times that one call gives one result


def goes_in_circles(events: Sequence[AnyEvent]) -> ToolCall | None:
    """The call that has just given, for the third time since a human spoke, the same result."""
    calls: dict[str, ToolCall] = {}
    results: list[tuple[object, object]] = []
    last: ToolCall | None = None
    for event in events:
        match event:
            case Trigger() | HumanResponse():
                results = []
            case ToolCall(call_id=call_id):
                calls[call_id] = event
            case ToolResponse(call_id=call_id, data=data) if call_id in calls:
                last = calls[call_id]
                results.append((last.data, data))
    happened = [event for event in events if not isinstance(event, Restarted | HumanContacted)]
    just_now = bool(happened) and isinstance(happened[-1], ToolResponse)
    return last if just_now and results and results.count(results[-1]) >= ENOUGH else None


def was_refused(call: ToolCall, before: Iterable[AnyEvent]) -> bool:
    """Whether a human said no to this very call, or yes with other arguments, and has said nothing
    in words since. What was before it comes last things first.
    """
    answers: dict[str, HumanResponse] = {}
    for event in before:
        match event:
            case ToolCall(call_id=call_id) if call_id in answers and event.data == call.data:
                if not stands(event, answers[call_id]):
                    return True
            case Trigger():
                return False
            case HumanResponse() if "response" in event.data:
                return False
            case HumanResponse():
                answers[event.call_id] = event
    return False


def stands(call: ToolCall, answer: HumanResponse) -> bool:
    """Whether a human let it run as it was proposed."""
    arguments = answer.data.get("arguments", call.arguments)
    return bool(answer.data.get("approved")) and arguments == call.arguments
