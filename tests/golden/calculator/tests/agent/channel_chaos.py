"""Chaos in the channels: the real server is killed again and again, whatever is behind its channels
fails, is slow and does what it then denies, and people there go on answering, now and then twice.

Run as a program, in an empty folder: `channel_chaos.main(seed, kills)`. As `chaos.py`, with `agent
serve` and the channels of this project. What it prints is checked by `test_channel_chaos.py`.
"""

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from datetime import timedelta
from multiprocessing import get_context, parent_process
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

import httpx2
import pytest

from agent import due, reach, ticker
from agent.store.filesystem import FileSystemThreadStore
from agent.terminal.cli import main as agent
from agent.views import Summary, summary_of

from .chaos import POINTS, deadly, free_port, log_here, model, notify_of, tool_of
from .crowds import Crowd, crowds, mind
from .somebody import NOBODY, THREADS, NotNow, Somebody, there

LAST = ["expired", "any moment"]  # of the last servers, with which what nobody answers is over
LIFE = 0.7  # seconds that a server gets to come to its point, once it answers
A_THREAD = 2  # kills for each further thread that everybody begins
AT_LAST = 120.0  # seconds in which all must come to an end
STANDING = crowds()
# Servers are forked off a process that has no threads, as whoever stands behind a channel has.
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
T = TypeVar("T")


def live(port: int, point: str, chance: str, variables: dict[str, str]) -> None:
    """`agent serve`, until it is killed, or until it comes to this point."""
    Thread(target=end_with_whoever_began_it, daemon=True).start()
    log_here()
    random.seed(chance)
    os.environ.update(variables)
    die = deadly(point)

    def then_die(work: Callable[..., Awaitable[T]], here: str) -> Callable[..., Awaitable[T]]:
        async def done(*about: Any) -> T:
            result = await work(*about)
            die(here)
            return result

        return done

    patch = pytest.MonkeyPatch()
    patch.setattr("agent.wiring.determine_next_step", lambda thread, **_: model(thread))
    patch.setattr("agent.wiring.handle_next_step", tool_of(die))
    patch.setattr("agent.server.app.log_event", notify_of(die))
    patch.setattr("agent.ticker.contact", then_die(reach.contact, "told"))
    patch.setattr("agent.ticker.settle", then_die(reach.settle, "settled"))
    hurry()
    agent(["serve", "--port", str(port)])


def end_with_whoever_began_it() -> None:
    if parent := parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)


def hurry() -> None:
    """All that is waited for outside of tests, but shorter; and whoever fails is tried for longer,
    as there is no other way here.
    """
    ticker.TICK, ticker.LATER = 0.05, timedelta(seconds=0.2)
    due.PAUSES[:] = [timedelta(seconds=0.1)] * 40


class Program(Somebody):
    """It begins threads and gives results; what is asked it leaves to people."""

    def turn(self, client: httpx2.Client, threads: int) -> None:
        self.client = client
        if len(self.launched) < threads:
            self.launch()
        found = there(client.get(THREADS, params={"limit": 100})).json()["threads"]
        for thread in found:
            waiting = thread["awaiting"]
            if waiting and waiting["reason"] == "result":
                self.tell(thread["id"], waiting, "results", {"result": 7})


@contextmanager
def going_on(everybody: list[Crowd | Program], port: int, threads: int) -> Iterator[None]:
    """Each at their own pace, whether the server is there or not."""
    over = Event()

    def go_on(somebody: Crowd | Program) -> None:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            while not over.wait(0.05):
                with suppress(httpx2.TransportError, NotNow):
                    somebody.turn(client, threads)

    with ThreadPoolExecutor(len(everybody)) as pool:
        work = [pool.submit(go_on, each) for each in everybody]
        try:
            yield
        finally:
            over.set()
        for each in work:
            each.result()


def main(seed: int, kills: int) -> None:
    random.seed(seed)
    with ExitStack() as stack:
        people = {
            name: stack.enter_context(crowd(mind(seed, place, len(STANDING))))
            for place, (name, crowd) in enumerate(STANDING.items())
        }
        killed, ended, program = lives(seed, kills, people)
        told = {name: asdict(crowd.saw()) for name, crowd in people.items()}
    report = program.saw() | {"killed": killed, "ended": ended, "people": told}
    print(json.dumps(report, default=list))


def lives(
    seed: int, kills: int, people: dict[str, Crowd]
) -> tuple[dict[str, int], int | None, Program]:
    """How often a server died at which point, and how the one ended that came to the end.

    What nobody answers is over in the last lives alone, so that everybody was told of it before.
    """
    port, killed = free_port(), Counter[str]()
    program, points = Program(port), sorted({*POINTS, "settled", "any moment"} - {"expired"})
    everybody: list[Crowd | Program] = [program, *people.values()]
    variables = {"AGENT_CHANNELS": ",".join(people), "AGENT_MAX_REQUESTS": "1000000"}
    for crowd in people.values():
        variables |= crowd.variables

    def begin(point: str) -> ForkServerProcess:
        chance = f"{seed} {killed.total()}"
        process = FORKS.Process(target=live, args=(port, point, chance, variables), daemon=True)
        process.start()
        return process

    def kill_at(point: str, threads: int) -> None:
        server = begin(point)
        with going_on(everybody, port, threads):
            if point == "any moment":
                server.join(random.uniform(0, 2 * LIFE))
            elif answers(server, port):
                server.join(LIFE)
            came = server.exitcode
            server.kill()
            server.join()
        assert came in (None, -signal.SIGKILL), Path("log").read_text()[-5000:]  # it crashed
        killed[point if came else "any moment"] += 1

    def let_live(threads: int, told: Set[str] | None = None) -> int | None:
        server, until = begin("never"), time.monotonic() + AT_LAST
        count = threads * len(everybody)
        try:
            with going_on(everybody, port, threads):
                while not is_over(people.values(), count, told):
                    assert time.monotonic() < until, "not all came to an end in time"
                    time.sleep(0.2)
        finally:
            server.terminate()
            server.join()
        return server.exitcode

    first = kills - len(LAST)
    for number in range(first):
        kill_at(points[(seed * first + number) % len(points)], number // A_THREAD + 2)
    threads = kills // A_THREAD + 2
    let_live(threads, told=people.keys())
    variables["AGENT_EXPIRES_AFTER"] = "5"  # in which what is asked just now is told
    for point in LAST:
        kill_at(point, threads)
    return killed, let_live(threads), program


def answers(server: ForkServerProcess, port: int) -> bool:
    """In its own time, unless it dies before."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        while server.is_alive():
            with suppress(httpx2.TransportError):
                return client.get("/healthz").is_success
            server.join(0.02)
    return False


def is_over(people: Iterable[Crowd], count: int, told: Set[str] | None) -> bool:
    """Whether so many threads have ended, and every message says what became of what it asks. What
    nobody answers can be left, if it was told on these channels.
    """
    store = FileSystemThreadStore(Path(".threads"))

    def has_ended(thread: Summary) -> bool:
        waiting = thread.awaiting
        if waiting and told and waiting.question == NOBODY:
            return told <= {each.channel for each in waiting.contacted if not each.failed}
        return thread.status == "done" and not thread.stale

    async def ended() -> list[bool]:
        names = [each.id for each in await store.find()]
        return [has_ended(summary_of(name, await store.get(name))) for name in names]

    return all(each.is_content for each in people) and asyncio.run(ended()) == [True] * count
