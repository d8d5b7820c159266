"""Factor 6: `agent worker` and `agent queue`, where threads run on any number of machines."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ..engine import NotQueued
from ..log import log_event, log_waiting, logger
from ..model import baml
from ..model.clients import lacking
from ..parts import Agent
from ..settings import Settings, WrongSettings, load_settings
from ..stream import leave, patient_streams
from ..watch import watched
from ..wiring import build, oddities, with_channels

FAILED = 1
REFUSED = 2
commands = typer.Typer()


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
    from ..engine.procrastinate.connection import PatientConnector
    from ..engine.procrastinate.queue import Queue, url_of

    settings = load_settings()
    url = url_of(settings)
    with patient_streams():
        agent = agent_of(settings)
        asyncio.run(work(agent, Queue(url, PatientConnector(), 8), concurrency, grace, alive))
    leave(0)


async def work(
    agent: Agent, queue: Any, concurrency: int, grace: float, alive: Path | None
) -> None:
    from ..engine.procrastinate.worker import Worker

    with watched():
        await Worker(agent, queue, concurrency, alive.touch if alive else nothing).run(grace)


def nothing() -> None:
    pass


def agent_of(settings: Settings) -> Agent:
    """Raises WrongSettings, also where no model is named: the stand-in would answer others."""
    if "model" not in settings.model_fields_set:
        raise WrongSettings(["AGENT_MODEL is not set: name a model, or say AGENT_MODEL=offline"])
    if missing := lacking(settings.model):
        raise WrongSettings(missing)
    for oddity in oddities():
        logger().warning("unknown_setting", problem=oddity)
    baml.generated("sync_client")  # made now if need be, and not while somebody waits
    return with_channels(build(settings, log_event, log_waiting), settings)


@commands.command()
def queue(
    retry: Annotated[bool, typer.Option("--retry", help="Send what failed once more.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what waits in the queue, what runs, and what could not be run."""
    from ..engine.procrastinate.queue import open_queue

    found = asyncio.run(looked_at(open_queue(load_settings()), retry))
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
    except NotQueued as error:
        refuse(str(error))
    finally:
        await queue.close()


def refuse(problem: str) -> NoReturn:
    typer.echo(problem, err=True)
    raise typer.Exit(REFUSED)
