"""Chaos on many machines: two servers and three workers are killed, and Postgres under them.

Run as a program, in an empty folder: `chaos.main(seed, kills, POSTGRES)`. As
`tests/agent/chaos.py`, over the store in Postgres; now and then Postgres itself ends as by a crash.
"""

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

from agent import engine, ticker
from agent.channels.worker import nothing
from agent.channels.worker import process as working
from agent.engine.procrastinate.connection import PatientConnector
from agent.engine.procrastinate.queue import Queue
from agent.engine.procrastinate.schema import migrate
from agent.server.app import create_app
from agent.server.process import run
from agent.settings import Settings
from agent.store import ThreadStore, opening

from ..chaos import POINTS, POLICY, Somebody, agent_that_dies, begin, free_port
from ..postgres_servers import Server

WORKERS = 3
A_DATABASE = 15  # so many kills to one of Postgres
GRACE = 3.0


def serve(port: int, url: str, point: str) -> None:
    os.environ["AGENT_QUEUE_URL"] = url
    given = Settings(host="127.0.0.1", port=port, max_requests=10**6, engine="procrastinate")
    run(create_app(given, agent_that_dies(store_at(url), point)), given)


def work(url: str, point: str) -> None:
    agent = agent_that_dies(store_at(url), point)
    asyncio.run(working.Worker(agent, Queue(url, PatientConnector()), 8, nothing).run(GRACE))


def store_at(url: str) -> ThreadStore:
    return opening.open_store(url, "xml", lambda: POLICY)


def hurry() -> None:
    """All that is waited for outside of tests, but shorter."""
    working.BEAT, working.GONE, working.POLL, working.AGAIN = 0.2, 1.5, 0.2, 0.2
    engine.LOOK, engine.LEFT = 0.5, timedelta(seconds=1)
    ticker.LOOK = timedelta(seconds=0.5)


def main(seed: int, kills: int, folder: str) -> None:
    random.seed(seed)
    hurry()
    postgres = Server(Path(folder))
    opening.migrate(postgres.url, POLICY)
    migrate(postgres.url)
    ports = [free_port(), free_port()]
    lives: list[Callable[[str], None]] = [
        *(partial(serve, port, postgres.url) for port in ports),
        *(partial(work, postgres.url) for _ in range(WORKERS)),
    ]
    somebody, killed = Somebody(*ports), Counter[str]()
    there = {begin(partial(live, a_point())): live for live in lives}
    try:
        while killed["server"] + killed["worker"] < kills:
            dead = sum(killed.values())
            somebody.go_on(random.uniform(0.05, 0.3), threads=dead // 2 + 4)
            with suppress(ProcessLookupError):
                os.kill(random.choice(list(there)), signal.SIGKILL)
            time.sleep(0.02)
            for process in [each for each in there if os.waitpid(each, os.WNOHANG)[0]]:
                live = there.pop(process)
                killed["server" if live in lives[: len(ports)] else "worker"] += 1
                there[begin(partial(live, a_point()))] = live
            if sum(killed.values()) // A_DATABASE > killed["postgres"]:
                killed["postgres"] += 1
                postgres.stop()
                somebody.go_on(random.uniform(0, 1), threads=len(somebody.launched))
                postgres.start()
    except BaseException:
        for process in there:
            os.kill(process, signal.SIGKILL)
        raise
    ended = at_last(list(there), lives, somebody)
    print(json.dumps({"killed": killed, "ended": ended, "url": postgres.url} | somebody.saw()))


def a_point() -> str:
    return random.choice([*POINTS, *["never"] * len(POINTS)])


def at_last(left: list[int], lives: list[Callable[[str], None]], somebody: Somebody) -> list[int]:
    """Nobody is killed any more: how each ended, once all is done."""
    for process in left:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    there = [begin(partial(live, "never")) for live in lives]
    until = time.monotonic() + 60
    while time.monotonic() < until and not somebody.is_content:
        somebody.go_on(5, threads=len(somebody.launched))
    for process in there:
        os.kill(process, signal.SIGTERM)
    return [os.waitpid(process, 0)[1] for process in there]
