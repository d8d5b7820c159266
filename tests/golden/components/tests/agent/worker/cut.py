"""Who is cut off from the network, and comes back. Programs; `test_cut.py` checks what they print.

It is a machine that is cut, so nobody is told: not who is there, and not who talks with them.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from agent.due import Policy
from agent.engine.procrastinate.queue import Queue
from agent.engine.procrastinate.schema import migrate
from agent.postgres import KEEPALIVES
from agent.store import ThreadStore, opening

from ...yours.samples import APPROVAL_STEP, SAFE_STEP
from ..postgres_servers import Server
from ..scripted import said, thread_of
from ..serving import kinds
from ..stores import held
from .living import Life, began, until
from .network import HURRIED, Machine, joined
from .test_workers import approve, done, launched, waiting


@contextmanager
def beside(database: Machine, folder: str) -> Iterator[str]:
    """The URL of a Postgres on that machine, which ends with the block."""
    with database.inside():
        postgres = Server(Path(folder), database.address)
        opening.migrate(postgres.url, Policy())
        migrate(postgres.url)
    try:
        yield postgres.url
    finally:
        postgres.stop()


def ask(folder: str) -> None:
    """The queue, the store and for a lease, before a cut, amid it and after it."""
    KEEPALIVES.update(HURRIED)
    database, here = joined(2)

    async def three_times(url: str) -> list[list[str]]:
        postgres = import_module("agent.store.postgres")  # of another component
        store: ThreadStore = postgres.PostgresThreadStore(url, patience=1)
        queue = Queue(url, connections=1)
        thread_id, came = await store.create(thread_of(said())), list[list[str]]()
        for switch in (here.mend, here.cut, here.mend):
            switch()
            asked = (queue.counts(), store.get(thread_id), held(store, thread_id))
            got = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 40)
            came.append([type(each).__name__ for each in got])
        return came

    with beside(database, folder) as url, here.inside():
        print(json.dumps(asyncio.run(three_times(url))))


def work(folder: str) -> None:
    """A worker is cut off amid its tools, and another one takes over."""
    database, front, one, other = joined(4)
    with beside(database, folder) as url:
        life = Life(url, url)
        log = Path("work-0.log")
        try:
            with one.inside():
                first = life.begin("work")
            with front.inside(), life.client() as client:
                Path("hold").touch()
                safe, gated = launched(client, SAFE_STEP), launched(client, APPROVAL_STEP)
                approve(client, gated)
                until(lambda: len(began()) == 2)
                with other.inside():
                    second = life.begin("work")
                one.cut()
                until(lambda: len(began()) == 3 and waiting(client, gated)["reason"] == "in_doubt")
                until(lambda: "queue_gone" in log.read_text("utf-8"))
                one.mend()
                until(lambda: "lease_lost" in log.read_text("utf-8"))
                Path("hold").unlink()
                approve(client, gated, approved=False)
                ended = [kinds(done(client, each)) for each in (safe, gated)]
                second.kill()
                done(client, launched(client, SAFE_STEP))
            report = {"ended": ended, "began": began(), "first": first.pid, "second": second.pid}
            print(json.dumps(report | {"log": log.read_text("utf-8")}))
        finally:
            life.end()
