"""A store by its URL: its module is imported when it is named, and a component may bring it."""

import re
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from os.path import expanduser
from pathlib import Path
from types import ModuleType

from ..context import ContextFormat
from ..due import Policy
from ..log import logger
from . import NotStored, StoreError, ThreadStore, Unusable

# A module has `opened(url, form, policy)` and, where there is a schema, `migrated(url, policy)`.
MODULES = {
    "file": "filesystem",
    "sqlite": "sqlite",
    "postgresql": "postgres",
    "postgres": "postgres",
}
FILES = ("file", "sqlite")
ADDRESS = re.compile(r"\[[0-9a-fA-F:.]*\]")
NO_PORT = re.compile(r":(?!\d*(?:[,/]|$))")


def open_store(url: str, form: ContextFormat, policy: Callable[[], Policy] = Policy) -> ThreadStore:
    """Nothing is read yet. `policy` is asked for when something is derived of a thread.

    Raises StoreError for a URL that names none.
    """
    store: ThreadStore = module_of(url).opened(url, form, policy)
    return store


async def check_store(store: ThreadStore) -> None:
    """What is odd is logged; what is gone may come back, and is waited for.

    Raises Unusable for what stays as it is.
    """
    try:
        for oddity in await store.check():
            logger().warning("odd_store", problem=oddity)
    except Unusable:
        raise
    except NotStored as problem:
        logger().error("not_stored", problem=str(problem))


def migrate(url: str, policy: Policy) -> str:
    """Bring a database up to date; a line about it. Raises StoreError."""
    module = module_of(url)
    if not hasattr(module, "migrated"):
        return f"nothing to do: {shown(url)} has no schema"
    line: str = module.migrated(url, policy)
    return line


def module_of(url: str) -> ModuleType:
    """Raises StoreError."""
    scheme, _, place = url.partition(":")
    name = MODULES.get(scheme, "")
    if not name or not (place.strip("/") if scheme in FILES else place):
        raise StoreError(
            f"AGENT_STORE_URL={shown(url)} names no store: use file:FOLDER, sqlite:FILE or"
            " postgresql://USER@HOST/NAME"
        )
    if not find_spec(f".{name}", __package__):
        raise StoreError(
            f"AGENT_STORE_URL={shown(url)} needs a component:"
            f" run `create-12-factor-agent add {name}`"
        )
    return import_module(f".{name}", __package__)


def place_in(url: str) -> Path:
    """The file or folder that it names, with `~` as a shell has it."""
    return Path(expanduser(url.partition(":")[2]))


def is_unclear(url: str) -> bool:
    """Whether signs in it mean something in an address that they should not: a part of a password
    would be taken for a host, and be said where that is not found.
    """
    return re.split("[/?#]", url.partition("//")[2])[0].count("@") > 1


def shown(url: str) -> str:
    """Without a password, and without what else may be one: where it ends cannot always be told."""
    scheme, colon, rest = url.partition(":")
    if scheme in FILES or re.fullmatch(r"\w*", url):
        return url
    if not rest.startswith("//"):
        return f"{scheme if colon else ''}{colon}…"
    user, at, place = rest[2:].rpartition("@")
    place = re.split("[?#]", place)[0]
    if re.search("[/?#]", user) or NO_PORT.search(ADDRESS.sub("", place)):
        return f"{scheme}://…"
    return f"{scheme}://{user.partition(':')[0]}{at}{place}"
