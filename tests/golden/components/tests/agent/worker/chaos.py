"""Chaos on many machines: two servers and three workers are killed, and Postgres under them.

Run as a program, in an empty folder: `chaos.main(seed, kills, POSTGRES, cuts)`. As
`tests/agent/chaos.py`, over the store in Postgres; now and then Postgres itself ends as by a crash.
With cuts, each has a machine of its own, whose network is cut for a while.
"""

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from agent import engine, ticker
from agent.channels.worker import nothing
from agent.channels.worker import process as working
from agent.engine.procrastinate.queue import Queue
from agent.engine.procrastinate.schema import migrate
from agent.postgres import KEEPALIVES
from agent.server.app import create_app
from agent.server.process import run
from agent.settings import Settings
from agent.store import ThreadStore, opening

from ..chaos import POINTS, POLICY, agent_that_dies, begin, free_port, was_killed
from ..postgres_servers import Server
from ..somebody import Somebody
from .network import HURRIED, Here, Machine, joined

WORKERS = 3
A_DATABASE = 15  # so many kills to one of Postgres
GRACE = 3.0
Place = Machine | Here
Live = partial[None]


class Neighbour(Somebody):
    """Uses each server from its own machine, so whatever else that does not reach."""

    def __init__(self, servers: list[tuple[Place, int]]) -> None:
        super().__init__()
        self.servers = servers

    @contextmanager
    def connection(self) -> Iterator[httpx2.Client]:
        place, port = random.choice(self.servers)
        with (
            place.inside(),
            httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client,
        ):
            yield client


class Cuts:
    """Now and then a machine is cut off, or that of the database, which cuts off all."""

    def __init__(self, machines: list[Machine]) -> None:
        self.machines = machines
        self.count = 0
        self._cut: tuple[Machine, float] | None = None

    def go_on(self) -> None:
        now = time.monotonic()
        if self._cut and now > self._cut[1]:
            self.end()
        elif self.machines and not self._cut and random.random() < 0.3:
            machine = random.choice(self.machines)
            machine.cut()
            self._cut = machine, now + random.uniform(0.2, 6)
            self.count += 1

    def end(self) -> None:
        if self._cut:
            self._cut[0].mend()
            self._cut = None


def serve(place: Place, port: int, url: str, point: str) -> None:
    os.environ["AGENT_QUEUE_URL"] = url
    given = Settings(host="127.0.0.1", port=port, max_requests=10**6, engine="procrastinate")
    with place.inside():
        run(create_app(given, agent_that_dies(store_at(url), point)), given)


def work(place: Place, url: str, point: str) -> None:
    agent = agent_that_dies(store_at(url), point)
    with place.inside():
        asyncio.run(working.Worker(agent, Queue(url, patient=True), 8, nothing).run(GRACE))


def store_at(url: str) -> ThreadStore:
    return opening.open_store(url, "xml", lambda: POLICY)


def hurry() -> None:
    """All that is waited for outside of tests, but shorter."""
    working.BEAT, working.GONE, working.POLL, working.AGAIN = 0.2, 1.5, 0.2, 0.2
    engine.LOOK, engine.LEFT = 0.5, timedelta(seconds=1)
    ticker.LOOK = timedelta(seconds=0.5)
    KEEPALIVES.update(HURRIED)


def main(seed: int, kills: int, folder: str, cuts: int) -> None:
    """So many cuts at least, on a network of our own; or none, where there is none."""
    random.seed(seed)
    hurry()
    there: list[Any] = joined(3 + WORKERS) if cuts else [Here()] * (3 + WORKERS)
    database, *places = there
    with database.inside():
        postgres = Server(Path(folder), database.address)
        opening.migrate(postgres.url, POLICY)
        migrate(postgres.url)
    servers = [(place, free_port()) for place in places[:2]]
    lives = [
        *(partial(serve, place, port, postgres.url) for place, port in servers),
        *(partial(work, place, postgres.url) for place in places[2:]),
    ]
    campaign = Campaign(lives, Neighbour(servers), Cuts(there if cuts else []))
    try:
        while campaign.dead < kills or campaign.cuts.count < cuts:
            campaign.kill_one()
            campaign.cuts.go_on()
            if campaign.dead // A_DATABASE > campaign.killed["postgres"]:
                campaign.killed["postgres"] += 1
                postgres.stop()
                campaign.use(random.uniform(0, 1))
                with database.inside():
                    postgres.start()
        campaign.cuts.end()
        campaign.begin_all_anew()
        if cuts:
            campaign.use(2, more=8)
            database.cut()
            campaign.use(6)
            database.mend()
        ended = campaign.end()
    except BaseException:
        campaign.kill_all()
        raise
    killed = campaign.killed | {"network": campaign.cuts.count}
    print(json.dumps({"killed": killed, "ended": ended} | campaign.somebody.saw()))


class Campaign:
    """Who lives, who is killed, and who uses what is there."""

    def __init__(self, lives: list[Live], somebody: Somebody, cuts: Cuts) -> None:
        self.lives = lives
        self.somebody = somebody
        self.cuts = cuts
        self.killed = Counter[str]()
        self.there = {begin(partial(live, a_point())): live for live in lives}

    @property
    def dead(self) -> int:
        return self.killed["server"] + self.killed["worker"]

    def use(self, seconds: float, more: int = 0) -> None:
        self.somebody.go_on(seconds, threads=len(self.somebody.launched) + more)

    def kill_one(self) -> None:
        """Or see one die by itself; each begins anew at once. On a busy machine they are given the
        time to come to something.
        """
        self.somebody.go_on(random.uniform(0.05, 0.3), threads=self.dead // 2 + 4)
        if len(self.somebody.launched) >= self.dead // 3:
            with suppress(ProcessLookupError):
                os.kill(random.choice(list(self.there)), signal.SIGKILL)
            time.sleep(0.02)
        ended = {each: os.waitpid(each, os.WNOHANG) for each in self.there}
        for process, (_, status) in [(each, has) for each, has in ended.items() if has[0]]:
            assert was_killed(status), Path("log").read_text()[-5000:]
            live = self.there.pop(process)
            self.killed["server" if live.func is serve else "worker"] += 1
            self.there[begin(partial(live, a_point()))] = live

    def kill_all(self) -> None:
        for process in self.there:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)

    def begin_all_anew(self) -> None:
        """From here on nobody is killed."""
        self.kill_all()
        self.there = {begin(partial(live, "never")): live for live in self.lives}

    def end(self) -> list[int]:
        """How each ended, once all is done."""
        until = time.monotonic() + 60
        while time.monotonic() < until and not self.somebody.is_content:
            self.use(5)
        for process in self.there:
            os.kill(process, signal.SIGTERM)
        return [os.waitpid(process, 0)[1] for process in self.there]


def a_point() -> str:
    return random.choice([*POINTS, *["never"] * len(POINTS)])
