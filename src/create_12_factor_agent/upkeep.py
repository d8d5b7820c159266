"""The commands for a project that exists: update, add, remove, status."""

from typing import TYPE_CHECKING, Annotated

import typer

from .errors import CONFLICTS, UPDATE_AVAILABLE, NotPossible
from .options import AsJson, Data, Diff, Directory, DryRun, ProjectFolder, Yes, may_ask

# What does the work is imported where it is needed: copier and rich take their time.
if TYPE_CHECKING:
    from .changing import Changed

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Components.")]


def update(
    directory: Directory = None,
    to: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Go to this one, not to the newest.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether there is one.")] = False,
    abort: Annotated[bool, typer.Option("--abort", help="Take back what has conflicts.")] = False,
    data: Data = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    diff: Diff = False,
    as_json: AsJson = False,
) -> None:
    """Merge a newer template into a project."""
    from . import printing, update
    from .changing import Request

    request = Request(directory, tuple(data or ()), yes, dry_run, diff, may_ask(as_json))
    if abort and (to or check or data or dry_run or diff):
        raise NotPossible("--abort goes with --json alone: it takes back what was begun")
    if check and (data or diff):
        raise NotPossible("--check only looks: --data and --diff go with an update")
    if abort:
        printing.aborted(update.abort(directory), as_json=as_json)
    elif check:
        available = update.check(request, to)
        printing.available(available, as_json=as_json)
        if available.is_newer:
            raise typer.Exit(UPDATE_AVAILABLE)
    else:
        _end(update.update(request, to), as_json)


def add(
    names: Names = None,
    listed: Annotated[bool, typer.Option("--list", help="Show what there is.")] = False,
    project: ProjectFolder = None,
    dry_run: DryRun = False,
    diff: Diff = False,
    as_json: AsJson = False,
) -> None:
    """Add components to a project."""
    from . import components, printing
    from .changing import Request

    if listed and (names or diff):
        raise NotPossible("--list only shows what there is: leave it out to add")
    if listed:
        printing.components(components.listed(project), as_json=as_json)
        return
    if not names:
        raise NotPossible("name what to add; `add --list` shows what there is")
    _end(components.add(names, Request(project, yes=True, dry_run=dry_run, diff=diff)), as_json)


def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Components.")],
    force: Annotated[bool, typer.Option("--force", help="Even what you edited.")] = False,
    project: ProjectFolder = None,
    dry_run: DryRun = False,
    diff: Diff = False,
    as_json: AsJson = False,
) -> None:
    """Remove components from a project."""
    from . import components
    from .changing import Request

    request = Request(project, yes=True, dry_run=dry_run, diff=diff)
    _end(components.remove(names, request, force=force), as_json)


def status(directory: Directory = None, as_json: AsJson = False) -> None:
    """Show whose each file of a project is."""
    from . import printing
    from .status import status

    found = status(directory)
    printing.status(found, as_json=as_json)
    if found.conflicts:
        raise typer.Exit(CONFLICTS)


def _end(changed: "Changed", as_json: bool) -> None:
    from . import printing

    printing.changed(changed, as_json=as_json)
    if changed.conflicts:
        raise typer.Exit(CONFLICTS)
