"""What the commands print: for a person with Rich, for a program as one JSON object."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from .components import Component
from .git import to_bytes
from .merge.change import Changed
from .merge.conflicts import Conflict
from .merge.undo import ABORT
from .new import Created
from .process import untold
from .status import Status
from .steps import enter, steps_after_a_change
from .update import Available
from .visible import visible


class Terminal(Console):
    def on_broken_pipe(self) -> None:
        """Nobody reads on. What was done is done, and the exit code says what."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


console = Terminal(highlight=False, soft_wrap=True, markup=False)
# The columns of what `new` prints: the names, and what they are.
ABOUT, FACTORS = 43, 29
ADD = "create-12-factor-agent add"
SIGNS = {"added": ("A", "green"), "changed": ("M", "yellow"), "deleted": ("D", "red")}


@contextmanager
def _told() -> Iterator[None]:
    """All of it is printed, or that is the error, and not what was done."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        console.on_broken_pipe()
    except OSError as error:
        raise untold(error) from None


@_told()
def created(created: Created, *, as_json: bool) -> None:
    if as_json:
        print_json(created.as_json())
        return
    if created.dry_run:
        console.print(_tree(str(created.path), created.files))
    else:
        _rooms(created)
    for warning in created.warnings:
        _note(warning)
    if created.conflicts:
        _conflicts(created.conflicts, created.template_version)
    if created.dry_run:
        console.print("\nNothing was written.", style="bold")
        return
    solve = ["edit the files with conflicts, and commit them"] if created.conflicts else []
    way = enter(created.path)
    _next([*way, *solve, *created.next_steps[len(way) :]])


@_told()
def changed(changed: Changed, *, as_json: bool) -> None:
    if as_json:
        print_json(changed.as_json())
    elif changed.diff:
        # To the byte, whatever the encoding of the files: it can be given to `git apply`.
        sys.stdout.buffer.write(to_bytes(changed.diff))
    else:
        _changed(changed)


def _changed(changed: Changed) -> None:
    step = " → ".join(dict.fromkeys([changed.from_version, changed.to_version]))
    _line(f"{changed.path.name}  {step}", "bold")
    if not changed.files:
        console.print("Up to date: there is nothing to change.")
        return
    if changed.release_notes:
        console.print(f"\n{changed.release_notes}\n", style="dim")
    for path, kind in changed.files.items():
        sign, style = SIGNS[kind]
        _line(f"  {sign} {path}", style)
    for note in changed.notes:
        _note(note)
    if changed.conflicts:
        _conflicts(changed.conflicts, changed.to_version)
    if changed.conflicts and changed.written:
        steps = ["edit these files, and `git add` each", "git commit"]
        _next([*enter(changed.path), *steps, f"or take it all back: {ABORT}"])
    elif changed.written:
        _next(steps_after_a_change(changed.path))
    if not changed.written:
        console.print("\nNothing was written.", style="bold")


def _conflicts(found: Sequence[Conflict], version: str) -> None:
    count = len(found)
    console.print(f"\nConflicts in {count} file{'' if count == 1 else 's'}:", style="bold red")
    for conflict in dict.fromkeys(map(str, found)):  # what both moved is three, in one sentence
        _line(f"  {conflict}", "red")
    if any(conflict.kind == "lines" for conflict in found):
        end = f">>>>>>> {version}"
        console.print(f"\n  {'<<<<<<< yours':{len(end)}}  is your edit, down to =======")
        console.print(f"  {end}  is template {version}, up to there")


@_told()
def aborted(what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"aborted": what})
    else:
        console.print(f"The {what} was taken back: everything is as it was before.")


@_told()
def available(available: Available, *, as_json: bool) -> None:
    if as_json:
        print_json(available.as_json())
    elif available.is_newer:
        console.print(f"{available.version} → {available.available}: an update is available")
    else:
        console.print(f"{available.version}: up to date")


@_told()
def components(found: Sequence[Component], *, as_json: bool) -> None:
    if as_json:
        print_json({"components": [component.as_json() for component in found]})
        return
    for component in found:
        mark = "✓" if component.added else " "
        console.print(f"{mark} {component.name:14}{component.about}", style="bold")
        for kind in ("files", "dependencies", "variables"):
            if brought := getattr(component, kind):
                console.print(f"    {kind}: {', '.join(brought)}", style="dim")


@_told()
def status(found: Status, *, as_json: bool) -> None:
    if as_json:
        print_json(found.as_json())
        return
    newer = f", {found.available} is available" if found.update_available else ", up to date"
    _line(f"{found.project_name}  template {found.version}{newer}", "bold")
    _line(f"example {found.example}; components: {', '.join(found.components) or 'none'}")
    for state, style in {
        "edited": "yellow",
        "deleted": "red",
        "yours": "green",
        "sparse": "dim",
    }.items():
        for path in (path for path, is_now in found.files.items() if is_now == state):
            _line(f"  {state:9}{path}", style)
    for name in found.absent:
        say = f"  {name} is in the answers, and none of its files is here: {ADD} {name}"
        console.print(say, style="yellow")
    untouched = sum(state == "template" for state in found.files.values())
    console.print(f"  {untouched} files are as the template made them", style="dim")
    for conflict in found.conflicts:
        _line(f"  conflict {conflict}", "bold red")


def print_json(found: Any) -> None:
    print(json.dumps(found, indent=2))


def _line(text: str, style: str = "") -> None:
    console.print(visible(text), style=style)


def _note(text: str) -> None:
    console.print()
    _line(f"Note: {text}", "yellow")


def _next(steps: Sequence[str]) -> None:
    console.print("\nNext:", style="bold")
    for step in steps:
        _line(f"  {step}", "cyan")


def _rooms(created: Created) -> None:
    """What a newcomer opens, on one screen: the owner's first, and how many files there are."""
    _line(f"{created.path}  {len(created.files)} files", "bold")
    console.print(f"{'src/agent/':{ABOUT}}{'':{FACTORS}}factor", style="dim")
    for room in created.rooms:
        factors = ", ".join(map(str, room.factors))
        names = Text(f"{_names(room.paths):{ABOUT}}", "cyan")
        console.print(names.append(f"{room.about:{FACTORS}}{factors}".rstrip(), "default"))


def _names(paths: Sequence[str]) -> str:
    """Below the package by their own names, indented; of many, as many as there is room for."""
    names = [path.removeprefix("src/agent/") for path in paths]
    shown = len(names)
    while len(line := " ".join([*names[:shown], f"+{len(names) - shown}"])) > ABOUT - 4:
        shown -= 1
    indent = "  " if names[0] != paths[0] else ""
    return f"{indent}{line.removesuffix(' +0')}"


def _tree(name: str, files: Sequence[str]) -> Tree:
    """Sorted paths as a tree."""
    tree = Tree(Text(visible(name)), guide_style="dim")
    for part, paths in groupby(files, key=lambda path: path.partition("/")[0]):
        inside = [rest for path in paths if (rest := path.partition("/")[2])]
        tree.add(_tree(f"{part}/", inside) if inside else Text(part, "dim"))
    return tree
