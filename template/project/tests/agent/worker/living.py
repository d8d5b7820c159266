"""A server and workers as processes of their own, whose tools write down that they ran.

`python -m tests.agent.worker.living serve|work STORE QUEUE GRACE` runs one in the current folder,
until it is killed or asked to stop. A tool waits while there is a file `hold`.
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from agent.channels.worker import nothing
from agent.channels.worker import process as working
from agent.engine.procrastinate import retries
from agent.engine.procrastinate.queue import Queue
from agent.events import AnyEvent
from agent.log import log_event
from agent.parts import Agent
from agent.postgres import KEEPALIVES
from agent.server.app import create_app
from agent.server.process import run
from agent.settings import Settings
from agent.steps import thread_id
from agent.store.opening import open_store
from agent.thread import Thread

from ..processes import HOME, SOURCES
from ..scripted import agent_of, unasked
from ..serving import as_told
from ..somebody import note, noted
from .network import HURRIED

GRACE = 1.5


def agent_here(store_url: str) -> Agent:
    store = open_store(store_url, "xml")
    clock = lambda: datetime.now(UTC)  # noqa: E731
    return agent_of(store, model, handle_next_step=tool, clock=clock, notify=log_event)


async def model(thread: Thread) -> AnyEvent:
    """It cannot be asked while there is a file `no-model`."""
    if Path("no-model").exists():  # noqa: ASYNC240, it is a look and no more
        return unasked()
    return await as_told(thread)


async def tool(step: Any, call_id: str) -> int:
    note("began", f"{os.getpid()}/{thread_id.get()}/{call_id}")
    await asyncio.to_thread(wait_for_a_go)
    note("ran", f"{thread_id.get()}/{call_id}")
    return 7


def wait_for_a_go() -> None:
    while Path("hold").exists():
        time.sleep(0.02)


def hurry() -> None:
    """All that is waited for outside of tests, but shorter."""
    working.BEAT, working.GONE, working.POLL, working.AGAIN = 0.2, 1.5, 0.3, 0.3
    KEEPALIVES.update(HURRIED)


def work(store_url: str, queue_url: str, grace: str) -> None:
    hurry()
    retries.PAUSES = [timedelta(seconds=seconds) for seconds in (0.3, 0.5, 1)]
    queue = Queue(queue_url, patient=True)
    asyncio.run(working.Worker(agent_here(store_url), queue, 8, nothing).run(float(grace)))


def serve(store_url: str, queue_url: str, _: str) -> None:
    hurry()
    os.environ["AGENT_QUEUE_URL"] = queue_url
    settings = Settings(port=0, max_requests=10**6, engine="procrastinate")
    run(create_app(settings, agent_here(store_url)), settings)


@dataclass
class Life:
    """The processes, in the current folder."""

    store_url: str
    queue_url: str
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def begin(self, what: str, grace: float = GRACE) -> subprocess.Popen[str]:
        paths = os.pathsep.join([str(SOURCES), str(HOME)])
        with Path(f"{what}-{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, what, self.store_url, self.queue_url, str(grace)],
                env=os.environ | {"PYTHONPATH": paths},
                stdout=log,
                stderr=log,
                text=True,
            )
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(timeout=20)

    def log(self) -> str:
        return "".join(path.read_text("utf-8") for path in sorted(Path.cwd().glob("*.log")))

    @contextmanager
    def client(self) -> Iterator[httpx2.Client]:
        """Of a server, once it is there."""
        number = len(self.processes)
        self.begin("serve")
        log = Path(f"serve-{number}.log")
        found = until(lambda: re.search(r"running on (http://[\d.:]+)", log.read_text("utf-8")))
        with httpx2.Client(base_url=found[1], timeout=20) as client:
            yield client


def until(found: Callable[[], Any], seconds: float = 20) -> Any:
    """What is found, as soon as anything is."""
    end = time.monotonic() + seconds
    while not (what := found()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return what


def began() -> list[tuple[int, str]]:
    """Which process began which call, in order."""
    parts = [line.partition("/") for line in noted("began")]
    return [(int(process), call) for process, _, call in parts]


if __name__ == "__main__":
    {"serve": serve, "work": work}[sys.argv[1]](*sys.argv[2:])
