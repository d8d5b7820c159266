"""What happened, as a human reads it: who said or did what, to which call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, assert_never

from ...decisions import asked_of, step_of
from ...events import (
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
    Told,
    ToolCall,
    ToolDeferred,
    ToolResponse,
    ToolStarted,
    Trigger,
)
from ...humans import (
    HUMAN_INTENTS,
    DoneForNow,
    RequestApprovalFromManager,
    RequestMoreInformation,
)
from ...redaction import marked
from ...shapes import moment
from ...shown import in_full, key_of, quoted
from ...thread import Thread
from ...waiting import Waiting

Tone = Literal["human", "agent", "asks", "tool", "good", "bad", "quiet"]


@dataclass(frozen=True)
class Entry:
    """One event. `says` is somebody's words, `shows` any JSON, `lines` a call's arguments."""

    id: int
    at: datetime | None
    tone: Tone
    who: str
    title: str = ""
    says: str = ""
    shows: Any = None
    lines: tuple[tuple[str, str], ...] = ()
    note: str = ""
    until: datetime | None = None
    call_id: str = ""
    is_call: bool = False
    decision: bool = False
    tokens: tuple[int, int] | None = None


def timeline(thread: Thread) -> list[Entry]:
    return [entry_of(event, thread) for event in thread.events]


def entry_of(event: AnyEvent, thread: Thread) -> Entry:
    return Entry(event.id, event.at, call_id=event.call_id or "", **content_of(event, thread))


def content_of(event: AnyEvent, thread: Thread) -> dict[str, Any]:
    match event:
        case Trigger():
            kind = "" if event.type == "user_input" else event.type
            return {"tone": "human", "who": sender_of(event), "title": kind, **said(event.data)}
        case Prefetched(data=found):
            return {"tone": "quiet", "who": "looked up", "title": event.type, "shows": found}
        case ToolCall():
            return {**decided(event), "decision": True, "tokens": tokens_of(event)}
        case ToolStarted():
            return {"tone": "quiet", "who": name_of(event, thread), "title": "started"}
        case ToolResponse(data=result):
            who = name_of(event, thread)
            return {"tone": "good", "who": who, "title": "result", **said(result)}
        case Error() | ModelFailed():
            about = name_of(event, thread) if event.call_id else "the model"
            title = "failed" if isinstance(event, ModelFailed) else "error"
            return {"tone": "bad", "who": about, "title": title, "says": for_people(event)}
        case HumanRequest(data=asked):
            return {"tone": "asks", "who": "agent", "title": "asks", "says": asked["question"]}
        case HumanResponse():
            return answered(event)
        case HumanContacted(data=contact):
            return contacted(contact)
        case Postponed(data=data):
            who = named(dict(data)) or "a human"
            return {"tone": "quiet", "who": who, "title": "not now", "until": moment(data["until"])}
        case Expired(data=data):
            return {"tone": "bad", "who": "nobody", "title": "answered", "says": data["message"]}
        case ToolDeferred(data=data):
            who, note = name_of(event, thread), data.get("ref", "")
            until = moment(data["until"]) if "until" in data else None
            return {"tone": "quiet", "who": who, "title": "goes on", "until": until, "note": note}
        case Restarted():
            return {"tone": "quiet", "who": "server", "title": "took it up again after a restart"}
        case Resumed() | Stopped():
            return {"tone": "quiet", "who": named(event.data) or "somebody", "title": event.type}
        case never:
            assert_never(never)


def decided(call: ToolCall) -> dict[str, Any]:
    """The model's decision: words for a human, or a call with its arguments."""
    match step_of(call):
        case DoneForNow(message=message):
            return {"tone": "agent", "who": "agent", "says": message}
        case RequestMoreInformation(message=message, context=context):
            asks = {"tone": "asks", "who": "agent", "title": "asks", "says": message}
            return {**asks, "note": context or ""}
        case RequestApprovalFromManager(message=message):
            return {"tone": "asks", "who": "agent", "title": "asks a manager", "says": message}
    who = asked_of(call)
    return {
        "tone": "asks" if who else "tool",
        "who": "agent",
        "title": call.intent,
        "lines": lines_of(call.arguments),
        "is_call": True,
        "note": f"needs the yes of {who.role}" if who else "",
    }


def answered(event: HumanResponse) -> dict[str, Any]:
    who, data = named(dict(event.data)) or "a human", event.data
    if "approved" not in data:
        return {"tone": "human", "who": who, "title": "answered", "says": data.get("response", "")}
    changed = data.get("arguments")
    verdict = "approved" if data["approved"] else "rejected"
    return {
        "tone": "good" if data["approved"] else "bad",
        "who": who,
        "title": verdict if changed is None else f"{verdict}, with changes",
        "says": data.get("comment", ""),
        "lines": lines_of(changed or {}),
    }


def contacted(data: Told) -> dict[str, Any]:
    """Who was told what waits, or why they could not be."""
    to = f"{data['channel']}:{data['to']}" if "to" in data else data["channel"]
    if "failed" in data:
        return {"tone": "bad", "who": to, "title": "could not be told", "says": data["failed"]}
    if "became" in data:
        return {"tone": "quiet", "who": to, "title": "says now", "note": data["became"]}
    return {"tone": "quiet", "who": to, "title": "told", "note": data.get("ref", "")}


def said(value: Any) -> dict[str, Any]:
    return {"says": value} if isinstance(value, str) else {"shows": value}


def lines_of(given: Mapping[str, Any], whole: bool = False) -> tuple[tuple[str, str], ...]:
    """As they run, an argument a line; secrets are told by their length and their ends."""
    shown = in_full if whole else quoted
    return tuple((key_of(name), shown(value)) for name, value in marked(dict(given)).items())


def call_of(waiting: Waiting) -> tuple[tuple[str, str], ...]:
    """What would run, where a call waits; a question has nothing that it does not say itself."""
    return () if waiting.intent in HUMAN_INTENTS else lines_of(waiting.arguments, whole=True)


def for_people(event: Error | ModelFailed) -> str:
    return str((event.meta or {}).get("problem") or event.data["message"])


def sender_of(event: Trigger) -> str:
    meta = event.meta or {}
    return f"{meta['channel']}:{meta['who']}" if {"channel", "who"} <= meta.keys() else "a user"


def named(data: Any) -> str:
    known = isinstance(data, dict) and {"channel", "user"} <= data.keys()
    return f"{data['channel']}:{data['user']}" if known else ""


def name_of(event: AnyEvent, thread: Thread) -> str:
    """The intent of the call that an event is about."""
    calls = (call for call in thread.calls if call.call_id == event.call_id)
    return next((call.intent for call in calls), "a call")


def tokens_of(call: ToolCall) -> tuple[int, int] | None:
    """In and out, where the model's server said so."""
    meta = call.meta or {}
    counts = meta.get("input_tokens"), meta.get("output_tokens")
    match counts:
        case (int() as given, int() as made) if given or made:
            return given, made
    return None


def tokens_in_all(thread: Thread) -> tuple[int, int] | None:
    known = [counts for call in thread.calls if (counts := tokens_of(call))]
    return (sum(each[0] for each in known), sum(each[1] for each in known)) if known else None
