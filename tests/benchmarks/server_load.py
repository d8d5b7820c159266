"""The generated server beside the plain pattern: launches a second, and what many callers cost."""

import asyncio
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from page import Chapter, table
from timing import ENVIRONMENT, ratios, run, spread
from workshop import HERE, Workshop

OURS, PLAIN = "generated server, file store", "202 and a background task"
IN_POSTGRES = "generated server, Postgres"
LAUNCHES, CALLERS, PAGES, MANY = 400, 8, 200, 100_000
WAITING, LOOKS = 10_000, 62.0  # threads; seconds, in which the ticker looks at all of them once
EXPLANATION = """Eight callers launch threads at once; the message is one that the offline
stand-in asks about. The plain pattern is what one writes first: FastAPI, a JSON file for each
thread, `fsync` included, 202, and the rest in a background task, which decides nothing and may
be lost. Ours has each event on the disk before anything is done about it, renders the real
prompt, tells the inbox, and goes on where it was killed. Each is one process; the callers are
on the same machine."""
LASTING = """One process is asked for a thread 100,000 times: what it holds afterwards, divided
by what it held after the first tenth. Then 200 pages are open, each with its stream of events:
a launch beside them, divided by one before. Last, a server is started on 10,000 threads that
wait for a human, and is left alone for a minute; what one without threads uses is taken off."""


def measure(workshop: Workshop, rounds: int) -> str:
    chapter = Chapter("The server beside the plain pattern")
    times: dict[str, dict[str, list[float]]] = {
        what: {OURS: [], PLAIN: []} for what in ("ms a launch", "ms, p99")
    }
    for _ in range(rounds):
        for name in (OURS, PLAIN):
            with serving(workshop, name) as port:
                took = asyncio.run(launches(port, LAUNCHES))
            times["ms a launch"][name].append(sum(took) / len(took) / CALLERS)
            times["ms, p99"][name].append(quantiles(took, n=100)[98])
    chapter.say(" ".join(EXPLANATION.split("\n")))
    for what, each in times.items():
        rows = [(name, spread(all_, 2), ratios(all_, each[PLAIN])) for name, all_ in each.items()]
        chapter.say(table(("launching", what, f"of {PLAIN}"), rows))
    lasting(chapter, workshop)
    idle(chapter, workshop)
    return chapter.markdown(
        workshop.versions(workshop.agent, "fastapi", "uvicorn"), workshop.folder
    )


def idle(chapter: Chapter, workshop: Workshop) -> None:
    """A server that has nothing to do but to know of threads that wait."""
    threads = workshop.fresh("waiting")
    make: list[str | Path] = [
        workshop.agent / "python",
        HERE / "waiting_threads.py",
        threads,
        str(WAITING),
    ]
    run(*make, cwd=workshop.folder, PYTHONPATH=sources(workshop))
    url = {"AGENT_STORE_URL": f"file:{threads}", "AGENT_EXPIRES_AFTER": str(10**8)}
    began = time.perf_counter()
    with serving(workshop, OURS, url) as port:
        ready = time.perf_counter() - began
        share = share_of_a_core(port)
    with serving(workshop, OURS) as port:
        share -= share_of_a_core(port)
    chapter.aim(f"s until it answers, of {WAITING:,} waiting threads", ready, 2.0)
    chapter.aim(f"% of a core that {WAITING:,} waiting threads add", share, 1.0)


def share_of_a_core(port: int) -> float:
    """In percent, once it has looked at all threads for the first time."""
    time.sleep(8)
    before = busy(port)
    time.sleep(LOOKS)
    return 100 * (busy(port) - before) / LOOKS


def sources(workshop: Workshop, name: str = OURS) -> str:
    return str((workshop.with_stores if name == IN_POSTGRES else workshop.project) / "src")


