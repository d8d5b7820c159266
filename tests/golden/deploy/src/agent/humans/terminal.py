"""The human at the terminal: sees each event as it happens, and is asked in place."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from shutil import which
from typing import Any

import typer
from typer import style

from ..data import Answer
from ..events import AnyEvent, Error, HumanRequest, HumanResponse, ModelFailed, ToolCall
from ..redaction import redact
from ..states import Waiting
from ..thread import Thread


def say(text: str, *, end: str = "\n", err: bool = False) -> None:
    """In colour at a terminal, unless NO_COLOR is set; plain elsewhere."""
    typer.echo(text + end, nl=False, err=err, color=False if os.environ.get("NO_COLOR") else None)


def note(text: str) -> None:
    """Something beside the conversation."""
    say(style(printable(text), dim=True), err=True)


def complain(text: str) -> None:
    say(f"{style('error:', fg='red')} {printable(text)}", err=True)


def show(_: str, event: AnyEvent) -> None:
    """One line an event. Nobody may be looking any more; the work goes on all the same."""
    with suppress(OSError):
        say(line_of(event))


def line_of(event: AnyEvent) -> str:
    match event:
        case ToolCall(data={"intent": "done_for_now", "message": message}):
            return style(printable(message), fg="green", bold=True)
        case ToolCall():
            name, text = style(event.intent, fg="cyan", bold=True), described(event.arguments)
        case Error() | ModelFailed():
            name, text = style(event.type, fg="red"), printable(event.data["message"])
        case HumanRequest(data=data):
            name, text = style(event.type, fg="yellow"), printable(data["question"])
        case HumanResponse(data=answer):
            name, text = style(event.type, fg="yellow"), described(dict(answer))
        case _:
            name, text = style(event.type, dim=True), described(event.data)
    return f"{name} {text}".rstrip()


def described(data: Any) -> str:
    """Arguments as `a: 3, b: 4`; anything else as JSON."""
    data = redact(data)
    if isinstance(data, dict):
        return printable(", ".join(f"{key}: {plain(value)}" for key, value in data.items()))
    return printable(plain(data))


def plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def printable(text: str) -> str:
    """No text from outside moves the cursor or colours the screen."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in text)


def ask(waiting: Waiting) -> Answer | None:
    """Ask until there is an answer; an empty line is none. None if nobody is there, or leaves."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    say(f"{style('?', fg='yellow', bold=True)} {printable(waiting.question)}")
    if waiting.for_approval:
        say(f"  {waiting.intent} {described(waiting.arguments)}")
    for number, choice in enumerate(waiting.choices, 1):
        say(f"  {number}. {printable(choice)}")
    try:
        return (
            approval() if waiting.for_approval else {"response": answer_in_words(waiting.choices)}
        )
    except EOFError:
        return None


def answer_in_words(choices: Sequence[str]) -> str:
    """What is typed, or the choice of that number."""
    said = words("> ")
    chosen = int(said) - 1 if said.isdecimal() else -1
    return choices[chosen] if 0 <= chosen < len(choices) else said


def approval() -> Answer:
    while (said := words("Approve? [yes/no] ").lower()) not in ("y", "yes", "n", "no"):
        say("  yes or no, in full or by the first letter")
    if said in ("y", "yes"):
        return {"approved": True}
    comment = asked("Why not? ")
    return {"approved": False, "comment": comment} if comment else {"approved": False}


def words(prompt: str) -> str:
    while not (said := asked(prompt)):
        pass
    return said


def asked(prompt: str) -> str:
    say(prompt, end="")
    return input().strip()


def say_what_next(thread_id: str, thread: Thread) -> None:
    """What the thread waits for, and the exact commands that continue it."""
    if waiting := thread.awaiting:
        wanted = waiting.question if waiting.for_approval else "for an answer"
        say(f"{style('waiting', fg='yellow', bold=True)} {printable(wanted)}")
        for way in ways_on(thread_id, waiting):
            say(f"  {way}")
    elif thread.status in ("failed", "running"):
        where = "unless another process is at it, " if thread.status == "running" else ""
        say(f"{style(thread.status, fg='red')} {where}to go on: {command('resume', thread_id)}")


def ways_on(thread_id: str, waiting: Waiting) -> list[str]:
    if not waiting.for_approval:
        return [command("answer", thread_id, '"…"')]
    call = (thread_id, waiting.call_id)
    return [command("approve", *call), command("reject", *call, "--because", '"…"')]


def command(*words: str) -> str:
    """As it can be typed here: through `uv run` if that was said, by its path if need be."""
    agent = "uv run agent" if "UV_RUN_RECURSION_DEPTH" in os.environ else "agent"
    if sys.argv[0].endswith(f"{os.sep}agent") and not which("agent"):
        agent = sys.argv[0]
    return " ".join((agent, *words))
