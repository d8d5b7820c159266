"""Killed at any moment, again and again: what was accepted is there, and nothing is done twice."""

import faulthandler
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from agent.events import (
    AnyEvent,
    Expired,
    HumanContacted,
    HumanRequest,
    HumanResponse,
    ToolDeferred,
    ToolResponse,
    Trigger,
)
from agent.store import ThreadStore
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread

from .chaos import POINTS, check_kept
from .processes import HOME, SOURCES

pytestmark = pytest.mark.slow

CAMPAIGNS = int(os.environ.get("CHAOS_CAMPAIGNS", "1"))
KILLS = 33  # in each, three at each point


@pytest.mark.parametrize("seed", range(CAMPAIGNS))
def test_nothing_is_lost_and_nothing_is_done_twice(seed: int) -> None:
    report = lived_through(f"from tests.agent.chaos import main; main({seed}, {KILLS})")
    assert sum(report["killed"].values()) == KILLS
    assert set(POINTS) < set(report["killed"])  # it came to each of them
    assert report["ended"] == signal.SIGTERM  # in its own time, and then as it was told
    store = FileSystemThreadStore(Path(".threads"))
    holds(report, store)
    assert len(report["launched"]) == len(list(Path(".threads").glob("*.json")))


def lived_through(code: str, begins: Sequence[str] = (), seconds: float = 500) -> dict[str, Any]:
    """What happened, by those who saw it."""
    faulthandler.cancel_dump_traceback_later()  # the project's, for tests that take no minutes
    with subprocess.Popen(
        [*begins, sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCES), str(HOME)])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        try:
            said, complained = program.communicate(timeout=seconds)
            assert program.returncode == 0, complained
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)  # and whom it left behind
            raise
    report: dict[str, Any] = json.loads(said.splitlines()[-1])
    return report


def holds(report: dict[str, Any], store: ThreadStore) -> None:
    """What is guaranteed, by what is stored."""
    threads = check_kept(report, store)
    assert set(report["launched"]) == set(threads)  # each once, although launched again
    assert {thread.status for thread in threads.values()} == {"done"}

    for what, times in Counter(report["ran"]).items():
        thread_id, call_id = what.split("/")
        events = threads[thread_id].events
        assert times == 1, f"{what} ran {times} times"
        assert any(
            isinstance(event, HumanResponse)
            and event.call_id == call_id
            and event.data.get("approved")
            for event in events
        )
        is_known = any(
            isinstance(event, ToolResponse | ToolDeferred) and event.call_id == call_id
            for event in events
        )
        is_doubted = any(
            isinstance(event, HumanRequest) and event.data["reason"] == "in_doubt"
            for event in events
        )
        assert is_known or is_doubted

    told = set(report["told"])
    for thread_id, thread in threads.items():
        assert isinstance(thread.events[0], Trigger)
        for event in thread.events:
            if asked_somebody(event) and not was_deferred(thread, event):
                assert f"{thread_id}/{event.call_id}" in told


def asked_somebody(event: AnyEvent) -> bool:
    is_request = isinstance(event, HumanContacted) and "became" not in event.data
    return is_request or isinstance(event, Expired)


def was_deferred(thread: Thread, event: AnyEvent) -> bool:
    """A result that did not come is nobody's fault."""
    return any(
        isinstance(known, ToolDeferred) and known.call_id == event.call_id
        for known in thread.events
    )