def busy(port: int) -> float:
    """Seconds of processor that the server has had."""
    fields = Path(f"/proc/{_processes[port]}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lasting(chapter: Chapter, workshop: Workshop) -> None:
    with serving(workshop, OURS) as port:
        place = asyncio.run(launched(port))
        asyncio.run(asked(port, place, MANY // 10))
        before = resident(port)
        asyncio.run(asked(port, place, MANY - MANY // 10))
        what = "memory after 100,000 requests, of that after 10,000"
        chapter.aim(what, resident(port) / before, 1.05)
        alone, beside = asyncio.run(with_pages(port, place))
        chapter.aim(f"a launch beside {PAGES} open pages, of one alone", beside / alone, 1.5)
    chapter.say(" ".join(LASTING.split("\n")))


_processes: dict[int, int] = {}


@contextmanager
def serving(
    workshop: Workshop,
    name: str,
    settings: Mapping[str, str] | None = None,
    place: str = "server",
) -> Iterator[int]:
    here = workshop.fresh(place)
    here.mkdir()
    python = (workshop.stores if name == IN_POSTGRES else workshop.agent) / "python"
    env = ENVIRONMENT | {"AGENT_MODEL": "offline", "AGENT_MAX_REQUESTS": "1000000000"}
    env |= {"PYTHONPATH": sources(workshop, name), "AGENT_LOG_LEVEL": "error", **(settings or {})}
    code = "from agent.terminal.cli import main; main(['serve', '--port', '{}'])"
    port = free_port()
    command: list[str | Path] = [python, "-c", code.format(port)]
    if name == PLAIN:
        command = [python, HERE / "plain_server.py", str(port)]
    with subprocess.Popen(command, cwd=here, env=env, stderr=subprocess.DEVNULL) as process:
        _processes[port] = process.pid
        try:
            asyncio.run(answers(port))
            yield port
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def resident(port: int) -> int:
    """KB."""
    status = Path(f"/proc/{_processes[port]}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


class Caller:
    """One connection that is kept: as little of a client as there can be."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def open(self) -> "Caller":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[bytes, bytes]:
        """The head of the answer, and its body."""
        self.send(method, path, body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split()[0])
        return head, await self.reader.readexactly(length)

    def send(self, method: str, path: str, body: bytes = b"") -> None:
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)


BODY = json.dumps({"message": "hello"}).encode()


async def answers(port: int) -> None:
    """Once it does."""
    while True:
        try:
            return await launch(await Caller(port).open())
        except OSError:
            await asyncio.sleep(0.05)


async def launch(caller: Caller) -> None:
    head, _ = await caller.ask("POST", "/api/v1/threads", BODY)
    assert b" 202 " in head, head


async def launched(port: int) -> str:
    """The path of a thread."""
    _, body = await (await Caller(port).open()).ask("POST", "/api/v1/threads", BODY)
    return f"/api/v1/threads/{json.loads(body)['id']}"


async def launches(port: int, count: int) -> list[float]:
    """How long each took, in ms, with so many callers at once."""

    async def calls() -> list[float]:
        caller, took = await Caller(port).open(), []
        for _ in range(count // CALLERS):
            began = time.perf_counter()
            await launch(caller)
            took.append((time.perf_counter() - began) * 1000)
        return took

    return [
        each for some in await asyncio.gather(*(calls() for _ in range(CALLERS))) for each in some
    ]


async def asked(port: int, path: str, count: int) -> None:
    async def calls() -> None:
        caller = await Caller(port).open()
        for _ in range(count // CALLERS):
            await caller.ask("GET", path)

    await asyncio.gather(*(calls() for _ in range(CALLERS)))


async def with_pages(port: int, path: str) -> tuple[float, float]:
    """ms of a launch, alone and beside open streams."""
    alone = median(await launches(port, LAUNCHES))
    pages = [await Caller(port).open() for _ in range(PAGES)]
    for page in pages:
        page.send("GET", f"{path}/events")
        await page.reader.readuntil(b"\r\n\r\n")
    beside = median(await launches(port, LAUNCHES))
    for page in pages:
        page.writer.close()
    return alone, beside
