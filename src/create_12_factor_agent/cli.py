"""The command line: reads the flags, calls what does the work, prints what came of it."""

import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from . import __version__
from .errors import Failure

# What only one command needs (copier, questionary, rich) is imported where it is needed:
# `--version` and `--help` are quick because of it.
if TYPE_CHECKING:
    from rich.tree import Tree

    from .new import Created


class NewByDefault(TyperGroup):
    """A first word that is no command belongs to `new`, so `./new` can be a folder."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, "--help", "--version"}:
            args = ["new", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=NewByDefault,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def commands(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Create an agent that follows the 12 factors: create-12-factor-agent my-agent

    A first word that is no command is the folder to create; see `new --help`.
    """


@app.command()
def new(
    directory: Annotated[
        str | None, typer.Argument(metavar="[DIR]", help="The folder to create.")
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option("--data", metavar="KEY=VALUE", help="Answer one question; repeatable."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, take defaults.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    no_git: Annotated[bool, typer.Option("--no-git", help="Make no repository.")] = False,
) -> None:
    """Create a project; asks for what no flag answers."""
    from .new import Request, new

    ask = not as_json and sys.stdin.isatty() and sys.stdout.isatty()
    created = new(Request(directory, tuple(data or ()), yes, dry_run, not no_git, ask))
    if as_json:
        print(json.dumps(created.as_json(), indent=2))
    else:
        _print_summary(created)


def _print_summary(created: "Created") -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True, markup=False)
    console.print(_tree(str(created.path), created.files, whole=created.dry_run))
    for warning in created.warnings:
        console.print(f"\nNote: {warning}", style="yellow")
    if created.dry_run:
        console.print("\nNothing was written.", style="bold")
        return
    console.print("\nNext:", style="bold")
    for step in created.next_steps:
        console.print(f"  {step}", style="cyan")


def _tree(name: str, files: Sequence[str], *, whole: bool) -> "Tree":
    """Sorted paths as a tree; unless `whole`, a folder in it is one line with a count."""
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree(Text(name), guide_style="dim")
    for part, paths in groupby(files, key=lambda path: path.partition("/")[0]):
        inside = [rest for path in paths if (rest := path.partition("/")[2])]
        if inside and whole:
            tree.add(_tree(f"{part}/", inside, whole=True))
        else:
            tree.add(Text(f"{part}/  {len(inside)} files" if inside else part, "dim"))
    return tree


def main() -> None:
    # A short life makes little garbage; looking for it costs a tenth of the time.
    gc.disable()
    # Ending the process is an interruption too: what was begun is tidied away.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = _run()
    sys.stdout.flush()
    sys.stderr.flush()
    # The interpreter's own end costs another tenth, and there is nothing left to tidy.
    os._exit(code)


def _run() -> int:
    try:
        app()
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return failure.code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0
