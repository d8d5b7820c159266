"""`agent check`: everything that is missing or odd, and one test request, before any thread."""

import asyncio
import json
import os
from typing import Any

import typer

from ..model.asking import Manner
from ..model.clients import OFFLINE, lacking
from ..model.failures import Unavailable
from ..model.trial import try_model
from ..settings import WrongSettings, load_settings
from ..store import StoreError
from ..wiring import oddities, open_store
from . import screen
from .text import one_line

MISSING, FAILED = 2, 1
commands = typer.Typer()


@commands.command()
def check(
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Say what is missing or odd in the settings, and try the model with one request."""
    found: dict[str, Any] = {"faults": [], "odd": oddities(), "trial": None}
    try:
        found["faults"] = faults()
        found["trial"] = None if found["faults"] else tried()
    except Unavailable as error:
        found["faults"] = [str(error)]
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False)) if as_json else show(found)
    if found["faults"]:
        raise typer.Exit(MISSING)
    raise typer.Exit(FAILED if found["trial"]["problem"] else 0)


def tried() -> dict[str, Any]:
    """Raises Unavailable where no request can be made."""
    settings = load_settings()
    manner = Manner(settings.decoding, settings.model_timeout, screen.note)
    return asyncio.run(try_model(settings.model, settings.context_format, manner))


def faults() -> list[str]:
    """Each setting that is missing or cannot be used. Raises Unavailable."""
    found: list[str] = []
    try:
        settings = load_settings()
        open_store(settings.store_url, settings.context_format)
    except WrongSettings as error:
        found = error.faults
    except StoreError as error:
        found = [str(error)]
    return found + lacking(os.environ.get("AGENT_MODEL") or OFFLINE)


def show(found: dict[str, Any]) -> None:
    for fault in found["faults"]:
        screen.complain(fault)
    for oddity in found["odd"]:
        screen.note(oddity)
    if trial := found["trial"]:
        for name, value in described(trial).items():
            screen.say(f"{name:10} {one_line(value)}")


def described(trial: dict[str, Any]) -> dict[str, str]:
    tokens = f"{trial['input_tokens']} in, {trial['output_tokens']} out"
    lines = {
        "model": f"{trial['model']}: asked for {trial['model_requested']}",
        "served by": f"{trial['model_served']} at {trial['place'] or 'home'}",
        "decoding": trial["decoding"] or "off",
        "took": f"{trial['seconds']:.2f} s, {tokens}",
    }
    if trial["problem"]:
        reply = " ".join((trial["reply"] or "").split())
        return lines | {"no step": trial["problem"]} | ({"reply": reply[:300]} if reply else {})
    return lines | {"step": json.dumps(trial["step"], ensure_ascii=False)}
