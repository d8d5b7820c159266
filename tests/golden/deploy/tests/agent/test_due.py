"""What happens by itself while a thread waits: who is told, when, and when it is over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from agent.due import PAUSES, Contact, Expire, Policy, Route, due, expires_at, too_late
from agent.steps import Ask
from agent.waiting import Contacted, Waiting

from ..yours.samples import APPROVAL_STEP
from .scripted import (
    NOON,
    answer,
    asks,
    decided,
    deferred,
    postponed,
    result,
    said,
    started,
    thread_of,
    told,
    yes,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WAITS = Waiting("1", "approval", "may it?", "pay", approver="a manager", asked_at=NOON)
SLACK = Route(channel="slack")
MAIL = Route(channel="email", to="ada@example.com", after=900)


def contacted(route: Route, at: timedelta, failed: str | None = None) -> Contacted:
    return Contacted(route.channel, NOON + at, route.to, failed=failed)


def failures(route: Route, count: int) -> list[Contacted]:
    """One after the other, as soon as each may be tried."""
    at, tries = timedelta(seconds=route.after), []
    for number in range(count):
        tries.append(contacted(route, at, "no luck"))
        at += PAUSES[number] if number < len(PAUSES) else timedelta()
    return tries


TOLD = contacted(SLACK, timedelta(seconds=2))
OVER = failures(SLACK, len(PAUSES) + 1)
BEFORE_LAST = failures(SLACK, len(PAUSES))
LAST = OVER[-1].at - NOON


@pytest.mark.parametrize(
    ("routes", "before", "then"),
    [
        ([], [], None),
        ([SLACK], [], (timedelta(), SLACK)),
        ([MAIL], [], (timedelta(seconds=900), MAIL)),
        ([MAIL, SLACK], [], (timedelta(), SLACK)),
        ([SLACK], [TOLD], None),
        ([SLACK, MAIL], [TOLD], (timedelta(seconds=900), MAIL)),
        ([SLACK, MAIL], [TOLD, contacted(MAIL, HOUR)], None),
        ([SLACK], failures(SLACK, 1), (PAUSES[0], SLACK)),
        ([SLACK], failures(SLACK, 2), (PAUSES[0] + PAUSES[1], SLACK)),
        ([SLACK], BEFORE_LAST, (LAST, SLACK)),
        ([SLACK], OVER, None),
        ([SLACK, MAIL], OVER, (LAST, MAIL)),  # sooner than after 900 seconds
        ([SLACK, MAIL], [*OVER, contacted(MAIL, LAST)], None),
        ([SLACK.model_copy(update={"to": "C1"})], [TOLD], (timedelta(), SLACK)),  # somebody else
    ],
)
def test_who_is_told_next(
    routes: list[Route], before: list[Contacted], then: tuple[timedelta, Route] | None
) -> None:
    waiting = replace(WAITS, contacted=tuple(before))
    found = due(waiting, Policy(tuple(routes)))
    if then is None:
        assert found is None
    else:
        assert isinstance(found, Contact)
        assert (found.at - NOON, found.route.channel) == (then[0], then[1].channel)
        assert not found.reminds


@pytest.mark.parametrize(
    ("limits", "urgency", "approver", "fits"),
    [
        ({}, "low", None, True),
        ({"urgency": ["high"]}, "high", None, True),
        ({"urgency": ["high"]}, "medium", None, False),
        ({"urgency": ["low", "medium"]}, "medium", "a manager", True),
        ({"roles": ["a manager"]}, "low", "a manager", True),
        ({"roles": ["a manager"]}, "low", "the board", False),
        ({"roles": ["a manager"]}, "low", None, False),
        ({"roles": ["a manager"], "urgency": ["high"]}, "low", "a manager", False),
    ],
)
def test_for_what_a_route_is(limits: Any, urgency: Any, approver: str | None, fits: bool) -> None:
    route = Route(channel="slack", **limits)
    waiting = replace(WAITS, urgency=urgency, approver=approver)
    assert (due(waiting, Policy((route,))) is not None) is fits


def test_it_expires_after_the_time_of_its_tool_or_of_the_settings_or_never() -> None:
    at_once = timedelta()
    for within, after, then in [
        (None, None, None),
        (None, DAY, DAY),
        (HOUR, DAY, HOUR),
        (at_once, DAY, at_once),
    ]:
        waiting = replace(WAITS, within=within)
        policy = Policy(expires_after=after)
        assert due(waiting, policy) == (None if then is None else Expire(NOON + then))
        assert expires_at(waiting, policy) == (None if then is None else NOON + then)


def test_a_time_beyond_all_times_is_none() -> None:
    assert expires_at(replace(WAITS, within=timedelta.max), Policy()) is None


@pytest.mark.parametrize("reason", ["errors", "steps", "size", "repeated", "restarts", "in_doubt"])
def test_what_the_loop_itself_asks_never_expires(reason: Any) -> None:
    waiting = replace(WAITS, reason=reason, within=HOUR)
    assert due(waiting, Policy(expires_after=DAY)) is None
    assert isinstance(due(waiting, Policy((SLACK,))), Contact)  # and somebody is told


def test_a_reminder_comes_once_before_the_end_where_somebody_was_told() -> None:
    policy = Policy((SLACK, MAIL), DAY)
    both = [TOLD, contacted(MAIL, timedelta(seconds=900))]
    at = NOON + DAY * 3 / 4
    first = due(replace(WAITS, contacted=tuple(both)), policy)
    assert first == Contact(at, SLACK, reminds=True)
    both.append(contacted(SLACK, DAY * 3 / 4))
    second = due(replace(WAITS, contacted=tuple(both)), policy)
    assert second == Contact(at, MAIL, reminds=True)
    both.append(contacted(MAIL, DAY * 3 / 4, "no luck"))
    assert due(replace(WAITS, contacted=tuple(both)), policy) == Expire(NOON + DAY)


def test_who_is_told_late_is_not_reminded_of_it() -> None:
    late = replace(WAITS, contacted=(contacted(SLACK, DAY * 4 / 5),))
    assert due(late, Policy((SLACK,), DAY)) == Expire(NOON + DAY)


def waiting_after(*events: Any) -> Waiting:
    thread = thread_of(said(), *events)
    assert thread.awaiting
    return thread.awaiting


def test_what_is_put_off_is_asked_anew_and_its_time_begins_then() -> None:
    policy = Policy((SLACK,), HOUR)
    asked = waiting_after(decided(APPROVAL_STEP), told(channel="slack"))
    assert due(asked, policy) == Contact(NOON + HOUR * 3 / 4, SLACK, reminds=True)
    put_off = waiting_after(decided(APPROVAL_STEP), told(channel="slack"), postponed())
    late = told(channel="slack")  # by whoever was telling it at the moment of the "not now"
    assert waiting_after(decided(APPROVAL_STEP), postponed(), late).contacted == ()
    assert put_off.call_id == asked.call_id
    assert put_off.status == "awaiting_human_approval"
    assert due(put_off, policy) == Contact(NOON + DAY, SLACK)
    assert expires_at(put_off, policy) == NOON + DAY + HOUR


def test_whom_a_channel_told_of_another_call_was_not_told_of_this_one() -> None:
    doubted = [decided(APPROVAL_STEP), told(channel="slack"), yes(), started(), asks("in_doubt")]
    assert waiting_after(*doubted).contacted == ()
    assert len(waiting_after(*doubted, told("human-1", "slack")).contacted) == 1


def test_a_result_is_waited_for_until_its_tool_said_and_nobody_is_told() -> None:
    running = [decided(APPROVAL_STEP), yes(), started()]
    until = (NOON + DAY).isoformat()
    policy = Policy((SLACK,), HOUR)
    assert due(waiting_after(*running, deferred()), policy) is None
    assert due(waiting_after(*running, deferred(until=until)), policy) == Expire(NOON + DAY)


@pytest.mark.parametrize(
    ("event", "seconds", "is_late"),
    [
        (yes(), 3599, False),
        (yes(), 3600, True),
        (answer(), 3601, True),
        (postponed(), 3601, True),
        (result(), 3601, True),
        (yes("2"), 3601, False),  # not about this call: refused for that
        (told(), 3601, False),  # what happened is written down
    ],
)
def test_what_comes_too_late(event: Any, seconds: int, is_late: bool) -> None:
    now = NOON + timedelta(seconds=seconds)
    assert bool(too_late(WAITS, event, Policy(expires_after=HOUR), now)) is is_late


def ways() -> Sequence[object]:
    return ["a manager", Ask("a manager"), Ask("a manager", HOUR)]


@pytest.mark.parametrize("said_by_tool", ways())
def test_an_approver_says_a_role_and_can_say_for_how_long(
    said_by_tool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.decisions.approver", lambda tool: said_by_tool)
    waiting = waiting_after(decided(APPROVAL_STEP))
    assert waiting.approver == "a manager"
    assert waiting.within == (said_by_tool.within if isinstance(said_by_tool, Ask) else None)
    assert "a manager" in waiting.question


def test_times_are_those_of_the_events() -> None:
    waiting = waiting_after(decided(APPROVAL_STEP))
    assert isinstance(waiting.asked_at, datetime)
    assert waiting.asked_at == NOON
