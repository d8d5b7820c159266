"""Factor 7: what became of what a human was asked, for whoever answers too late or again."""

from collections.abc import Sequence

from .events import (
    AnyEvent,
    Error,
    Expired,
    HumanRequest,
    HumanResponse,
    ToolCall,
    ToolDeferred,
    ToolResponse,
)


def became_of(call_id: str | None, events: Sequence[AnyEvent]) -> str | None:
    """In a few words; None for a call that nobody was asked about."""
    words: list[str] = []
    for event in events:
        if event.call_id != call_id:
            continue
        match event:
            case ToolCall() | HumanRequest():
                words = ["it waits no longer"]
            case HumanResponse():
                words = [f"it was {decision(event)}{by_whom(event)}"]
            case Expired():
                words = ["its time was over and nobody had answered"]
            case ToolDeferred():
                words.append("has begun")
            case ToolResponse():
                words.append("has run")
            case Error():
                words.append("has failed")
    return ", and ".join(words) or None


def decision(answer: HumanResponse) -> str:
    match answer.data:
        case {"approved": True, "arguments": _}:
            return "approved with other arguments"
        case {"approved": True}:
            return "approved"
        case {"approved": False}:
            return "rejected"
    return "answered"


def by_whom(answer: HumanResponse) -> str:
    channel, user = answer.data.get("channel"), answer.data.get("user")
    return f" by {channel}:{user}" if channel and user else ""
