"""The command line: reads the flags, calls what does the work, prints what came of it."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from . import __version__, errors, interruption, process
from .names import meant

# What does the work is imported where it is needed: `--version` and `--help` are quick because
# copier, questionary and rich take their time.
if TYPE_CHECKING:
    from .merge.change import Changed, Effect
    from .template.questions import Replies

Directory = Annotated[
    str | None, typer.Argument(metavar="[DIR]", help="The project's folder; here if left out.")
]
ProjectFolder = Annotated[
    str | None,
    typer.Option("--project", metavar="DIR", help="The project's folder; here if left out."),
]
Data = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="KEY=VALUE", help="Answer one question; repeatable."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, take defaults.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing.")]
Diff = Annotated[bool, typer.Option("--diff", help="Print the exact diff, write nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Components.")]

# Typer has its own copy of Click, and of its errors it exports this one's child.
UsageError: Any = typer.BadParameter.__base__
# Of Click's context: the first word, where no command was said.
UNSAID = f"{__name__}.unsaid"


class NewByDefault(TyperGroup):
    """A first word that is no command belongs to `new`, so `./new` can be a folder."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, "--help", "--version"}:
            ctx.meta[UNSAID] = next((word for word in args if not word.startswith("-")), "")
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
    context: typer.Context,
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
    from .new import new

    replies = _replies(data, yes, as_json)
    if directory and UNSAID in context.meta:
        _require_meant(directory, context, replies.by_hand)
    created = new(directory, replies, dry_run=dry_run, repository=not no_git)
    printing.created(created, as_json=as_json)
    if created.conflicts:
        raise typer.Exit(errors.CONFLICTS)


@app.command()
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

    if abort and (to or check or data or dry_run or diff):
        raise errors.NotPossible("--abort goes with --json alone: it takes back what was begun")
    if check and (data or diff):
        raise errors.NotPossible("--check only looks: --data and --diff go with an update")
    if abort:
        printing.aborted(update.abort(directory), as_json=as_json)
    elif check:
        available = update.check(directory, to)
        printing.available(available, as_json=as_json)
        if available.is_newer:
            raise typer.Exit(errors.UPDATE_AVAILABLE)
    else:
        replies = _replies(data, yes, as_json)
        _end(update.update(directory, to, replies, _effect(dry_run, diff)), as_json)


@app.command()
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

    if listed and (names or diff):
        raise errors.NotPossible("--list only shows what there is: leave it out to add")
    if listed:
        printing.components(components.listed(project), as_json=as_json)
        return
    if not names:
        raise errors.NotPossible("name what to add; `add --list` shows what there is")
    _end(components.add(names, project, _effect(dry_run, diff)), as_json)


@app.command()
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

    _end(components.remove(names, project, _effect(dry_run, diff), force=force), as_json)


@app.command()
def status(directory: Directory = None, as_json: AsJson = False) -> None:
    """Show whose each file of a project is."""
    from . import printing
    from .status import status

    found = status(directory)
    printing.status(found, as_json=as_json)
    if found.conflicts:
        raise typer.Exit(errors.CONFLICTS)


def _require_meant(word: str, context: Any, by_hand: bool) -> None:
    """A command with a typing error is no project."""
    command = meant(word, context.parent.command.commands)
    if command is None:
        return
    question = f"{word} is no command; did you mean `{command}`?"
    if not by_hand or not typer.confirm(f"{question} Create a project in ./{word} all the same?"):
        raise errors.NotPossible(f"{question} A project of that name: ./{word}")


def _meant_in(error: Any) -> str | None:
    """Why what was typed does not fit `new`, where another command was meant."""
    word = error.ctx.meta.get(UNSAID) if error.ctx else None
    command = meant(word, error.ctx.find_root().command.commands) if word else None
    return f"{word} is no command; did you mean `{command}`?" if command else None


def _replies(data: list[str] | None, yes: bool, as_json: bool) -> "Replies":
    from .template.questions import Replies

    terminal = not as_json and sys.stdin.isatty() and sys.stdout.isatty()
    return Replies(tuple(data or ()), yes, terminal)


def _effect(dry_run: bool, diff: bool) -> "Effect":
    return "diff" if diff else "list" if dry_run else "write"


def _end(changed: "Changed", as_json: bool) -> None:
    from . import printing

    printing.changed(changed, as_json=as_json)
    if changed.conflicts:
        raise typer.Exit(errors.CONFLICTS)


def main() -> None:
    interruption.listen()
    process.prepare()
    process.end(_run())


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except errors.Failure as failure:
        process.complain(failure)
        return failure.code
    except UsageError as error:
        help_of = f"{error.ctx.command_path} --help" if error.ctx else "--help"
        wrong = f"{error.format_message().rstrip('.')}: see {help_of}"
        process.complain(_meant_in(error) or wrong)
        return errors.NOT_POSSIBLE
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except Exception as error:
        if interruption.came:  # a library made another error of it, or the terminal is gone
            return _interrupted()
        if isinstance(error, OSError):
            return process.failed(error)
        raise
    return _interrupted() if code == errors.INTERRUPTED else code or 0


def _interrupted() -> int:
    process.complain("interrupted")
    return errors.INTERRUPTED
