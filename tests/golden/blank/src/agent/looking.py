"""The commands that only look at threads: nothing runs, and nothing is asked."""

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated

import typer

from .humans import terminal
from .humans.session import open_agent
from .settings import load_settings
from .states import Status
from .thread import Thread
from .web.views import listing, view

looking = typer.Typer()
ThreadId = Annotated[str, typer.Argument(metavar="ID", help="The thread.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@looking.command()
def fork(
    thread_id: ThreadId, at: Annotated[int, typer.Option(help="The last event to keep.")]
) -> None:
    """Copy a thread up to an event and print the new id; `resume` runs it."""

    async def copy() -> str:
        store = open_agent().store
        return await store.create((await store.get(thread_id)).fork(at))

    typer.echo(asyncio.run(copy()))


@looking.command()
def show(
    thread_id: ThreadId,
    context: Annotated[bool, typer.Option("--context", help="As the model reads it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a thread."""
    thread = asyncio.run(open_agent().store.get(thread_id))
    if as_json:
        typer.echo(json.dumps(view(thread_id, thread), indent=2))
    elif context:
        typer.echo(thread.serialize_for_llm(load_settings().context_format))
    else:
        show_thread(thread_id, thread)


@looking.command()
def threads(
    status: Annotated[Status | None, typer.Option()] = None, as_json: AsJson = False
) -> None:
    """List the threads, the oldest first."""
    stored = asyncio.run(open_agent().store.list())
    wanted = [item for item in stored if status in (None, item[1].status)]
    if as_json:
        typer.echo(json.dumps(listing(wanted), indent=2))
    else:
        show_list(wanted)


@looking.command()
def replay(thread_id: ThreadId) -> None:
    """For each decision, whether the model would be asked the same today, or what changed."""
    from .replay import replay as replayed

    results = asyncio.run(replayed(asyncio.run(open_agent().store.get(thread_id))))
    for result in results:
        typer.echo(f"{result.event.id:4} {result.event.intent:32} {result.verdict}")
    raise typer.Exit(any(result.verdict != "same" for result in results))


def show_thread(thread_id: str, thread: Thread) -> None:
    for event in thread.events:
        terminal.say(f"{typer.style(f'{event.id:3}', dim=True)} {terminal.line_of(event)}")
    terminal.say_what_next(thread_id, thread)


def show_list(threads: Sequence[tuple[str, Thread]]) -> None:
    for thread_id, thread in threads:
        begun = terminal.described(thread.events[0].data)
        terminal.say(f"{thread_id}  {typer.style(f'{thread.status:24}', fg='cyan')} {begun}")
