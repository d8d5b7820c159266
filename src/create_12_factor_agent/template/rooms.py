"""What a project is made of, as a newcomer is shown it: its rooms, each with its factors."""

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

PACKAGE = "src/agent/"
NO_ROOM = {"__init__.py", "py.typed"}


@dataclass(frozen=True)
class Room:
    """Files and folders that lie together; a folder ends with a slash."""

    paths: list[str]
    about: str
    factors: list[int]


def rooms(listed: str, files: Sequence[str]) -> list[Room]:
    """The rooms of `template/rooms.yml` that a project with these files has.

    What lies in the package and stands in none of them belongs to the first, its owner's.
    """
    known = [Room(**row) for row in yaml.safe_load(listed)]
    placed = {path for room in known for path in room.paths}
    own = [path for path in dict.fromkeys(map(_in_package, files)) if path and path not in placed]
    first, *others = known
    found = [Room([*first.paths, *own], first.about, first.factors), *others]
    return [kept for room in found if (kept := _as_it_is(room, files)).paths]


def _in_package(file: str) -> str:
    """The module or the folder of the package that a file is or lies in; "" for all others."""
    name, slash, _ = file.removeprefix(PACKAGE).partition("/")
    return f"{PACKAGE}{name}{slash}" if file.startswith(PACKAGE) and name not in NO_ROOM else ""


def _as_it_is(room: Room, files: Sequence[str]) -> Room:
    there = [path for path in room.paths if any(file.startswith(path) for file in files)]
    return Room(there, room.about, room.factors)
