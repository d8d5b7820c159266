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

from ..events import (
    Answer,
    AnyEvent,
    Error,
    HumanRequest,
    HumanResponse,
    ModelFailed,
    Prefetched,
    ToolCall,
    ToolResponse,
    ToolStarted,
    Trigger,
)
from ..redaction import redact
from ..states import Waiting
from ..thread import Thread

QUESTIONS = ("request_more_information", "request_approval_from_manager")


def say(text: str, *, end: str = "\n", err: bool = False) -> None:
    """In colour at a terminal, unless NO_COLOR is set; plain elsewhere."""
    typer.echo(text + end, nl=False, err=err, color=False if os.environ.get("NO_COLOR") else None)


def note(text: str) -> None:
    """Something beside the conversation."""
    say(style(printable(text), dim=True), err=True)


def complain(text: str) -> None:
    say(f"{style('error:', fg='red')} {printable(text)}", err=True)


def show(_: str, event: AnyEvent) -> None:
    """Each event as it happens. Nobody may be looking any more; the work goes on all the same."""
    with suppress(OSError):
        if not sys.stdout.isatty():
            say(line_of(event))
        elif told := as_told(event):
            say(told)


def as_told(event: AnyEvent) -> str:
    """As a person reads it: a call, and under it what came of it. What is said anyway is left out:
    the start of a call, and a question, which is asked in place.
    """
    match event:
        case ToolCall() if event.intent in QUESTIONS:
            return ""
        case ToolStarted():
            return ""
        case ToolResponse(data=result):
            return f"  {style('=', dim=True)} {described(result)}"
        case Error():
            return f"  {style('!', fg='red')} {printable(for_people(event))}"
        case HumanResponse(data={"approved": True}):
            return f"  {style('approved', fg='green')}"
        case HumanResponse(data={"approved": False, "comment": comment}):
            return f"  {style('rejected:', fg='red')} {printable(comment)}"
        case HumanResponse(data={"approved": False}):
            return f"  {style('rejected', fg='red')}"
        case HumanResponse(data={"response": words}):
            return f"  {style('you:', dim=True)} {printable(words)}"
        case Trigger(type="user_input", data=words):
            return f"{style('you:', dim=True)} {described(words)}"
        case Prefetched():
            return f"{style(f'looked up {event.type}:', dim=True)} {described(event.data)}"
        case _:
            return line_of(event)


def line_of(event: AnyEvent) -> str:
    """One event a line: its type, or the intent of a call, and what it carries."""
    match event:
        case ToolCall(data={"intent": "done_for_now", "message": message}):
            return style(printable(message), fg="green", bold=True)
        case ToolCall():
            name, text = style(event.intent, fg="cyan", bold=True), described(event.arguments)
        case Error() | ModelFailed():
            name, text = style(event.type, fg="red"), printable(for_people(event))
        case HumanRequest(data=data):
            name, text = style(event.type, fg="yellow"), printable(data["question"])
        case HumanResponse(data=answer):
            name, text = style(event.type, fg="yellow"), described(dict(answer))
        case _:
            name, text = style(event.type, dim=True), described(event.data)
    return f"{name} {text}".rstrip()


def for_people(event: Error | ModelFailed) -> str:
    """What went wrong: where a reply was no step, the model is told it in other words."""
    return str((event.meta or {}).get("problem") or event.data["message"])


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
    elif (thread.events[-1].meta or {}).get("too_long"):
        say(f"{style('failed', fg='red')} to go on: {command('fork', thread_id, '--at', 'N')}")
    elif thread.status in ("failed", "running"):
        where = "unless another process is at it, " if thread.status == "running" else ""
        say(f"{style(thread.status, fg='red')} {where}to go on: {command('resume', thread_id)}")


def ways_on(thread_id: str, waiting: Waiting) -> list[str]:
    if not waiting.for_approval:
        return [command("answer", thread_id, '"…"')]
    call = (thread_id, waiting.call_id)
    return [command("approve", *call), command("reject", *call, "--because", '"…"')]


def show_thread(thread_id: str, thread: Thread) -> None:
    for event in thread.events:
        say(f"{style(f'{event.id:3}', dim=True)} {line_of(event)}")
    say_what_next(thread_id, thread)


def show_in_list(thread_id: str, thread: Thread) -> None:
    begun = described(thread.events[0].data)
    say(f"{thread_id}  {style(f'{thread.status:24}', fg='cyan')} {begun}")


def command(*words: str) -> str:
    """As it can be typed here: through `uv run` if that was said, by its path if need be."""
    agent = "uv run agent" if "UV_RUN_RECURSION_DEPTH" in os.environ else "agent"
    if sys.argv[0].endswith(f"{os.sep}agent") and not which("agent"):
        agent = sys.argv[0]
    return " ".join((agent, *words))
