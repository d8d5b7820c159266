"""`agent check`: everything that is missing or odd, and one test request, before any thread."""

import asyncio
import json
import os
from typing import Any

import typer

from ..engine import NotQueued
from ..engine.opening import check_engine, open_engine
from ..model.asking import Manner
from ..model.clients import OFFLINE, lacking
from ..model.failures import Unavailable
from ..model.request import render
from ..model.trial import try_model
from ..settings import WrongSettings, load_settings
from ..shown import one_line
from ..store import StoreError
from ..store.opening import open_store
from ..wiring import faults_to_serve, oddities, policy_as
from . import screen

MISSING, FAILED = 2, 1
commands = typer.Typer()


@commands.command()
def check(
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Say what is missing or odd in the settings, and try the model with one request."""
    wrong = faults() or faults_to_serve(load_settings())
    found: dict[str, Any] = {"faults": wrong, "odd": oddities(), "trial": None}
    if not found["faults"]:
        found["odd"] += oddities_of_store()
        found["trial"] = tried()
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False)) if as_json else show(found)
    if found["faults"]:
        raise typer.Exit(MISSING)
    raise typer.Exit(FAILED if found["trial"]["problem"] else 0)


def tried() -> dict[str, Any]:
    settings = load_settings()
    manner = Manner(settings.decoding, settings.model_timeout, screen.note)
    return asyncio.run(try_model(settings.model, settings.context_format, manner))


def faults() -> list[str]:
    """Each setting that is missing or cannot be used: one that is wrong hides no other."""
    return [*faults_of_settings(), *faults_of_store(), *faults_of_model()]


def faults_of_settings() -> list[str]:
    try:
        open_engine(settings := load_settings())
        check_engine(settings)
    except WrongSettings as error:
        return error.faults
    except NotQueued as error:
        return [str(error)]
    return []


def faults_of_store() -> list[str]:
    try:
        if url := os.environ.get("AGENT_STORE_URL"):
            asyncio.run(open_store(url, "xml").check())
    except StoreError as error:
        return [str(error)]
    return []


def oddities_of_store() -> list[str]:
    settings = load_settings()
    store = open_store(settings.store_url, settings.context_format, policy_as(settings))
    return asyncio.run(store.check())


def faults_of_model() -> list[str]:
    """What is missing; if nothing is, why no request can be made of what is there."""
    model = os.environ.get("AGENT_MODEL") or OFFLINE
    try:
        if not (found := lacking(model)):
            render("", model)
    except Unavailable as error:
        return [str(error)]
    return found


def show(found: dict[str, Any]) -> None:
    for fault in found["faults"]:
        screen.complain(fault)
    for oddity in found["odd"]:
        screen.note(oddity)
    if trial := found["trial"]:
        for name, value in lines_of(trial).items():
            screen.say(f"{name:10} {one_line(value)}")


def lines_of(trial: dict[str, Any]) -> dict[str, str]:
    counts = [(trial["input_tokens"], "in"), (trial["output_tokens"], "out")]
    tokens = [f", {count} tokens {way}" for count, way in counts if count is not None]
    lines = {
        "model": f"{trial['model']}: asked for {trial['model_requested']}",
        "served by": f"{trial['model_served'] or 'nobody'} at {trial['place'] or 'home'}",
        "decoding": trial["decoding"] or "off",
        "took": f"{trial['seconds']:.2f} s{''.join(tokens)}",
    }
    if trial["problem"]:
        reply = " ".join((trial["reply"] or "").split())
        return lines | {"no step": trial["problem"]} | ({"reply": reply[:300]} if reply else {})
    return lines | {"step": json.dumps(trial["step"], ensure_ascii=False)}
