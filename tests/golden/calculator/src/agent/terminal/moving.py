"""`agent migrate`, `agent export` and `agent import`: a store is brought up to date, and moved."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import typer
from pydantic_core import from_json

from ..engine import opening as engine
from ..files import private
from ..settings import load_settings
from ..store import ThreadExists, ThreadStore, Unreadable
from ..store.opening import migrate as bring_up_to_date
from ..store.opening import open_store
from ..thread import Thread
from ..wiring import policy_as
from . import screen

PAGE = 500
LEFT = 1  # exit code: there are threads that were not taken
commands = typer.Typer()
File = Annotated[Path, typer.Argument(metavar="[FILE]", help="- or nothing: the standard one.")]


class NoThread(Exception):
    """A line of what is imported is no thread."""


@commands.command()
def migrate() -> None:
    """Bring the database that AGENT_STORE_URL names up to date: its tables, and what is derived;
    and the engine's, if there is one.
    """
    settings = load_settings()
    screen.say(bring_up_to_date(settings.store_url, policy_as(settings)()))
    if line := engine.migrate(settings):
        screen.say(line)


@commands.command("export")
def export(file: File = Path("-")) -> None:
    """Write every thread, one a line, as `import` takes it."""
    with opened(file, "wb") as out:
        count = asyncio.run(write_all(store_of_settings(), out))
    screen.note(f"{count} threads")


@commands.command("import")
def take_in(file: File = Path("-")) -> None:
    """Keep what `export` wrote. What is there already is left, so it can be run again."""
    with opened(file, "rb") as lines:
        kept, there, others = asyncio.run(keep_all(store_of_settings(), lines))
    screen.note(f"{kept} threads, and {there} that were there already")
    for thread_id in others:
        screen.complain(f"thread {thread_id} is another one here, and was left as it is")
    raise typer.Exit(LEFT if others else 0)


@contextmanager
def opened(file: Path, mode: Literal["rb", "wb"]) -> Iterator[BinaryIO]:
    """As their owner's alone: what was said is in there."""
    if str(file) == "-":
        yield sys.stdin.buffer if mode == "rb" else sys.stdout.buffer
    else:
        with open(file, mode, opener=private) as binary:
            yield binary


def store_of_settings() -> ThreadStore:
    settings = load_settings()
    return open_store(settings.store_url, settings.context_format, policy_as(settings))


async def write_all(store: ThreadStore, out: BinaryIO) -> int:
    count = 0
    async for thread_id in ids(store):
        try:
            thread = await store.get(thread_id)
        except Unreadable as problem:
            screen.complain(str(problem))
            continue
        line = f'{{"id": "{thread_id}", "events": [{", ".join(thread.dump())}]}}\n'
        out.write(line.encode())
        count += 1
    return count


async def ids(store: ThreadStore) -> AsyncIterator[str]:
    after: str | None = None
    while page := await store.find(after=after, limit=PAGE):
        for summary in page:
            yield summary.id
        after = page[-1].id


async def keep_all(store: ThreadStore, lines: Iterable[bytes]) -> tuple[int, int, list[str]]:
    """How many are kept now, how many were there, and which are others under the same id.

    Raises NoThread, and what was kept before is kept.
    """
    kept, there, others = 0, 0, list[str]()
    for number, line in enumerate(lines, 1):
        thread_id, thread = thread_in(line, number)
        try:
            await store.create(thread, thread_id)
            kept += 1
        except ThreadExists:
            if (await store.get(thread_id)).dump() == thread.dump():
                there += 1
            else:
                others.append(thread_id)
    return kept, there, others


def thread_in(line: bytes, number: int) -> tuple[str, Thread]:
    try:
        written = from_json(line, allow_inf_nan=False)
        return str(written["id"]), Thread.load(written["events"])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise NoThread(f"line {number} is no thread of `agent export`") from error
