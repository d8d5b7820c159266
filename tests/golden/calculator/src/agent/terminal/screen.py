"""The human at the terminal: sees each event as it happens, and is asked in place."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from shutil import get_terminal_size, which
from typing import Any

import typer
from typer import style

from ..due import Policy, expires_at
from ..events import (
    Answer,
    AnyEvent,
    Error,
    Expired,
    HumanContacted,
    HumanRequest,
    HumanResponse,
    ModelFailed,
    Prefetched,
    Restarted,
    Resumed,
    Stopped,
    ToolCall,
    ToolDeferred,
    ToolResponse,
    ToolStarted,
    Trigger,
)
from ..shown import arguments, described, folded, listed, one_line, words
from ..states import after_decision
from ..thread import Thread
from ..waiting import Waiting
from .keyboard import forget_what_was_typed


def say(text: str, *, end: str = "\n", err: bool = False) -> None:
    """In colour at a terminal, unless NO_COLOR is set, and no wider than it; plain elsewhere."""
    if (sys.stderr if err else sys.stdout).isatty():
        text = folded(text, get_terminal_size().columns)
    say_whole(text, end=end, err=err)


def say_whole(text: str, *, end: str = "\n", err: bool = False) -> None:
    """What is to be copied."""
    typer.echo(text + end, nl=False, err=err, color=False if os.environ.get("NO_COLOR") else None)


def note(text: str) -> None:
    """Something beside the conversation."""
    with suppress(OSError, ValueError):  # a log: nobody may be reading it
        say_whole(style(one_line(text), dim=True), err=True)


def complain(text: str) -> None:
    with suppress(OSError, ValueError):
        say(f"{style('error:', fg='red')} {one_line(text)}", err=True)


def show(_: str, event: AnyEvent) -> None:
    """Each event as it happens. Nobody may be looking any more; the work goes on all the same."""
    with suppress(OSError):
        if not sys.stdout.isatty():
            say(as_record(event))
        elif told := as_told(event):
            say(told)


def as_told(event: AnyEvent) -> str:
    """As a person reads it: a call, and under it what came of it. What is said anyway is left out:
    the start of a call, and what waits for a human, which is asked in place.
    """
    match event:
        case ToolCall() if isinstance(after_decision(event), Waiting):
            return ""
        case ToolStarted() | HumanContacted():
            return ""
        case ToolDeferred(data=data):
            return "\n    ".join([f"  {style('later:', dim=True)}", *listed(dict(data))])
        case ToolResponse(data=result):
            return f"  {style('=', dim=True)} " + "\n    ".join(listed(result))
        case Error():
            return f"  {style('!', fg='red')} {words(for_people(event))}"
        case HumanResponse(data={"approved": True}):
            return f"  {style('approved', fg='green')}"
        case HumanResponse(data={"approved": False, "comment": comment}):
            return f"  {style('rejected:', fg='red')} {words(comment)}"
        case HumanResponse(data={"approved": False}):
            return f"  {style('rejected', fg='red')}"
        case HumanResponse(data={"response": said}):
            return f"  {style('you:', dim=True)} {words(said)}"
        case Trigger(type="user_input", data=str() as said):
            return f"{style('you:', dim=True)} {words(said)}"
        case Prefetched():
            looked_up = style(f"looked up {event.type}:", dim=True)
            return "\n  ".join([looked_up, *listed(event.data)])
        case _:
            return as_record(event)


def as_record(event: AnyEvent) -> str:
    """An event begins at the margin, with its type or the intent of a call; what it carries comes
    behind, the arguments of a call below.
    """
    match event:
        case ToolCall(data={"intent": "done_for_now", "message": str() as message}):
            return style(words(message), fg="green", bold=True)
        case ToolCall():
            return as_call(event.intent, event.arguments)
        case Error() | ModelFailed():
            name, text = style(event.type, fg="red"), words(for_people(event))
        case HumanRequest(data=data):
            name, text = style(event.type, fg="yellow"), words(data["question"])
        case HumanResponse(data=answer):
            name, text = style(event.type, fg="yellow"), described(dict(answer))
        case Expired(data=data):
            name, text = style(event.type, fg="yellow"), words(data["message"])
        case ToolStarted() | Restarted() | Resumed() | Stopped():
            name, text = style(event.type, dim=True), ""
        case _:
            name, text = style(event.type, dim=True), described(event.data)
    return f"{name} {text}".rstrip()


def as_call(intent: str, given: Mapping[str, Any], margin: str = "", whole: bool = False) -> str:
    """What will run, as it will run, an argument a line."""
    shown = (f"  {line}" for line in arguments(given, whole))
    lines = [style(intent, fg="cyan", bold=True), *shown]
    return "\n".join(margin + line for line in lines)


def for_people(event: Error | ModelFailed) -> str:
    """What went wrong: where a reply was no step, the model is told it in other words."""
    return str((event.meta or {}).get("problem") or event.data["message"])


def somebody_is_there() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def is_meant(waiting: Waiting) -> bool:
    """Whether this is what the human at the terminal has an answer to."""
    show_what_waits(waiting)
    try:
        return yes_or_no("Is your answer to this? [yes/no] ")
    except EOFError:
        return False


def ask(waiting: Waiting) -> Answer | None:
    """What is answered to what was shown; an empty line is no answer. None for who leaves."""
    try:
        return approval() if waiting.for_approval else {"response": waiting.chosen(something("> "))}
    except EOFError:
        return None


def show_what_waits(waiting: Waiting, until: datetime | None = None) -> None:
    """What is asked and, where a call is to be approved, what would run."""
    say(f"{style('?', fg='yellow', bold=True)} {words(waiting.question)}")
    if waiting.intent and waiting.reason != "question":
        say(as_call(waiting.intent, waiting.arguments, margin="  ", whole=True))
    for number, choice in enumerate(waiting.choices, 1):
        say(f"  {number}. {words(choice)}")
    if until:
        say(style(f"  until {until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC", dim=True))


def approval() -> Answer:
    if yes_or_no("Approve? [yes/no] "):
        return {"approved": True}
    comment = prompted("Why not? ")
    return {"approved": False, "comment": comment} if comment else {"approved": False}


def yes_or_no(prompt: str) -> bool:
    while (said := something(prompt).lower()) not in ("y", "yes", "n", "no"):
        say("  yes or no, in full or by the first letter")
    return said in ("y", "yes")


def something(prompt: str) -> str:
    while not (said := prompted(prompt)):
        pass
    return said


def prompted(prompt: str) -> str:
    forget_what_was_typed()
    say(prompt, end="")
    return input().strip()


def say_what_next(thread_id: str, thread: Thread, policy: Policy) -> None:
    """What the thread waits for, and the exact commands that continue it."""
    if waiting := thread.awaiting:
        what = "its result" if waiting.reason == "result" else "a human"
        say(style(f"waiting for {what}", fg="yellow", bold=True))
        show_what_waits(waiting, expires_at(waiting, policy))
        for way in ways_on(thread_id, waiting):
            say_whole(f"  {way}")
    elif (thread.events[-1].meta or {}).get("too_long"):
        say_whole(
            f"{style('failed', fg='red')} to go on: {command('fork', thread_id, '--at', 'N')}"
        )
    elif thread.status in ("failed", "running"):
        where = "unless another process is at it, " if thread.status == "running" else ""
        say_whole(
            f"{style(thread.status, fg='red')} {where}to go on: {command('resume', thread_id)}"
        )


def ways_on(thread_id: str, waiting: Waiting) -> list[str]:
    if waiting.reason == "result":
        return [command("result", thread_id, waiting.call_id, "JSON"), command("resume", thread_id)]
    if not waiting.for_approval:
        return [command("answer", thread_id, "--call", waiting.call_id, '"…"')]
    call = (thread_id, waiting.call_id)
    return [command("approve", *call), command("reject", *call, "--because", '"…"')]


def show_thread(thread_id: str, thread: Thread, policy: Policy) -> None:
    for event in thread.events:
        say(f"{style(f'{event.id:3}', dim=True)} {as_record(event)}")
    say_what_next(thread_id, thread, policy)


def show_in_list(thread_id: str, thread: Thread) -> None:
    begun = described(thread.events[0].data)
    say(f"{thread_id}  {style(f'{thread.status:24}', fg='cyan')} {begun}")


def command(*words: str) -> str:
    """As it can be typed here: through `uv run` if that was said, by its path if need be."""
    agent = "uv run agent" if "UV_RUN_RECURSION_DEPTH" in os.environ else "agent"
    if sys.argv[0].endswith(f"{os.sep}agent") and not which("agent"):
        agent = sys.argv[0]
    return " ".join((agent, *words))
