"""What a thread is and was, for whoever looks: `agent threads`, `show` and `replay`."""

import asyncio
import json
from typing import Annotated

import typer

from ..log import logger
from ..parts import Agent
from ..settings import load_settings
from ..store import Unreadable
from ..views import listing, view
from ..waiting import Status
from ..wiring import build, oddities
from . import screen

commands = typer.Typer()
ThreadId = Annotated[str, typer.Argument(metavar="ID", help="The thread.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@commands.command()
def show(
    thread_id: ThreadId,
    context: Annotated[bool, typer.Option("--context", help="As the model reads it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a thread."""
    agent = open_agent()
    thread = asyncio.run(agent.store.get(thread_id))
    if as_json:
        typer.echo(json.dumps(view(thread_id, thread, agent.policy), indent=2))
    elif context:
        typer.echo(thread.serialize_for_llm(load_settings().context_format))
    else:
        screen.show_thread(thread_id, thread, agent.policy)


@commands.command()
def threads(
    status: Annotated[Status | None, typer.Option()] = None, as_json: AsJson = False
) -> None:
    """List the threads, the oldest first."""
    agent = open_agent()
    found = asyncio.run(agent.store.find(status=status))
    if as_json:
        typer.echo(json.dumps(listing(found, agent.policy), indent=2))
        return
    for each in found:
        try:
            thread = asyncio.run(agent.store.get(each.id))
        except Unreadable as problem:  # it is found all the same where what it is in short is kept
            logger().warning("unreadable_thread", problem=str(problem))
        else:
            screen.show_in_list(each.id, thread)


@commands.command()
def replay(thread_id: ThreadId) -> None:
    """For each decision, whether the model would be asked the same today, or what changed."""
    from ..model.replay import replay as replayed

    thread = asyncio.run(open_agent().store.get(thread_id))
    results = replayed(thread, load_settings().model)
    for result in results:
        typer.echo(f"{result.event.id:4} {result.name:32} {result.verdict}")
    raise typer.Exit(any(result.verdict != "same" for result in results))


def open_agent() -> Agent:
    agent = build(load_settings(), screen.show, screen.note)
    for oddity in oddities():
        screen.note(oddity)
    return agent
