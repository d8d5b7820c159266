"""The flags that several commands have."""

import sys
from typing import Annotated

import typer

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


def may_ask(as_json: bool) -> bool:
    """Whether there is a human to put questions to."""
    return not as_json and sys.stdin.isatty() and sys.stdout.isatty()
