"""Factor 7: whose yes counts. `approver` in tools.py names a role; who has it is configuration."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from .events import (
    AnyEvent,
    Error,
    HumanResponse,
    Postponed,
    Resumed,
    Stopped,
    ToolResponse,
    Trigger,
)
from .waiting import Waiting

EVERYBODY = "*"
E = TypeVar(
    "E",
    Trigger,
    HumanResponse,
    HumanResponse | Trigger,
    Postponed,
    Resumed,
    Stopped,
    ToolResponse | Error,
)


@dataclass(frozen=True)
class Person:
    """Somebody as a channel knows them; only that channel says who they are."""

    channel: str
    user: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.user}"


@dataclass(frozen=True)
class Approvers:
    """Each role and who has it: `slack:U0123`, all of a channel (`slack:*`), or `*`.

    Without any roles, whoever may answer may approve.
    """

    roles: Mapping[str, Collection[str]] | None = None

    def refusal(self, asked: Waiting | None, event: AnyEvent) -> str | None:
        """Why this person may not decide on the call that waits, if they may not."""
        decides = isinstance(event, Postponed) or "approved" in said_in(event)
        if self.roles is None or not decides or not asked or asked.call_id != event.call_id:
            return None
        if asked.approver is None:  # it takes words, and whoever may say them may put it off
            return None
        person, role = person_of(event), asked.approver
        have_it = self.roles.get(role, ())
        if {EVERYBODY, str(person), f"{person.channel}:{EVERYBODY}"} & set(have_it):
            return None
        whose = f"it needs the yes or no of {role}, and {person} is none"
        return whose if have_it else f"{whose}: AGENT_APPROVERS names nobody for this role"


def person_of(event: AnyEvent) -> Person:
    said = said_in(event)
    return Person(said.get("channel", ""), said.get("user", ""))


def said_in(event: AnyEvent) -> Mapping[str, Any]:
    """What a human said of a call that waits for one."""
    return event.data if isinstance(event, HumanResponse | Postponed) else {}


def is_answer_of(person: Person, event: AnyEvent) -> bool:
    return isinstance(event, HumanResponse) and said_by(person, event).data == event.data


def said_by(person: Person, event: E) -> E:
    """The same event, with who it came from."""
    if isinstance(event, Trigger | ToolResponse | Error):
        who = {"channel": person.channel, "who": person.user}
        return event.model_copy(update={"meta": {**(event.meta or {}), **who}})
    who = {"user": person.user, "channel": person.channel}
    return event.model_copy(update={"data": {**event.data, **who}})
