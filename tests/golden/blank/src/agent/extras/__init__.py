"""Components live here, each a module that may bring a `router` (HTTP) or `commands` (Typer).

A module is mounted because it is there. This is the one place of the agent that is discovered.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def extras() -> Iterator[ModuleType]:
    for found in iter_modules(__path__):
        yield import_module(f"{__name__}.{found.name}")
