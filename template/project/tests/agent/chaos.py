"""Chaos: the real server is killed again and again, and somebody (`somebody.py`) goes on using it.

Run as a program, in an empty folder: `python -m tests.agent.chaos SEED KILLS`. It starts servers by
forking, which takes milliseconds where a new process takes a second, kills them with -9, at a named
point or at any moment, and at last lets one come to the end. What it prints is checked by
`test_chaos.py`.
"""

import asyncio
import json
import os
import random
import signal
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from agent import ticker
from agent.due import Policy, Route
from agent.events import AnyEvent, HumanResponse, ToolResponse, Trigger
from agent.log import log_event
from agent.outcomes import Message
from agent.parts import Agent
from agent.reach import Asked
from agent.server.app import create_app
from agent.server.process import run
from agent.settings import Settings
from agent.steps import Later, thread_id
from agent.store import ThreadStore
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread
from agent.tools import approver

from .scripted import agent_of, decided
from .somebody import SCRIPTS, Somebody, has_died, note

POLICY = Policy((Route(channel="pager"),), expires_after=timedelta(seconds=1))
# Where a server dies: behind an event of this type, or amid what a tool or a channel does.
POINTS = {
    "begun": "",
    "selected": "tool_call",
    "contacted": "human_contacted",
    "approved": "human_response",
    "started": "tool_started",
    "ran": "",
    "told": "",
    "saved": "tool_response",
    "deferred": "tool_deferred",
    "expired": "expired",
}
Die = Callable[[str], None]


async def model(thread: Thread) -> AnyEvent:
    """It takes its time, and decides what the script says."""
    await asyncio.sleep(random.uniform(0, 0.03))
    said: Any = thread.events[0].data
    words = str(said["message"] if isinstance(said, dict) else said)
    script = SCRIPTS[words.split()[0]]
    return decided(script[min(len(thread.calls), len(script) - 1)], f"call-{len(thread.events)}")


def serve(port: int, point: str) -> None:
    """A server, until it is killed, or until it comes to this point."""
    agent = agent_that_dies(FileSystemThreadStore(Path(".threads")), point)
    settings = Settings(host="127.0.0.1", port=port, max_requests=10**6)
    run(create_app(settings, agent), settings)


def agent_that_dies(store: ThreadStore, point: str) -> Agent:
    """With its process, when it comes to this point."""
    die = deadly(point)

    class Pager:
        name = "pager"
        about = "what it tells is written to a file"

        async def tell(self, asked: Asked) -> None:
            note("told", f"{asked.thread_id}/{asked.waiting.call_id}")
            die("told")

        async def settle(self, message: Message, became: str) -> None:
            pass

    agent = agent_of(store, model, handle_next_step=tool_of(die), notify=notify_of(die))
    agent = replace(agent, clock=lambda: datetime.now(UTC), channels={"pager": Pager()})
    ticker.TICK = 0.05
    return replace(agent, policy=POLICY)


def deadly(point: str) -> Die:
    """Ends its process where it is told of this point, the first time or one of the next three."""
    left = [random.randint(0, 3)]

    def die(here: str) -> None:
        left[0] -= here == point
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return die


def tool_of(die: Die) -> Callable[[Any, str], Awaitable[Any]]:
    """What ran with somebody's yes is in a ledger."""

    async def tool(step: Any, call_id: str) -> Any:
        await asyncio.sleep(random.uniform(0, 0.02))
        if approver(step) is None:
            return 7
        note("ran", f"{thread_id.get()}/{call_id}")
        die("ran")
        return Later(ref=call_id) if random.random() < 0.3 else 7

    return tool


def notify_of(die: Die) -> Callable[[str, AnyEvent], None]:
    def notify(where: str, event: AnyEvent) -> None:
        log_event(where, event)
        if isinstance(event, Trigger):
            die("begun")
        for name, kind in POINTS.items():
            if kind == event.type:
                die(name)

    return notify


def begin(live: Callable[[], None]) -> int:
    """The id of a process of its own that lives so. What it raises stands in the log, and is 1."""
    if child := os.fork():
        return child
    log_here()
    random.seed()
    code = 1
    try:
        live()
        code = 0
    except Exception:  # noqa: BLE001, whatever it is, it is told
        traceback.print_exc()
    finally:
        os._exit(code)


def was_killed(status: int) -> bool:
    """As `waitpid` gives it; a process that crashed has another."""
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def log_here() -> None:
    log = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)


def stored_in(store: ThreadStore) -> dict[str, Thread]:
    async def stored() -> dict[str, Thread]:
        return {each.id: await store.get(each.id) for each in await store.find()}

    return asyncio.run(stored())


def check_kept(seen: dict[str, Any], store: ThreadStore) -> dict[str, Thread]:
    """Every thread, which can be read; what was accepted is there, with nobody to mend anything."""
    threads = stored_in(store)
    assert set(seen["launched"]) <= set(threads)
    for where, call_id in seen["answered"]:
        kept = [event for event in threads[where].events if event.call_id == call_id]
        assert any(isinstance(event, HumanResponse | ToolResponse) for event in kept)
    return threads


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main(seed: int, kills: int) -> None:
    random.seed(seed)
    port = free_port()
    somebody = Somebody(port)
    killed: dict[str, int] = {}
    points = [*POINTS, "any moment"]
    for number in range(kills):
        point = points[number % len(points)]
        child = begin(partial(serve, port, point))
        seconds = random.uniform(0.05, 0.4) if point == "any moment" else 10
        somebody.go_on_beside(child, seconds)
        place = point if has_died(child) else "any moment"  # it did not come to it
        os.kill(child, signal.SIGKILL)
        assert was_killed(os.waitpid(child, 0)[1]), Path("log").read_text()[-5000:]
        killed[place] = killed.get(place, 0) + 1
        check_kept(somebody.saw(), FileSystemThreadStore(Path(".threads")))
    child = begin(partial(serve, port, "never"))
    somebody.go_on(60, threads=len(somebody.launched))
    os.kill(child, signal.SIGTERM)
    _, ended = os.waitpid(child, 0)
    print(json.dumps({"killed": killed, "ended": ended} | somebody.saw()))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
