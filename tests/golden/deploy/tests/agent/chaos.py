"""Chaos: the real server is killed again and again, and somebody goes on using it.

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
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from agent import ticker
from agent.due import Policy, Route
from agent.events import AnyEvent, Trigger
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

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import DONE, QUESTION, agent_of, decided

THREADS = "/api/v1/threads"
POLICY = Policy((Route(channel="pager"),), expires_after=timedelta(seconds=1))
# Where a server dies: behind an event of this type, or amid what a tool or a channel does.
POINTS = {
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
NOBODY = "is nobody there?"  # which nobody answers
# What happens in a thread, by the first word of its first message.
SCRIPTS = {
    "approved": [SAFE_STEP, APPROVAL_STEP, DONE],
    "later": [APPROVAL_STEP, DONE],
    "asked": [QUESTION, SAFE_STEP, DONE],
    "nobody": [{**QUESTION, "message": NOBODY}, DONE],
}
Die = Callable[[str], None]


def note(file: str, line: str) -> None:
    """A ledger: a line that is there is there whatever happens next."""
    place = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(place, f"{line}\n".encode())
    os.fsync(place)
    os.close(place)


def noted(file: str) -> list[str]:
    return Path(file).read_text().split() if Path(file).exists() else []


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
    """The id of a process of its own that lives so."""
    if child := os.fork():
        return child
    log_here()
    random.seed()
    try:
        live()
    finally:
        os._exit(0)


def log_here() -> None:
    log = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)


class NotNow(Exception):
    """The store is gone for the moment."""


def there(answer: httpx2.Response) -> httpx2.Response:
    if answer.status_code == 503:
        raise NotNow
    return answer.raise_for_status()


class Somebody:
    """Uses the server while it is there. What was accepted is promised, and written down."""

    def __init__(self, *ports: int) -> None:
        self.addresses = [f"http://127.0.0.1:{port}" for port in ports]
        self.launched: list[str] = []
        self.answered: list[tuple[str, str]] = []
        self.is_content = False

    def go_on(self, seconds: float, threads: int) -> None:
        """Until so many seconds have passed, or the server is gone, or all is done."""
        until = time.monotonic() + seconds
        with httpx2.Client(base_url=random.choice(self.addresses), timeout=5) as self.client:
            while time.monotonic() < until:
                try:
                    if len(self.launched) < threads:
                        self.launch()
                    self.is_content = sum(map(self.look_at, self.launched)) == threads
                    if self.is_content:
                        return
                except (httpx2.TransportError, NotNow):
                    time.sleep(0.005)

    def saw(self) -> dict[str, Any]:
        """What was accepted, and what was done."""
        seen = {"launched": self.launched, "answered": self.answered}
        return seen | {"ran": noted("ran"), "told": noted("told")}

    def launch(self) -> None:
        """Again under the same key if nobody knows what became of it."""
        number = len(self.launched)
        message = f"{list(SCRIPTS)[number % len(SCRIPTS)]} {number}"
        key = {"Idempotency-Key": f"{number} of {os.getpid()}"}
        answer = self.client.post(THREADS, json={"message": message}, headers=key)
        self.launched.append(there(answer).json()["id"])

    def look_at(self, each: str) -> bool:
        """Whether it is done. What it waits for is answered, or not."""
        thread = there(self.client.get(f"{THREADS}/{each}")).json()
        waiting = thread["awaiting"]
        if waiting is None or random.random() < 0.5:
            return bool(thread["status"] == "done")
        match waiting["reason"]:
            case "question" if str(thread["events"][0]["data"]).startswith("nobody"):
                return False
            case "approval":
                body = {"approved": random.random() < 0.9}
                self.tell(each, waiting, "approvals", body)
            case "in_doubt":
                self.tell(each, waiting, "approvals", {"approved": False})
            case "result":
                self.tell(each, waiting, "results", {"result": 7})
            case _:
                self.tell(each, waiting, "responses", {"response": "go on"})
        return False

    def tell(self, each: str, waiting: dict[str, Any], what: str, body: dict[str, Any]) -> None:
        call = {"call_id": waiting["call_id"]}
        answer = self.client.post(f"{THREADS}/{each}/{what}", json=call | body)
        if answer.status_code == 503:
            raise NotNow
        if answer.status_code == 202:
            self.answered.append((each, waiting["call_id"]))
        elif answer.status_code != 409:  # somebody, or time, was quicker
            raise AssertionError(answer.text)


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
        seconds = random.uniform(0.05, 0.4) if point == "any moment" else 0.7
        somebody.go_on(seconds, threads=2 * number + 4)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        killed[point] = killed.get(point, 0) + 1
    child = begin(partial(serve, port, "never"))
    somebody.go_on(60, threads=len(somebody.launched))
    os.kill(child, signal.SIGTERM)
    _, ended = os.waitpid(child, 0)
    print(json.dumps({"killed": killed, "ended": ended} | somebody.saw()))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
