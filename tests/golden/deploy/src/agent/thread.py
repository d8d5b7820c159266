"""Factors 5 and 12: the thread is its events, and everything else follows from them."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self, assert_never

from . import events as happened
from . import rules, states
from .context import ContextFormat, serialize_for_llm
from .events import AnyEvent, ToolCall
from .states import AskModel, Finished, InDoubt, RunTool, State, Status, Waiting


class CannotFollow(Exception):
    """This event cannot come after what is there; nothing has changed."""


@dataclass(frozen=True)
class Thread:
    events: tuple[AnyEvent, ...] = ()

    @classmethod
    def load(cls, raw: list[dict[str, Any]]) -> Self:
        """The thread as it was stored. Raises ValueError or LookupError for what is none.

        What happened is not judged by today's rules, so new rules make no old thread unreadable.
        """
        thread = cls(happened.load(raw))
        if [event.id for event in thread.events if event.at] != list(range(len(raw))):
            raise ValueError("its events are not numbered from 0, or have no time")
        if not raw or not isinstance(thread.events[0], happened.Trigger) or not thread.state:
            raise ValueError("a thread begins with what somebody said")
        return thread

    def dump(self) -> list[str]:
        """One JSON object an event."""
        return [event.model_dump_json() for event in self.events]

    def append(self, *events: AnyEvent, at: datetime) -> Self:
        """The thread with these events behind. Raises CannotFollow, and then nothing has changed.

        The same answer a second time is neither an error nor an event.
        """
        thread = self
        for event in events:
            if thread._repeats(event):
                continue
            if not rules.can_follow(thread.state, event) or thread._is_known(event):
                reason = rules.refusal(thread.state, event)
                raise CannotFollow(f"{reason}: the thread is {thread.status}")
            placed = event.model_copy(update={"id": len(thread.events), "at": at})
            thread = type(self)((*thread.events, placed))
        return thread

    def _is_known(self, event: AnyEvent) -> bool:
        """Whether the id that this event brings is taken."""
        brings_one = isinstance(event, ToolCall | happened.HumanRequest)
        return brings_one and event.call_id in {known.call_id for known in self.events}

    def _repeats(self, event: AnyEvent) -> bool:
        if not isinstance(event, happened.HumanResponse):
            return False
        answers = [known for known in self.events if isinstance(known, happened.HumanResponse)]
        said = [known.said for known in answers if known.call_id == event.call_id]
        if said and said[0] != event.said:
            raise CannotFollow(f"call {event.call_id} has another answer already")
        return bool(said)

    def fork(self, at: int) -> Self:
        """A thread of its own with events 0…at. Raises CannotFollow without such an event."""
        if not 0 <= at < len(self.events):
            raise CannotFollow(f"there is no event {at}: choose 0 to {len(self.events) - 1}")
        copy = type(self)(self.events[: at + 1])
        match copy.state:
            case RunTool(approved=True) | InDoubt():
                raise CannotFollow(f"event {at} is amid an approved call, which runs but once")
        return copy

    def serialize_for_llm(self, form: ContextFormat = "xml") -> str:
        return serialize_for_llm(self.events, form)

    @cached_property
    def state(self) -> State:
        """What to do next: what the last event means, given the last decision."""
        if not self.events:
            return Finished("done")
        if any(isinstance(event, happened.Stopped) for event in self.events[-2:-1]):
            return Finished("stopped")  # behind it, only the result of a call that was running
        match self.events[-1]:
            case happened.Trigger() | happened.Prefetched() | happened.Resumed():
                return AskModel(first=not self.calls)
            case happened.ToolResponse() | happened.Error():
                return AskModel(first=not self.calls)
            case ToolCall() as call:
                return states.after_decision(call)
            case happened.ToolStarted():
                return InDoubt(self.calls[-1])
            case happened.HumanRequest(call_id=call_id, data=data):
                about = states.doubted(self.calls[-1]) if data["reason"] == "in_doubt" else {}
                return Waiting(call_id, data["reason"], data["question"], **about)
            case happened.HumanResponse(call_id=call_id, data=data):
                # A yes to a tool lets it run; a yes to a question authorises nothing.
                asked_for = self.events[-2].call_id == call_id
                if asked_for and data.get("approved") and states.is_tool(self.calls[-1]):
                    return RunTool(self.calls[-1], approved=True)
                return AskModel()
            case happened.ModelFailed():
                return Finished("failed")
            case happened.Stopped():
                return Finished("stopped", states.may_run(type(self)(self.events[:-1]).state))
            case never:
                assert_never(never)

    @property
    def status(self) -> Status:
        return self.state.status

    @property
    def awaiting(self) -> Waiting | None:
        return self.state if isinstance(self.state, Waiting) else None

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
        return self._count(ToolCall, since=(happened.Trigger, happened.HumanResponse))

    @property
    def errors_in_a_row(self) -> int:
        spoken = (happened.Trigger, happened.HumanResponse)
        return self._count(happened.Error, since=(*spoken, happened.ToolResponse))

    def _count(self, kind: type[AnyEvent], since: tuple[type[AnyEvent], ...]) -> int:
        count = 0
        for event in self.events:
            count = 0 if isinstance(event, since) else count + isinstance(event, kind)
        return count
