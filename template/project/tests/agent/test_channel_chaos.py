"""Killed at any moment while what is behind its channels fails: everybody who is asked is told, no
answer is lost, nothing happens twice.
"""

import signal
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.events import Expired, HumanContacted, HumanResponse, Trigger
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread

from .chaos import stored_in
from .crowds import Said, Seen, crowds
from .somebody import NOBODY
from .test_chaos import CAMPAIGNS, holds, lived_through

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not crowds(), reason="needs a channel with people behind it"),
]
KILLS = 10  # in each campaign, which goes on to other points than the one before
Threads = dict[str, Thread]


@pytest.mark.parametrize("seed", range(CAMPAIGNS))
def test_everybody_is_told_and_no_answer_is_lost(seed: int) -> None:
    report = lived_through(f"from tests.agent.channel_chaos import main; main({seed}, {KILLS})")
    assert sum(report["killed"].values()) == KILLS
    assert report["ended"] == -signal.SIGTERM
    seen = {name: seen_in(about) for name, about in report["people"].items()}
    assert all(crowd.taken and crowd.settled for crowd in seen.values())
    store = FileSystemThreadStore(Path(".threads"))
    holds(as_by_somebody(report, seen.values()), store)
    threads = stored_in(store)
    assert len(threads) == len(list(Path(".threads").glob("*.json")))
    everybody_was_told(seen, threads)
    no_answer_was_lost(seen, threads)
    no_answer_was_made_up(seen, threads)


def seen_in(about: dict[str, Any]) -> Seen:
    said = {kind: [Said(**each) for each in about[kind]] for kind in ("sent", "taken", "counted")}
    return Seen(**(about | said))


def as_by_somebody(report: dict[str, Any], crowds: Iterable[Seen]) -> dict[str, Any]:
    """All that was done, as if one had done it who uses the API."""
    whole = report | {"told": []}
    for crowd in crowds:
        whole["launched"] += crowd.launched
        whole["answered"] += [(said.thread, said.call) for said in crowd.counted]
        whole["told"] += [call for calls in crowd.asked.values() for call in calls]
    return whole


def everybody_was_told(crowds: dict[str, Seen], threads: Threads) -> None:
    """That they are asked, as seen where they look; then what became of it, and how it ended."""
    everywhere = [calls for crowd in crowds.values() for calls in crowd.asked.values()]
    for name, thread in threads.items():
        for event in thread.events:
            call = f"{name}/{event.call_id}"
            if isinstance(event, HumanContacted) and asks(event):
                here = crowds[event.data["channel"]]
                assert all(call in calls for calls in here.asked.values()), event
                assert event.data["ref"] in here.settled, event
            if isinstance(event, Expired) and is_for_nobody(event, thread):
                assert all(call in calls for calls in everywhere), event
        began = (thread.events[0].meta or {}).get("channel")
        assert began not in crowds or name in crowds[began].ended, name


def is_for_nobody(event: Expired, thread: Thread) -> bool:
    """There was time for it to be told everywhere; another may have been asked at the very end."""
    return any(
        (call.call_id, call.data.get("message")) == (event.call_id, NOBODY) for call in thread.calls
    )


def asks(event: HumanContacted) -> bool:
    return not {"failed", "became"} & event.data.keys()


def no_answer_was_lost(crowds: dict[str, Seen], threads: Threads) -> None:
    """When it was taken, it stood in its thread, or another did, or its end, that was quicker."""
    for said in (said for crowd in crowds.values() for said in crowd.taken):
        thread, at = threads[said.thread], datetime.fromtimestamp(said.at, UTC)
        ends = [event for event in thread.events if isinstance(event, HumanResponse | Expired)]
        ended = [event.at for event in ends if event.call_id == said.call and event.at]
        is_there = any(each <= at for each in ended)
        assert is_there or is_unknown(said, thread), said
    for said in (said for crowd in crowds.values() for said in crowd.counted):
        [(_, what)] = map(in_short, answers(said, threads[said.thread]))
        assert what == said.what, said  # by whoever: the same from two at once is one


def answers(said: Said, thread: Thread) -> list[HumanResponse]:
    given = [event for event in thread.events if isinstance(event, HumanResponse)]
    return [event for event in given if event.call_id == said.call]


def in_short(answer: HumanResponse) -> tuple[str, str]:
    """Who gave it, and what it says."""
    who = f"{answer.data.get('channel')}:{answer.data.get('user')}"
    match answer.data:
        case {"response": str() as words}:
            return who, words
        case {"approved": True, "arguments": _}:
            return who, "changed"
    return who, "yes" if answer.data["approved"] else "no"


def is_unknown(said: Said, thread: Thread) -> bool:
    """Words below a message that a crash, or the moment, has left unknown are refused: they may be
    about what stood there before. It is asked once more.
    """
    told = [event for event in thread.events if isinstance(event, HumanContacted)]
    known = [event.at for event in told if event.data.get("ref") == said.ref and event.at]
    since = datetime.fromtimestamp(said.since, UTC) - timedelta(seconds=0.5)
    return bool(said.ref) and not any(at < since for at in known)


def no_answer_was_made_up(crowds: dict[str, Seen], threads: Threads) -> None:
    """What stands in a thread was said there, and what was said once stands there once."""
    sent = [said for crowd in crowds.values() for said in crowd.sent]
    decided = {(said.thread, said.call, said.who, said.what) for said in sent}
    worded = {(said.thread, said.who, said.what) for said in sent}
    stands = Counter[str]()
    for name, thread in threads.items():
        for event in thread.events:
            stands[str(event.data)] += isinstance(event, Trigger)
            if isinstance(event, HumanResponse):
                who, what = in_short(event)
                stands[what] += "response" in event.data
                if "response" in event.data:
                    assert (name, who, what) in worded, event
                else:
                    assert (name, event.call_id, who, what) in decided, event
    assert max(stands.values()) == 1, stands.most_common(3)
