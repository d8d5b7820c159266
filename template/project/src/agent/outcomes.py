"""Factor 7: what became of what a human was asked, for whoever answers too late or again, and for
the messages that asked it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .events import (
    AnyEvent,
    Error,
    Expired,
    HumanContacted,
    HumanRequest,
    HumanResponse,
    Stopped,
    ToolCall,
    ToolDeferred,
    ToolResponse,
    Trigger,
)

OVER, BEGUN = "it waits no longer", "has begun"


@dataclass(frozen=True)
class Message:
    """What a channel put before somebody, and what it says there of its call's outcome by now; or
    what somebody said there (`came`), and how it was answered with what the thread ended with.

    `ref` is the channel's own name of it, `tries` when it could not be made to say more.
    """

    thread_id: str | None
    call_id: str
    channel: str
    to: str | None
    ref: str
    at: datetime
    says: str | None = None
    tries: tuple[datetime, ...] = ()
    came: Trigger | None = None


@dataclass(frozen=True)
class Stale:
    """A message that asks what is asked no longer, or that knows less than what `became` of it; or
    one that came, and that is not answered with it.
    """

    message: Message
    became: str


def stale(events: Sequence[AnyEvent], awaited: str | None, end: ToolCall | None) -> Iterator[Stale]:
    """The messages that are to say something else, given the call that a human is asked about, or
    the decision that ended the thread.
    """
    if end and (came := message_that_came(events, end)):
        answer = str(end.arguments.get("message", ""))
        if came.says != answer:
            yield Stale(came, answer)
    for message in messages(events):
        became = became_of(message.call_id, events)
        if became and message.call_id != awaited and message.says != became:
            yield Stale(message, became)


def messages(events: Sequence[AnyEvent]) -> list[Message]:
    """Those that have a name, the oldest first."""
    found: dict[tuple[str, str, str], Message] = {}
    for event in events:
        if isinstance(event, HumanContacted) and event.at and (ref := event.data.get("ref")):
            place = (event.call_id, event.data["channel"], ref)
            known = found.get(place)
            if known:
                found[place] = after(known, event, event.at)
            elif "became" not in event.data:
                found[place] = first(event, ref, event.at)
    return list(found.values())


def message_that_came(events: Sequence[AnyEvent], end: ToolCall) -> Message | None:
    """The last one by which somebody spoke, where its channel has a name for it."""
    spoke = next((each for each in reversed(events) if isinstance(each, Trigger)), None)
    match (spoke and spoke.meta) or {}:
        case {"channel": str(channel), "ref": str(ref), "thread": str(thread_id)} if end.at:
            came = Message(thread_id, end.call_id, channel, None, ref, end.at, came=spoke)
            for event in events:
                if isinstance(event, HumanContacted) and event.at and is_about(event, came):
                    came = after(came, event, event.at)
            return came
    return None


def is_about(event: HumanContacted, message: Message) -> bool:
    place = (event.call_id, event.data["channel"], event.data.get("ref"))
    return place == (message.call_id, message.channel, message.ref)


def first(event: HumanContacted, ref: str, at: datetime) -> Message:
    thread_id, to = (event.meta or {}).get("thread"), event.data.get("to")
    return Message(thread_id, event.call_id, event.data["channel"], to, ref, at)


def after(message: Message, event: HumanContacted, at: datetime) -> Message:
    if "failed" in event.data:
        return replace(message, tries=(*message.tries, at))
    return replace(message, says=event.data.get("became"), tries=())


def became_of(call_id: str | None, events: Sequence[AnyEvent]) -> str | None:
    """In a few words; None for a call that nobody was asked about. Of one that may have run there
    are two: the call, and the question whether it has.
    """
    words: list[str] = []
    last: str | None = None  # the call that the loop asks about, if it asks whether one has run
    doubt: str | None = None
    before: list[str] = []
    for event in events:
        match event:
            case ToolCall():
                last = event.call_id
                words = [OVER] if last == call_id else words
            case HumanRequest() if event.data["reason"] == "in_doubt" and last == call_id:
                doubt, before = event.call_id, words
                words = followed(words, "may have run")
            case HumanRequest() if event.data["reason"] == "in_doubt" and event.call_id == call_id:
                doubt, words = call_id, [OVER]
            case HumanResponse() if doubt and event.call_id == doubt:
                done = "was run again" if event.data.get("approved") else "was treated as not done"
                words = followed(before or [OVER], f"{done}{by_whom(event)}")
            case Stopped() if words == [OVER]:
                words = [f"the thread was stopped{by_whom(event)}"]
            case _ if event.call_id == call_id:
                words = after_event(words, event)
    return ", and ".join(words) or None


def after_event(words: list[str], event: AnyEvent) -> list[str]:
    """What became of a call, by an event of its own."""
    match event:
        case HumanRequest():
            return [OVER]
        case HumanResponse():
            return [f"it was {decision(event)}{by_whom(event)}"]
        case Expired() if any(each.endswith(BEGUN) for each in words):  # if need be with a yes
            return [*words, "gave no result in time"]
        case Expired():
            return ["its time was over and nobody had answered"]
        case ToolDeferred():
            return followed(words, BEGUN)
        case ToolResponse():
            return followed(words, "has run")
        case Error():
            return followed(words, "has failed")
    return words


def followed(words: list[str], what: str) -> list[str]:
    """Of what nobody was asked about there is nothing else to say."""
    return [f"it {what}"] if words == [OVER] else [*words, what]


def decision(answer: HumanResponse) -> str:
    match answer.data:
        case {"approved": True, "arguments": _}:
            return "approved with other arguments"
        case {"approved": True}:
            return "approved"
        case {"approved": False}:
            return "rejected"
    return "answered"


def by_whom(event: HumanResponse | Stopped) -> str:
    said = event.data if isinstance(event.data, dict) else {}
    channel, user = said.get("channel"), said.get("user")
    return f" by {channel}:{user}" if channel and user else ""
