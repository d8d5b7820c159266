"""Factor 6: `agent worker` and `agent queue`, where threads run on any number of machines."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ...engine.opening import check_engine
from ...engine.procrastinate.settings import QueueSettings as settings
from ...engine.procrastinate.settings import url_of
from ...log import log_event, log_waiting, logger
from ...model import baml
from ...model.clients import lacking
from ...parts import Agent
from ...settings import Settings, WrongSettings, load_settings
from ...store.opening import check_store
from ...stream import leave, patient_streams
from ...watch import watched
from ...wiring import NO_MODEL, build, oddities, with_channels

ENGINE = "procrastinate"
CONNECTIONS = 8  # of a worker to the queue, and one more that hears what is put there
commands = typer.Typer()
__all__ = ["commands", "settings"]


@commands.command()
def worker(
    concurrency: Annotated[int, typer.Option(min=1, help="Threads at once.")] = 10,
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds for what runs, once it is asked to stop.")
    ] = 20,
    alive: Annotated[
        Path | None, typer.Option(help="A file that is touched while it works, for a probe.")
    ] = None,
) -> None:
    """Take threads from the queue and run them."""
    from ...engine.procrastinate.queue import Queue

    given = load_settings()
    require_writable(alive)
    with patient_streams():
        agent = agent_of(given)
        check_engine(given)
        queue = Queue(url_of(given), patient=True, connections=CONNECTIONS)
        asyncio.run(work(agent, queue, concurrency, grace, alive))
    leave(0)


async def work(
    agent: Agent, queue: Any, concurrency: int, grace: float, alive: Path | None
) -> None:
    from .process import Worker

    with watched():
        await check_store(agent.store)
        await Worker(agent, queue, concurrency, alive.touch if alive else nothing).run(grace)


def nothing() -> None:
    pass


def require_writable(alive: Path | None) -> None:
    """Raises what typer tells."""
    try:
        if alive:
            alive.touch()
    except OSError as error:
        raise typer.BadParameter(f"{alive} cannot be written: {error.strerror}") from None


def agent_of(given: Settings) -> Agent:
    """Raises WrongSettings, also where no model is named: the stand-in would answer others."""
    if given.engine != ENGINE:
        problem = f"no server puts anything into the queue: say AGENT_ENGINE={ENGINE}"
        raise WrongSettings([f"AGENT_ENGINE={given.engine}: {problem}"])
    if "model" not in given.model_fields_set:
        raise WrongSettings([NO_MODEL])
    if missing := lacking(given.model):
        raise WrongSettings(missing)
    for oddity in oddities():
        logger().warning("unknown_setting", problem=oddity)
    baml.generated("sync_client")  # made now if need be, and not while somebody waits
    return with_channels(build(given, log_event, log_waiting), given)


@commands.command()
def queue(
    retry: Annotated[bool, typer.Option("--retry", help="Send what failed once more.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what waits in the queue, what runs, and what could not be run."""
    from ...engine.procrastinate.queue import Queue
    from ...engine.procrastinate.schema import require

    require(url := url_of(load_settings()))
    found = asyncio.run(looked_at(Queue(url), retry))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for name in ("todo", "doing", "workers"):
        typer.echo(f"{name:8} {found[name]}")
    if found["oldest"] is not None:
        typer.echo(f"oldest   {found['oldest']:.0f} s")
    for name in ("failed", "sent"):
        for thread_id in found[name]:
            typer.echo(f"{name:8} {thread_id}")


async def looked_at(queue: Any, retry: bool) -> dict[str, Any]:
    try:
        sent = await queue.put_failed() if retry else []
        return asdict(await queue.counts()) | {"failed": await queue.failed(), "sent": sent}
    finally:
        await queue.close()
