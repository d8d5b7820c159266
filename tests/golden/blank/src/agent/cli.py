"""Factor 11: the agent from a terminal. `agent MESSAGE` starts a thread."""

import asyncio
import os
import sys
from io import TextIOWrapper
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from .baml import Unavailable
from .data import Answer
from .events import Stopped
from .extras import extras
from .humans import terminal
from .humans.session import INTERRUPTED, Session, Step, open_agent
from .looking import ThreadId, looking
from .model import OFFLINE, OFFLINE_NOTE
from .runner import Runner
from .settings import WrongSettings, load_settings
from .store import StoreError
from .thread import CannotFollow

REFUSED = 2


class MessageFirst(TyperGroup):
    """A first word that is a command is the command; everything else is a message."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        commands = {name for name, command in self.commands.items() if not command.hidden}
        if args and args[0] not in commands | {"--help"}:
            args = ["MESSAGE", "--", *args[args[0] == "--" :]]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=MessageFirst,
    help="Give the agent a MESSAGE, or one of these commands.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Call = Annotated[str, typer.Argument(metavar="[CALL]", help="Which call; else the one that waits.")]


@app.command("MESSAGE", hidden=True)
def launch(words: list[str]) -> None:
    """Start a thread with a message."""
    message = some(" ".join(words))
    converse(lambda session: session.launch(message))


@app.command(context_settings={"ignore_unknown_options": True})  # "-5" is an answer
def answer(thread_id: ThreadId, text: str) -> None:
    """Answer the question that a thread waits with, or follow up on one that is done."""
    said: Answer = {"response": some(text)}
    converse(lambda session: session.say(said), thread_id)


@app.command()
def approve(thread_id: ThreadId, call: Call = "") -> None:
    """Let the call run that waits for a yes."""
    converse(lambda session: session.say({"approved": True}, call), thread_id)


@app.command()
def reject(
    thread_id: ThreadId,
    call: Call = "",
    because: Annotated[str, typer.Option(help="The reason; the model reads it.")] = "",
) -> None:
    """Refuse the call that waits for a yes."""
    said: Answer = {"approved": False, "comment": because} if because else {"approved": False}
    converse(lambda session: session.say(said, call), thread_id)


@app.command()
def resume(thread_id: ThreadId) -> None:
    """Take up a thread that failed or was interrupted."""
    converse(lambda session: session.resume(), thread_id)


@app.command()
def stop(thread_id: ThreadId) -> None:
    """End a thread for good."""
    asyncio.run(open_agent().record(thread_id, Stopped()))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="AGENT_HOST if left out.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="AGENT_PORT if left out.")
    ] = None,
) -> None:
    """Serve the API."""
    from .serve import serve as serve_forever

    settings = load_settings()
    given = {"host": host, "port": port}
    changed = {name: value for name, value in given.items() if value is not None}
    serve_forever(settings.model_copy(update=changed))
    leave(0)


app.add_typer(looking)
for extra in extras():
    if commands := getattr(extra, "commands", None):
        app.add_typer(commands)


def some(text: str) -> str:
    if not text.strip():
        raise CannotFollow("this message says nothing")
    return text


def converse(step: Step, thread_id: str = "") -> None:
    if load_settings().model == OFFLINE:
        terminal.note(OFFLINE_NOTE)
    code = Session(Runner(open_agent()), thread_id).run(step)
    if code == INTERRUPTED:
        leave(code)
    raise typer.Exit(code)


def leave(code: int) -> NoReturn:
    """End at once: a thread of BAML's that was interrupted crashes the interpreter's own end."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(arguments: list[str] | None = None) -> None:
    """The entry point. Whatever cannot be done is one line on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a console without our letters shows others
            stream.reconfigure(errors="replace")
    try:
        app(arguments, prog_name="agent")
    except (StoreError, CannotFollow, Unavailable, WrongSettings, OSError) as error:
        terminal.complain(str(error))
        sys.exit(REFUSED)
