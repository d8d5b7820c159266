"""Factor 11: what the modules in `channels/` bring, found because they are there.

So whoever mounts them imports none of them, and they may import all that puts an agent together.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any

CHANNELS = f"{__package__}.channels"


def brought(name: str) -> Iterator[Any]:
    """What they bring under this name; one that brings none is not even imported."""
    for found in iter_modules(import_module(CHANNELS).__path__):
        path = f"{CHANNELS}.{found.name}"
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
