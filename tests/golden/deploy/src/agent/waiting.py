"""Factor 7: what a thread waits for, since when, until when, and who was told."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Self, assert_never

from .events import HumanContacted, Postponed, Reason, Told
from .shapes import moment

Status = Literal[
    "running",
    "awaiting_human_response",
    "awaiting_human_approval",
    "awaiting_result",
    "done",
    "failed",
    "stopped",
]
Aside = HumanContacted | Postponed  # what happens while a thread waits, and lets it wait


@dataclass(frozen=True)
class Contacted:
    """A channel put it before somebody (`failed`: could not, and why)."""

    channel: str
    at: datetime
    to: str | None = None
    ref: str | None = None
    failed: str | None = None

    def by(self, channel: str, to: str | None) -> bool:
        return (self.channel, self.to) == (channel, to)


@dataclass(frozen=True)
class Waiting:
    """A human is asked, or the result of a call is to come."""

    call_id: str
    reason: Literal["question", "approval", "result"] | Reason
    question: str
    intent: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    urgency: Literal["low", "medium", "high"] = "medium"
    format: Literal["free_text", "yes_no", "multiple_choice"] = "free_text"
    choices: list[str] = field(default_factory=list)
    approver: str | None = None  # the role whose yes or no it needs
    asked_at: datetime | None = None  # or the time until which somebody postponed it
    within: timedelta | None = None  # from then on; else as the settings say
    contacted: tuple[Contacted, ...] = ()  # since then

    @property
    def for_approval(self) -> bool:
        return self.reason in ("approval", "in_doubt")

    @property
    def status(self) -> Status:
        if self.reason == "result":
            return "awaiting_result"
        return "awaiting_human_approval" if self.for_approval else "awaiting_human_response"

    def chosen(self, said: str) -> str:
        """Those words, or the choice whose number they are: choices are listed with numbers."""
        number = said.removesuffix(".")
        is_number = number.isdecimal() and len(number) < 4 and said not in self.choices
        place = int(number) - 1 if is_number else -1
        return self.choices[place] if 0 <= place < len(self.choices) else said

    def after(self, asides: Iterable[Aside]) -> Self:
        """As it is after these: what is postponed is asked anew when its time has come."""
        asked_at, contacted, put_off = self.asked_at, self.contacted, None
        for event in asides:
            match event:
                case Postponed() if event.call_id == self.call_id:
                    asked_at = put_off = moment(event.data["until"])
                    contacted = ()
                case HumanContacted(at=datetime() as at) if event.call_id == self.call_id:
                    asks = "became" not in event.data and (put_off is None or at >= put_off)
                    contacted += (contact(event.data, at),) if asks else ()
                case HumanContacted() | Postponed():
                    pass
                case never:
                    assert_never(never)
        return replace(self, asked_at=asked_at, contacted=contacted)


def contact(told: Told, at: datetime) -> Contacted:
    to, ref, failed = told.get("to"), told.get("ref"), told.get("failed")
    return Contacted(told["channel"], at, to, ref, failed)
