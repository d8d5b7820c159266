"""Imports run downward and in no circle: the core knows no room, and nothing knows a channel, the
server or the terminal.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import agent

PACKAGE = Path(agent.__file__).parent
MODULES = [path for path in PACKAGE.rglob("*.py") if "baml_client" not in path.parts]

# From the ground up. What stands on one line may import what stands above, and its own line.
# What is in none of them is yours: a module of your tools.
FLOORS = [
    {"steps", "humans", "shapes", "events", "errors", "exactness", "results", "redaction"},
    {"files", "cache", "aside", "workers", "signatures", "outgoing", "postgres"},
    {"tools"},
    {"decisions", "waiting", "states", "rules", "repetition", "outcomes", "due", "people"},
    {"context", "history", "thread"},
    {"log", "stream", "watch", "views", "settings", "shown", "forms"},
    {"model", "store", "offline", "prefetch"},
    {"reach", "parts", "boundary", "loop", "ticker", "engine", "runner"},
    {"inbound", "hooks", "sessions", "discovery", "wiring"},
    {"channels"},
    {"server", "terminal"},
]


def room(path: Path) -> str:
    """A module of the package's own folder is a room, and so is a folder with all that it has."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """The rooms that a module imports, at its top or later."""
    package = ["agent", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[list[str]] = []
        if isinstance(node, ast.Import):
            names = [name.name.split(".") for name in node.names]
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            whole = [*base, *(node.module.split(".") if node.module else ())]
            names = [whole] if whole[1:] else [[*whole, name.name] for name in node.names]
        yield from (name[1] for name in names if name[0] == "agent" and name[1:])


def floor(name: str) -> int | None:
    return next((number for number, names in enumerate(FLOORS) if name in names), None)


def test_no_import_runs_upward() -> None:
    upward = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in MODULES
        for name in imported(path)
        if (here := floor(room(path))) is not None
        and (there := floor(name)) is not None
        and there > here
    ]
    assert not upward, upward


def arrows() -> set[tuple[str, str]]:
    """Which room imports which other one."""
    found = {(room(path), name) for path in MODULES for name in imported(path)}
    return {(one, other) for one, other in found if one != other}


def test_no_room_imports_itself_by_way_of_others() -> None:
    """Those of one floor neither."""
    left = arrows()
    while ends := {room for _, room in left} - {room for room, _ in left}:
        left = {(one, other) for one, other in left if other not in ends}
    assert not left, left


def test_nothing_but_themselves_imports_the_channels_the_server_and_the_terminal() -> None:
    """Channels are found; the terminal's `serve` is an entry point of the server's."""
    roof = ("channels", "server", "terminal")
    assert {pair for pair in arrows() if pair[1] in roof} <= {("terminal", "server")}


def test_every_room_of_the_agent_s_has_its_floor() -> None:
    """So that this test cannot pass by not looking."""
    rooms = {room(path) for path in MODULES} - {"__init__"}
    can_be_absent = {"offline", "postgres"}  # deleted, or of a component that is not there
    assert {name for names in FLOORS for name in names} - can_be_absent <= rooms
