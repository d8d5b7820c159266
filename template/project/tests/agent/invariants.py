"""The rules that hold for every thread, read off its events without the agent's own reading."""

import re
from collections.abc import Sequence
from itertools import takewhile

from agent.context import BOOKKEEPING, serialize_for_llm
from agent.events import (
    AnyEvent,
    Error,
    Expired,
    HumanContacted,
    HumanRequest,
    HumanResponse,
    Postponed,
    Stopped,
    ToolCall,
    ToolDeferred,
    ToolResponse,
    ToolStarted,
    Trigger,
)
from agent.thread import Thread
from agent.tools import approver, parse_tool

WAITING = {"awaiting_human_response", "awaiting_human_approval", "awaiting_result"}


def needs_yes(call: ToolCall) -> bool:
    try:
        return approver(parse_tool(call.data)) is not None
    except ValueError:
        return False


def approvals(events: Sequence[AnyEvent]) -> dict[str, bool]:
    """What humans said to which call id: the call's own, or that of a doubt about it."""
    answers = [event for event in events if isinstance(event, HumanResponse)]
    return {answer.call_id: answer.data.get("approved", False) for answer in answers}


def results(events: Sequence[AnyEvent]) -> list[str | None]:
    ends = [event for event in events if isinstance(event, ToolResponse | Error)]
    return [event.call_id for event in ends if event.call_id]


def alone(thread: Thread) -> list[AnyEvent]:
    """What happened since a human last spoke."""
    human = [n for n, e in enumerate(thread.events) if isinstance(e, Trigger | HumanResponse)]
    return list(thread.events[human[-1] :])


def steps_alone(thread: Thread) -> int:
    return sum(isinstance(event, ToolCall) for event in alone(thread))


def errors_alone(thread: Thread) -> int:
    ends = [event for event in alone(thread) if isinstance(event, Error | ToolResponse)]
    return len(list(takewhile(lambda end: isinstance(end, Error), reversed(ends))))


def check_calls(events: Sequence[AnyEvent]) -> None:
    """Rules 1, 2 and 3: each call is selected, then approved, then started, then has one result."""
    calls = {event.call_id: event for event in events if isinstance(event, ToolCall)}
    asked = [event.call_id for event in events if isinstance(event, ToolCall | HumanRequest)]
    assert len(asked) == len(set(asked)), "a call id is given twice"
    assert len(results(events)) == len(set(results(events))), "a call has two results"
    for place, event in enumerate(events):
        before = events[:place]
        if isinstance(event, ToolStarted | ToolDeferred | ToolResponse | Error) and event.call_id:
            call = calls[event.call_id]
            assert call in before
            assert event.call_id not in results(before)
            assert not needs_yes(call) or approvals(before)[event.call_id], "it ran without a yes"
            if needs_yes(call) and not isinstance(event, ToolStarted):
                assert any(
                    isinstance(known, ToolStarted) and known.call_id == event.call_id
                    for known in before
                ), "it ran and did not write that it started"


def check_starts(events: Sequence[AnyEvent]) -> None:
    """Rule 3: between two starts of one call a human said that it shall run again."""
    for place, event in enumerate(events):
        for earlier, known in enumerate(events[:place]):
            if isinstance(event, ToolStarted) and known.model_copy(update={"id": 0}) == (
                event.model_copy(update={"id": 0})
            ):
                between = events[earlier:place]
                doubts = [
                    doubt.call_id
                    for doubt in between
                    if isinstance(doubt, HumanRequest) and doubt.data["reason"] == "in_doubt"
                ]
                assert any(approvals(between).get(doubt) for doubt in doubts)


def check_time(events: Sequence[AnyEvent]) -> None:
    """What has expired never runs and is never answered; told and put off is what was asked."""
    for place, event in enumerate(events):
        later = events[place + 1 :]
        if isinstance(event, Expired):
            about = [late for late in later if late.call_id == event.call_id]
            assert all(isinstance(late, HumanContacted) for late in about)
        if isinstance(event, HumanContacted | Postponed | ToolDeferred):
            assert event.call_id in [known.call_id for known in events[:place]]


def check_answers(events: Sequence[AnyEvent]) -> None:
    """Rule 2: each answer is to a question that was asked before, and is the only one."""
    answers = [event for event in events if isinstance(event, HumanResponse)]
    assert len(approvals(events)) == len(answers)
    for answer in answers:
        asked = [
            event for event in events[: answer.id] if isinstance(event, ToolCall | HumanRequest)
        ]
        assert answer.call_id in [event.call_id for event in asked]


def check_refusals(events: Sequence[AnyEvent]) -> None:
    """A call that was refused is answered again only after a human has said something in words."""
    calls = {event.call_id: event.data for event in events if isinstance(event, ToolCall)}
    refused: list[object] = []
    for event in events:
        if isinstance(event, Trigger) or (isinstance(event, HumanResponse) and event.said[0]):
            refused = []
        elif isinstance(event, HumanResponse) and event.call_id in calls:
            assert calls[event.call_id] not in refused
            refused += [] if event.data["approved"] else [calls[event.call_id]]


def check_stop(events: Sequence[AnyEvent]) -> None:
    """Nothing follows a stop but the result of the call that was running, and what messages say."""
    for place, event in enumerate(events):
        if isinstance(event, Stopped):
            behind = [late for late in events[place + 1 :] if not isinstance(late, HumanContacted)]
            assert len(behind) <= 1
            assert all(isinstance(late, ToolResponse | Error) and late.call_id for late in behind)


def check_context(thread: Thread) -> None:
    """Rule 5: the tags are those of the events."""
    results = [n for n, event in enumerate(thread.events) if isinstance(event, ToolResponse)]
    shown = [
        event
        for place, event in enumerate(thread.events)
        if type(event) not in BOOKKEEPING
        and not (isinstance(event, Error) and place < max(results, default=0))
    ]
    tags = [event.intent if isinstance(event, ToolCall) else event.type for event in shown]
    context = serialize_for_llm(thread.events)
    assert re.findall(r"</\s*([\w.-]+)[^<>]*>", context) == tags


def check_status(thread: Thread) -> None:
    """Status and awaiting agree, and each event is in its place."""
    assert [event.id for event in thread.events] == list(range(len(thread.events)))
    assert (thread.awaiting is not None) == (thread.status in WAITING)
    assert thread.awaiting_human_response == (thread.status == "awaiting_human_response")
    assert thread.awaiting_human_approval == (thread.status == "awaiting_human_approval")
    if thread.awaiting and thread.awaiting.reason != "result":
        assert thread.awaiting.call_id not in approvals(thread.events)
    if any(isinstance(event, Stopped) for event in thread.events):
        assert thread.status == "stopped"


def check(thread: Thread) -> None:
    check_calls(thread.events)
    check_starts(thread.events)
    check_answers(thread.events)
    check_time(thread.events)
    check_refusals(thread.events)
    check_stop(thread.events)
    check_context(thread)
    check_status(thread)
