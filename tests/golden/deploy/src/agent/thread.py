"""Factor 5: the thread is its events, and everything else follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from .context import ContextFormat, serialize_for_llm
from .events import (
    AnyEvent,
    Error,
    Expired,
    HumanContacted,
    HumanEvent,
    HumanRequest,
    HumanResponse,
    ToolCall,
    ToolResponse,
    Trigger,
    load,
)
from .exactness import is_equal
from .history import History
from .outcomes import Stale, became_of, stale
from .people import Person, is_answer_of
from .rules import can_follow, refusal, untaken
from .states import InDoubt, RunTool, State, state_of
from .waiting import Status, Waiting


class CannotFollow(Exception):
    """This event cannot come after what is there; nothing has changed."""


class NotAllowed(CannotFollow):
    """Whoever said this may not decide that; nothing has changed."""


class AnotherDelivery(CannotFollow):
    """What bears the same key as this has come, and said something else."""

    def __init__(self) -> None:
        super().__init__("another message came under this key before: send a new one with its own")


class WrongArguments(CannotFollow):
    """The call that was approved does not take the arguments that it was given."""


@dataclass(frozen=True)
class Thread:
    events: Sequence[AnyEvent] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.events, History):
            object.__setattr__(self, "events", History(self.events))

    @classmethod
    def load(cls, raw: list[dict[str, Any]]) -> Self:
        """The thread as it was stored. Raises ValueError or LookupError for what is none.

        What happened is not judged by today's rules, so new rules make no old thread unreadable.
        """
        return cls().with_stored(raw)

    def with_stored(self, raw: list[dict[str, Any]]) -> Self:
        """The thread with what was stored behind it, and no more read than that. Raises as `load`
        does.
        """
        new, known = load(raw, self.events), len(self.events)
        if [event.id for event in new if event.at] != list(range(known, known + len(raw))):
            raise ValueError("its events are not numbered from 0, or have no time")
        events = self._history.plus(new)
        if not events or not isinstance(events[0], Trigger):
            raise ValueError("a thread begins with what somebody said")
        thread = type(self)(events)
        # Raises where what stands last has nothing before it to be about.
        vars(thread)["state"] = state_of(events)
        return thread

    def dump(self) -> list[str]:
        """One JSON object an event."""
        return [event.model_dump_json() for event in self.events]

    def append(self, *events: AnyEvent, at: datetime) -> Self:
        """The thread with these events behind. Raises CannotFollow, and then nothing has changed.

        The same answer a second time is neither an error nor an event, and so is the same message
        under the same key. Raises AnotherDelivery for another message.
        """
        thread = self
        for event in events:
            if delivered := thread.delivered_as(event):
                if not same_words(delivered, event):
                    raise AnotherDelivery
                continue
            if known := thread.answer_to(event):
                if not is_equal(known.said, getattr(event, "said", None)):
                    why = thread.why(event)
                    raise CannotFollow(f"call {event.call_id} has another answer: {why}")
                continue
            if not can_follow(thread.state, event) or not thread.knows_its_place(event):
                reason = f"{refusal(thread.state, event)}: {thread.why(event)}"
                raise (WrongArguments if has_wrong_arguments(thread, event) else CannotFollow)(
                    reason
                )
            placed = event.model_copy(update={"id": len(thread.events), "at": at})
            thread = type(self)(thread._history.plus([placed]))
        return thread

    def follows(self, earlier: Self) -> bool:
        """Whether it is that one, with events behind it or as it was."""
        return self._history.follows(earlier.events)

    def delivered_as(self, event: AnyEvent) -> Trigger | None:
        """What has come under the key of this message already."""
        key = (event.meta or {}).get("delivery")
        if not isinstance(event, Trigger) or key is None:
            return None
        return self._history.delivered_as(str(key))

    def answer_to(self, event: AnyEvent) -> HumanResponse | None:
        """What a human has already answered, where this is an answer to the same call."""
        if not isinstance(event, HumanResponse):
            return None
        return self._history.answer_to(event.call_id)

    def knows_its_place(self, event: AnyEvent) -> bool:
        """A call id that is brought is a new one; whom a channel told, it told of one that is."""
        if not isinstance(event, ToolCall | HumanRequest | HumanContacted):
            return True
        return self._history.has(event.call_id) == isinstance(event, HumanContacted)

    def why(self, event: AnyEvent) -> str:
        """What has become of what this event is about."""
        is_over = self.is_told(event) and not self.asked(event.call_id)
        became = became_of(event.call_id, self.events) if is_over else None
        return became or f"the thread is {self.status}"

    def is_told(self, event: AnyEvent) -> bool:
        """Whether whoever sent this wants to know of its call: a human, or one more result."""
        if not isinstance(event, ToolResponse | Error):
            return isinstance(event, HumanEvent)
        ends = (each for each in self.events if isinstance(each, ToolResponse | Error | Expired))
        return event.call_id in {each.call_id for each in ends}

    def fork(self, at: int) -> Self:
        """A thread of its own with events 0…at.

        What runs, may have run or was approved stays with the one thread that it was decided in.
        Raises CannotFollow there, and where there is no such event.
        """
        if not 0 <= at < len(self.events):
            raise CannotFollow(f"there is no event {at}: choose 0 to {len(self.events) - 1}")
        copy = type(self)(self.events[: at + 1])
        match copy.state:
            case RunTool() | InDoubt() | Waiting(reason="in_doubt" | "result"):
                raise CannotFollow(f"event {at} is amid a call, which runs in one thread alone")
        return copy

    def serialize_for_llm(self, form: ContextFormat = "xml") -> str:
        return serialize_for_llm(self.events, form)

    @property
    def _history(self) -> History:
        assert isinstance(self.events, History)
        return self.events

    @cached_property
    def state(self) -> State:
        return state_of(self.events)

    @property
    def size(self) -> int:
        """Characters of what happened, about."""
        return self._history.size

    @property
    def sha256(self) -> str:
        """Of what `dump` gives, a line each: what an auditor compares."""
        return self._history.sha256()

    @property
    def status(self) -> Status:
        return self.state.status

    @property
    def awaiting(self) -> Waiting | None:
        return self.state if isinstance(self.state, Waiting) else None

    def asked(self, call_id: str | None) -> Waiting | None:
        """What a human is asked about this call, as long as they are. Its result is not theirs."""
        waiting = self.awaiting
        is_asked = waiting and waiting.call_id == call_id and waiting.reason != "result"
        return waiting if is_asked else None

    def was_asked(self, call_id: str, by: Person) -> Waiting | None:
        """The same, and of a call that they have answered what it asked: it may be said again."""
        theirs = (e.id for e in self.events if e.call_id == call_id and is_answer_of(by, e))
        return type(self)(self.events[: next(theirs, None)]).asked(call_id)

    @cached_property
    def stale(self) -> tuple[Stale, ...]:
        """Messages that ask for what is over, or are not answered. None while it runs: more will
        become of it.
        """
        if self.status == "running":
            return ()
        awaited = self.awaiting.call_id if self.awaiting else None
        end = self.calls[-1] if self.status == "done" and self.calls else None
        return tuple(stale(self.events, awaited, end))

    @property
    def awaiting_human_response(self) -> bool:
        return self.status == "awaiting_human_response"

    @property
    def awaiting_human_approval(self) -> bool:
        return self.status == "awaiting_human_approval"

    @property
    def calls(self) -> list[ToolCall]:
        """Every decision of the model; the last is the one that counts."""
        return [event for event in self.events if isinstance(event, ToolCall)]

    @property
    def steps(self) -> int:
        """Decisions since a human last spoke."""
        since = self._history.since(Trigger, HumanResponse)
        return sum(isinstance(event, ToolCall) for event in since)

    @property
    def errors_in_a_row(self) -> int:
        since = self._history.since(Trigger, HumanResponse, ToolResponse)
        return sum(isinstance(event, Error) for event in since)


def has_wrong_arguments(thread: Thread, event: AnyEvent) -> bool:
    asked = thread.awaiting
    if asked is None or not isinstance(event, HumanResponse) or event.call_id != asked.call_id:
        return False
    return untaken(asked, event) is not None


def same_words(one: AnyEvent, other: AnyEvent) -> bool:
    return one.type == other.type and is_equal(one.data, other.data)
