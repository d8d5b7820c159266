"""The command line: reads the flags, calls what does the work, prints what came of it."""

import gc
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from . import __version__, interruption, upkeep
from .errors import FAILED, INTERRUPTED, NOT_POSSIBLE, Failure
from .options import AsJson, Data, DryRun, Yes, may_ask

# What only one command needs (copier, questionary, rich) is imported where it is needed:
# `--version` and `--help` are quick because of it.


# Typer has its own copy of Click, and of its errors it exports this one's child.
UsageError: Any = typer.BadParameter.__base__


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
    data: Data = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    no_git: Annotated[bool, typer.Option("--no-git", help="Make no repository.")] = False,
) -> None:
    """Create a project; asks for what no flag answers."""
    from . import printing
    from .new import Request, new

    ask = may_ask(as_json)
    created = new(Request(directory, tuple(data or ()), yes, dry_run, not no_git, ask))
    printing.created(created, as_json=as_json)


for command in (upkeep.update, upkeep.add, upkeep.remove, upkeep.status):
    app.command()(command)


def main() -> None:
    # A short life makes little garbage; looking for it costs a tenth of the time.
    gc.disable()
    interruption.listen()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever calls has closed it
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # whatever a terminal of old cannot show
            stream.reconfigure(errors="replace")
    code = _flushed(_run())
    if code == INTERRUPTED:  # amid the tidying, perhaps: then the interpreter's end does it
        # An interruption inside of exec, as dataclasses do it, would have it end with another
        # code; the next exec takes that back.
        exec("")
        sys.exit(code)
    # The interpreter's own end costs another tenth, and there is nothing left to tidy.
    os._exit(code)


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return failure.code
    except UsageError as error:
        help_of = f"{error.ctx.command_path} --help" if error.ctx else "--help"
        print(f"error: {error.format_message().rstrip('.')}: see {help_of}", file=sys.stderr)
        return NOT_POSSIBLE
    except OSError as error:
        return _failed(error)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except Exception:
        if not interruption.came:
            raise
        return _interrupted()  # a library made another error of it
    return _interrupted() if code == INTERRUPTED else code or 0


def _flushed(code: int) -> int:
    """Once what is left to print has been printed."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # nobody reads on
        return code
    except OSError as error:
        return _failed(error)
    return code


def _failed(error: OSError) -> int:
    """A full disk, a folder that may not be written to."""
    where = f": {error.filename}" if error.filename else ""
    print(f"error: {error.strerror}{where}", file=sys.stderr)
    return FAILED


def _interrupted() -> int:
    print("error: interrupted", file=sys.stderr)
    return INTERRUPTED
