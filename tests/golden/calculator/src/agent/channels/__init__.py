"""Factors 7 and 11: where the agent is triggered, and humans are reached. One module each.

A module here may bring any of these, and is mounted because it is there:

    routes    an APIRouter that is served to whoever has the token
    hooks     an APIRouter that is open: each route checks who calls, as a signed webhook does
              (what is signed after Standard Webhooks are `routes` whose class is `hooks.Signed`)
    pages     an APIRouter for browsers: whoever is not known is led to where they can sign in
    channel   a class that is a reach.Channel, which puts before a human what waits for them; made
              of its settings, it raises WrongSettings for what it lacks (`settings.require`)
    listen    a function of (thread_id, event), called with every event once it is saved
    background  async functions of (runner), begun with the server, and again when they fail
    commands  a typer.Typer whose commands become the agent's own
    settings  a class of settings (`settings.Section`) that is checked when the server starts

This is the one place of the agent that is discovered.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any


def brought(name: str) -> Iterator[Any]:
    """What the modules bring under this name; one that brings none is not even imported."""
    for found in iter_modules(__path__):
        path = f"{__name__}.{found.name}"
        if mentions(path, name) and hasattr(module := import_module(path), name):
            yield getattr(module, name)


def mentions(path: str, name: str) -> bool:
    """Whether the module's source has the name in a line that begins at the margin, as what is
    defined for all of it does. Where there is no source, it may.
    """
    spec = find_spec(path)
    get_source = getattr(spec and spec.loader, "get_source", None)
    source = get_source(path) if get_source else None
    return source is None or bool(re.search(rf"^\S.*\b{name}\b|^{name}\b", source, re.MULTILINE))
