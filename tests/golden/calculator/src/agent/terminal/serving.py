"""`agent serve`: the other way in."""

from typing import Annotated

import typer

from ..settings import load_settings
from ..stream import leave
from . import screen

REFUSED = 2
commands = typer.Typer()


@commands.command()
def serve(
    host: Annotated[str | None, typer.Option(help="AGENT_HOST if left out.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="AGENT_PORT if left out.")
    ] = None,
) -> None:
    """Serve the API."""
    from ..server.process import CannotServe
    from ..server.process import serve as serve_forever

    given = {"host": host, "port": port}
    changed = {name: value for name, value in given.items() if value is not None}
    try:
        serve_forever(load_settings().model_copy(update=changed))
    except CannotServe as error:
        screen.complain(str(error))
        raise typer.Exit(REFUSED) from None
    leave(0)
