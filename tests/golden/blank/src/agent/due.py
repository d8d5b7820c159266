"""Factors 6 and 7: what happens by itself while a thread waits, and when. Derived, never stored.

`due` is a pure function of what is waited for and the policy. Whoever looks at a clock does what
it says: `ticker.py` on one machine.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from .events import AnyEvent, Error, Expired, HumanResponse, Postponed, ToolResponse
from .outcomes import Stale
from .waiting import Contacted, Waiting

PAUSES = [timedelta(seconds=seconds) for seconds in (1, 10, 60, 300)]  # between tries to tell


class Route(BaseModel):
    """A way to reach a human, `after` so many seconds, for what it fits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: str
    to: Annotated[str, Field(min_length=1)] | None = None
    after: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0
    urgency: frozenset[Literal["low", "medium", "high"]] | None = None
    roles: frozenset[str] | None = None

    def fits(self, waiting: Waiting) -> bool:
        is_urgent = self.urgency is None or waiting.urgency in self.urgency
        return is_urgent and (self.roles is None or waiting.approver in self.roles)


@dataclass(frozen=True)
class Policy:
    """Who is told, and for how long what is asked can be answered where its tool does not say.

    `settles` are the channels whose messages are settled though no route is theirs: who wrote there
    is answered there.
    """

    routes: tuple[Route, ...] = ()
    expires_after: timedelta | None = None
    settles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Contact:
    """Tell it on this route; `reminds` of what was told before, before its time is over."""

    at: datetime
    route: Route
    reminds: bool = False


@dataclass(frozen=True)
class Expire:
    at: datetime


@dataclass(frozen=True)
class Settle:
    """Let a message say what became of what it asks."""

    at: datetime
    stale: Stale


Due = Contact | Expire | Settle


def due(waiting: Waiting | None, policy: Policy, stale: Iterable[Stale] = ()) -> Due | None:
    """The next thing that happens by itself; nothing while it is None."""
    return next(iter(all_due(waiting, policy, stale)), None)


def all_due(waiting: Waiting | None, policy: Policy, stale: Iterable[Stale] = ()) -> list[Due]:
    """What happens by itself, the first first, as far as it can be known by now."""
    nexts: list[Due] = list(settlements(stale, policy))
    if waiting:
        end = expires_at(waiting, policy)
        nexts += [Expire(end)] if end else []
        nexts += contacts(waiting, policy, end)
    return sorted(nexts, key=lambda each: each.at)


def settlements(stale: Iterable[Stale], policy: Policy) -> Iterator[Settle]:
    """At once, and again after pauses, where there still is such a channel."""
    channels = {route.channel for route in policy.routes} | policy.settles
    for each in stale:
        tries = each.message.tries
        if each.message.channel in channels and len(tries) <= len(PAUSES):
            at = tries[-1] + PAUSES[len(tries) - 1] if tries else each.message.at
            yield Settle(at, each)


def expires_at(waiting: Waiting, policy: Policy) -> datetime | None:
    """What the loop itself asks has no end: nothing can go on without it."""
    match waiting.reason:
        case "question" | "approval":
            within = policy.expires_after if waiting.within is None else waiting.within
        case "result":
            within = waiting.within
        case _:
            return None
    try:
        return waiting.asked_at + within if waiting.asked_at and within is not None else None
    except OverflowError:  # at the end of all times
        return None


def contacts(waiting: Waiting, policy: Policy, end: datetime | None) -> Iterator[Contact]:
    """What each route has left to do. A route is not waited for that failed for good."""
    if waiting.asked_at is None or waiting.reason == "result":
        return
    failed_at: datetime | None = None
    for route in sorted(filter(lambda each: each.fits(waiting), policy.routes), key=by_time):
        tries = [each for each in waiting.contacted if each.by(route.channel, route.to)]
        begins = waiting.asked_at + timedelta(seconds=route.after)
        if failed_at:
            begins, failed_at = min(begins, failed_at), None
        if any(not each.failed for each in tries):
            yield from reminder(route, tries, waiting.asked_at, end)
        elif len(tries) > len(PAUSES):
            failed_at = tries[-1].at
        elif tries:
            yield Contact(max(begins, tries[-1].at + PAUSES[len(tries) - 1]), route)
        else:
            yield Contact(begins, route)


def reminder(
    route: Route, tries: Sequence[Contacted], asked_at: datetime, end: datetime | None
) -> Iterator[Contact]:
    """Once, when a quarter of the time is left, where somebody was told before."""
    if end and all(each.at < (at := end - (end - asked_at) / 4) for each in tries):
        yield Contact(at, route, reminds=True)


def by_time(route: Route) -> float:
    return route.after


def too_late(waiting: Waiting | None, event: AnyEvent, policy: Policy, now: datetime) -> str | None:
    """Why this is no answer any more, though nobody has written that the time is over."""
    answers = isinstance(event, HumanResponse | Postponed | ToolResponse | Error)
    if not waiting or not answers or event.call_id != waiting.call_id:
        return None
    if not is_over(waiting, policy, now):
        return None
    return (
        f"call {waiting.call_id} could be answered until {expires_at(waiting, policy)}: it is over"
    )


def is_over(waiting: Waiting, policy: Policy, now: datetime) -> bool:
    end = expires_at(waiting, policy)
    return end is not None and now >= end


def expired(waiting: Waiting) -> Expired:
    match waiting.reason:
        case "approval":
            message = f"nobody decided on {waiting.intent} in time, so it did not run"
        case "result":
            message = f"no result of {waiting.intent} came in time: what became of it is not known"
        case _:
            message = "nobody answered in time"
    return Expired(call_id=waiting.call_id, data={"message": message})
