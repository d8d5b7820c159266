"""Factor 10: an agent that goes round in circles. Derived from the events, as everything is."""

from collections.abc import Iterable, Sequence
from itertools import dropwhile, takewhile

from .events import (
    AnyEvent,
    HumanContacted,
    HumanResponse,
    Restarted,
    ToolCall,
    ToolResponse,
    Trigger,
)

ASIDE = (Restarted, HumanContacted)
SPOKEN = (Trigger, HumanResponse)
ENOUGH = 3  # times that one call gives one result


def goes_in_circles(events: Sequence[AnyEvent]) -> ToolCall | None:
    """The call that has just given, for the third time since a human spoke, the same result."""
    happened = dropwhile(lambda event: isinstance(event, ASIDE), reversed(events))
    since = takewhile(lambda event: not isinstance(event, SPOKEN), happened)
    last = next(since, None)
    if not isinstance(last, ToolResponse):
        return None
    results = (event for event in since if isinstance(event, ToolResponse))
    same = [last.call_id, *(event.call_id for event in results if event.data == last.data)]
    if len(same) < ENOUGH:
        return None
    calls = {event.call_id: event for event in events if isinstance(event, ToolCall)}
    call, *others = (calls.get(call_id) for call_id in same)
    if call is None:
        return None
    again = [other for other in others if other and other.data == call.data]
    return call if len(again) + 1 >= ENOUGH else None


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
