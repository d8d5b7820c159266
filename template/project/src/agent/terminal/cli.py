"""Factor 11: the agent from a terminal. `agent MESSAGE` starts a thread."""

import asyncio
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from ..discovery import brought
from ..events import Answer, Error, Stopped, ToolResponse, Trigger
from ..model.failures import Unavailable
from ..model.next_step import note_on
from ..parts import Agent
from ..results import as_result
from ..runner import take_up
from ..settings import WrongSettings, load_settings
from ..store import StoreError
from ..stream import leave, open_missing, show_every_letter
from ..thread import CannotFollow
from . import checking, conversation, moving, reaching, reading, screen, serving
from .conversation import WrongUsage
from .reading import ThreadId, open_agent

REFUSED = 2


class MessageFirst(TyperGroup):
    """A first word that is a command is the command; everything else is a message."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        commands = {name for name, command in self.commands.items() if not command.hidden}
        if args == ["-h"]:
            args = ["--help"]
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
CALL = "Which call; without it, the one that waits is shown, and you are asked."
Call = Annotated[str, typer.Argument(metavar="[CALL]", help=CALL)]


@app.command("MESSAGE", hidden=True)
def message(words: list[str]) -> None:
    """Start a thread with a message."""
    trigger = conversation.said_here(Trigger(type="user_input", data=not_empty(" ".join(words))))
    if faults := checking.faults():
        raise WrongSettings(faults)
    agent = open_agent()
    say_which_model()
    thread_id = asyncio.run(agent.begin(trigger))
    screen.note(f"thread {thread_id}")
    converse(agent, thread_id)


@app.command(context_settings={"ignore_unknown_options": True})  # "-5" is an answer
def answer(
    thread_id: ThreadId, text: str, call: Annotated[str, typer.Option(help=CALL)] = ""
) -> None:
    """Answer the question that a thread waits with, or follow up on one that is done."""
    tell(thread_id, {"response": not_empty(text)}, call)


@app.command()
def approve(
    thread_id: ThreadId,
    call: Call = "",
    changed: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Run it with this instead; needs CALL."),
    ] = None,
) -> None:
    """Let the call run that waits for a yes, as it is or with other arguments."""
    said: Answer = {"approved": True}
    if changed:
        thread = asyncio.run(open_agent().store.get(thread_id))
        said["arguments"] = conversation.changed_arguments(thread, call, changed)
    tell(thread_id, said, call)


@app.command()
def reject(
    thread_id: ThreadId,
    call: Call = "",
    because: Annotated[str, typer.Option(help="The reason; the model reads it.")] = "",
) -> None:
    """Refuse the call that waits for a yes."""
    tell(thread_id, {"approved": False, **({"comment": because} if because else {})}, call)


@app.command(context_settings={"ignore_unknown_options": True})  # "-5" is a result
def result(
    thread_id: ThreadId,
    call: Annotated[str, typer.Argument(help="The call that was to give it later.")],
    value: Annotated[str, typer.Argument(metavar="[JSON]", help="JSON, or a text.")] = "",
    error: Annotated[str, typer.Option(help="Why there is none, in one line.")] = "",
) -> None:
    """Give the result of a call that goes on elsewhere."""
    if bool(value) == bool(error):
        raise WrongUsage("give either its result or --error and why there is none")
    agent = open_agent()
    event = Error(call_id=call, data={"message": error}) if error else result_of(call, value, agent)
    asyncio.run(agent.record(thread_id, conversation.said_here(event)))
    converse(agent, thread_id)


def result_of(call: str, value: str, agent: Agent) -> ToolResponse:
    read = conversation.json_or_text(value)
    if value.startswith("-") and read == value:
        raise WrongUsage(f"{value} is no option and no number: write a text that begins so as JSON")
    given = as_result(read, agent.max_result)
    return ToolResponse(call_id=call, data=given)


@app.command()
def resume(thread_id: ThreadId) -> None:
    """Take up a thread that failed or was interrupted."""
    agent = open_agent()
    say_which_model()
    asyncio.run(take_up(thread_id, agent, conversation.whoever_is_here()))
    converse(agent, thread_id)


@app.command()
def stop(thread_id: ThreadId) -> None:
    """End a thread for good."""
    asyncio.run(open_agent().record(thread_id, conversation.said_here(Stopped())))


@app.command()
def fork(
    thread_id: ThreadId, at: Annotated[int, typer.Option(help="The last event to keep.")]
) -> None:
    """Copy a thread up to an event and print the new id; `resume` runs it."""

    async def copy() -> str:
        store = open_agent().store
        return await store.create((await store.get(thread_id)).fork(at))

    typer.echo(asyncio.run(copy()))


for commands in (
    checking.commands,
    moving.commands,
    reaching.commands,
    reading.commands,
    serving.commands,
    *brought("commands"),
):
    app.add_typer(commands)


def say_which_model() -> None:
    if note := note_on(load_settings().model):
        screen.note(note)


def not_empty(text: str) -> str:
    if not text.strip():
        raise WrongUsage("this message says nothing")
    return text


def tell(thread_id: str, said: Answer, call_id: str = "") -> None:
    """What a human says to a thread, and the thread goes on."""
    agent = open_agent()
    say_which_model()
    if not conversation.answer(agent, thread_id, said, call_id):
        raise typer.Exit(conversation.WAITS)
    converse(agent, thread_id)


def converse(agent: Agent, thread_id: str) -> NoReturn:
    code = conversation.converse(agent, thread_id)
    if code == conversation.INTERRUPTED:
        leave(code)
    raise typer.Exit(code)


CANNOT_BE_DONE = (
    StoreError,
    CannotFollow,
    WrongUsage,
    moving.NoThread,
    Unavailable,
    WrongSettings,
    OSError,
)


def refuse(error: Exception) -> NoReturn:
    screen.complain(str(error))
    sys.exit(REFUSED)


def main(arguments: list[str] | None = None) -> None:
    """The entry point. Whatever cannot be done is one line on stderr and exit code 2."""
    open_missing()
    show_every_letter()
    try:
        app(arguments, prog_name="agent")
    except CANNOT_BE_DONE as error:
        refuse(error)
