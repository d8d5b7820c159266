"""`agent channels`: how humans can be reached, what is missing for it, and a test of it."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import typer

from ..due import Contact, Policy, Route
from ..reach import contact
from ..settings import Settings, WrongSettings, load_settings
from ..shown import one_line
from ..waiting import Waiting
from ..wiring import Means, means, routes_in, unknown_channels
from . import screen

FAILED = 1
QUESTION = "This is a test of how you are reached. Nothing waits for it, and no answer is taken."
commands = typer.Typer()


@commands.command()
def channels(
    test: Annotated[str, typer.Option(metavar="NAME", help="Tell a test through this one.")] = "",
    to: Annotated[str, typer.Option(help="Whom; as its first route says if left out.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List how humans are reached, and what is missing for that; or try it with --test."""
    settings, there = load_settings(), means()
    if to and not test:
        raise typer.BadParameter(
            "it says whom a test is for: give --test as well", param_hint="--to"
        )
    if not test:
        listed = [as_listed(each, settings, there) for each in there]
        typer.echo(as_output({"channels": listed})) if as_json else show(listed)
        for fault in unknown_channels(settings, there):
            screen.complain(fault)
        return
    route = to_try(test, to, settings, there)
    made = {each.name: each.channel for each in there if each.channel}
    now = datetime.now(UTC)
    waiting = Waiting(f"test-{uuid4()}", "question", QUESTION, asked_at=now)
    told = asyncio.run(contact(made, str(uuid4()), waiting, Contact(now, route), Policy())).data
    typer.echo(as_output(told)) if as_json else screen.say(outcome(told))
    raise typer.Exit(FAILED if "failed" in told else 0)


def as_listed(each: Means, settings: Settings, there: list[Means]) -> dict[str, Any]:
    routes = [route for route in routes_in(settings, there) if route.channel == each.name]
    return {
        "name": each.name,
        "about": each.about,
        "faults": list(each.faults),
        "routes": [
            route.model_dump(mode="json", exclude={"channel"}, exclude_defaults=True)
            for route in routes
        ],
    }


def show(listed: list[dict[str, Any]]) -> None:
    for each in listed:
        screen.say(f"{each['name']:10} {one_line(each['about'])}")
        for fault in each["faults"]:
            screen.say(f"{'':10} {one_line(fault)}")
        for route in each["routes"]:
            tells = "would tell" if each["faults"] else "tells"  # with faults no server starts
            screen.say(f"{'':10} {tells}{one_line(in_words(route))}")
        if not each["routes"]:
            screen.say(f"{'':10} tells nobody: {why_nobody(each)}")


def why_nobody(each: Mapping[str, Any]) -> str:
    return "it is not set up" if each["faults"] else "AGENT_CHANNELS does not name it"


def in_words(route: Mapping[str, Any]) -> str:
    """As ` C0123 after 900 seconds, of what is high, for a manager`."""
    after = f"after {route['after']:g} seconds" if route.get("after") else "at once"
    only = [
        f", {word} {' or '.join(sorted(route[name]))}"
        for name, word in (("urgency", "of what is"), ("roles", "for"))
        if route.get(name)
    ]
    whom = f" {route['to']}" if "to" in route else ""
    return f"{whom} {after}{''.join(only)}"


def to_try(name: str, to: str, settings: Settings, there: list[Means]) -> Route:
    """Raises WrongSettings for a channel that is none, or is not set up."""
    found = next((each for each in there if each.name == name), None)
    if found is None:
        names = ", ".join(each.name for each in there) or "none is there"
        raise WrongSettings([f"{name} is no channel of this project ({names})"])
    if found.faults:
        raise WrongSettings(list(found.faults))
    routes = [route for route in settings.channels or () if route.channel == name]
    return Route(channel=name, to=to or (routes[0].to if routes else None))


def outcome(told: Mapping[str, Any]) -> str:
    whom = f" {told['to']}" if "to" in told else ""
    if "failed" in told:
        return f"{told['channel']} could not tell{whom}: {one_line(told['failed'])}"
    return f"{told['channel']} has told{whom}" + (f", as {told['ref']}" if "ref" in told else "")


def as_output(found: Mapping[str, Any]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False)
