"""`agent migrate`, `agent export` and `agent import`: a store is brought up to date, and moved."""

import asyncio
import sys
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Annotated, BinaryIO

import typer
from pydantic_core import from_json

from ..engine import opening as engine
from ..files import replacing
from ..settings import load_settings
from ..store import NoSuchThread, ThreadExists, ThreadStore, Unreadable, require_id
from ..store.opening import migrate as bring_up_to_date
from ..store.opening import open_store
from ..thread import Thread
from ..wiring import policy_as
from . import screen

PAGE = 500
LEFT = 1  # exit code: there are threads that were not taken
STDOUT = ("-", "/dev/stdout")  # the second may be a file, and then it is not ours to replace
commands = typer.Typer()
File = Annotated[Path, typer.Argument(metavar="[FILE]", help="- or nothing: the standard one.")]


class NoThread(Exception):
    """A line of what is imported is no thread."""


@dataclass
class Taken:
    """How many an import has kept, how many were there, and which are others under the same id."""

    kept: int = 0
    there: int = 0
    others: list[str] = field(default_factory=list)


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
    with written(file) as out:
        count, unreadable = asyncio.run(write_all(store_of_settings(), out))
    left_out = f", and {unreadable} left out that cannot be read" if unreadable else ""
    screen.note(f"{count} threads{left_out}")
    raise typer.Exit(LEFT if unreadable else 0)


@commands.command("import")
def take_in(file: File = Path("-")) -> None:
    """Keep what `export` wrote. What is there already is left, so it can be run again."""
    store, taken = store_of_settings(), Taken()
    with read(file) as lines:
        try:
            asyncio.run(keep_all(store, lines, taken))
        finally:  # where it breaks off, what came before is kept
            tell(taken)
    raise typer.Exit(LEFT if taken.others else 0)


def tell(taken: Taken) -> None:
    screen.note(f"{taken.kept} threads kept, and {taken.there} that were there already")
    for thread_id in taken.others:
        screen.complain(f"thread {thread_id} is another one here, and was left as it is")


def read(file: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if str(file) == "-" else open(file, "rb")


@contextmanager
def written(file: Path) -> Iterator[BinaryIO]:
    """A file is replaced by a whole one or stays as it is. The new one is its owner's alone: what
    was said is in there. Devices and pipes are written to as they are.
    """
    if str(file) in STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif is_stream(file):
        with open(file, "wb") as stream:
            yield stream
    else:
        with replacing(file.resolve()) as new:
            yield new


def is_stream(file: Path) -> bool:
    """Whether there is something that is no plain file. Raises OSError."""
    try:
        return not S_ISREG(file.stat().st_mode)
    except FileNotFoundError:
        return False


def store_of_settings() -> ThreadStore:
    settings = load_settings()
    return open_store(settings.store_url, settings.context_format, policy_as(settings))


async def write_all(store: ThreadStore, out: BinaryIO) -> tuple[int, int]:
    """How many were written, and how many were found and cannot be read."""
    count, unreadable = 0, 0
    async for thread_id in ids(store):
        try:
            thread = await store.get(thread_id)
        except Unreadable as problem:
            screen.complain(str(problem))
            unreadable += 1
            continue
        line = f'{{"id": "{thread_id}", "events": [{", ".join(thread.dump())}]}}\n'
        out.write(line.encode())
        count += 1
    return count, unreadable


async def ids(store: ThreadStore) -> AsyncIterator[str]:
    after: str | None = None
    while page := await store.find(after=after, limit=PAGE):
        for summary in page:
            yield summary.id
        after = page[-1].id


async def keep_all(store: ThreadStore, lines: Iterable[bytes], taken: Taken) -> None:
    """Raises NoThread, and StoreError though there be nothing to keep."""
    await store.find(limit=1)
    for number, line in numbered(lines):
        thread_id, thread = thread_in(line, number)
        try:
            await store.create(thread, thread_id)
            taken.kept += 1
        except ThreadExists:
            if await is_there(store, thread_id, thread):
                taken.there += 1
            else:
                taken.others.append(thread_id)


async def is_there(store: ThreadStore, thread_id: str, thread: Thread) -> bool:
    try:
        return (await store.get(thread_id)).dump() == thread.dump()
    except Unreadable as problem:
        screen.complain(str(problem))
        return False


def numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Those that say something: editors begin files with a mark, and files are put together."""
    for number, line in enumerate(lines, 1):
        if said := line.removeprefix(BOM_UTF8).strip():
            yield number, said


def thread_in(line: bytes, number: int) -> tuple[str, Thread]:
    try:
        said = from_json(line, allow_inf_nan=False)
        require_id(thread_id := str(said["id"]))
        return thread_id, Thread.load(said["events"])
    except (NoSuchThread, ValueError, LookupError, TypeError, RecursionError) as error:
        problem = f"line {number} is no thread of `agent export`"
        advice = "mend it and run this again, what was kept is left as it is"
        raise NoThread(f"{problem}: {advice}") from error
