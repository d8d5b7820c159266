"""The human at the terminal: sees each event as it happens, and is asked in place."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from shutil import which
from typing import Any

from rich.console import Console
from rich.markup import escape

from ..data import Answer
from ..events import AnyEvent, Error, HumanRequest, HumanResponse, ModelFailed, ToolCall
from ..redaction import redact
from ..states import Waiting
from ..thread import Thread

out = Console(highlight=False, emoji=False, soft_wrap=True)
err = Console(highlight=False, emoji=False, soft_wrap=True, stderr=True)


def note(text: str) -> None:
    """Something beside the conversation."""
    err.print(f"[dim]{escape(text)}[/]")


def show(_: str, event: AnyEvent) -> None:
    """One line an event. Nobody may be looking any more; the work goes on all the same."""
    with suppress(OSError, SystemExit):  # the latter is how rich says that the pipe is broken
        out.print(line_of(event))


def line_of(event: AnyEvent) -> str:
    match event:
        case ToolCall(data={"intent": "done_for_now", "message": message}):
            return f"[bold green]{printable(message)}[/]"
        case ToolCall():
            return f"[bold cyan]{event.intent}[/] {described(event.arguments)}"
        case Error() | ModelFailed():
            return f"[red]{event.type}[/] {printable(event.data['message'])}"
        case HumanRequest(data=data):
            return f"[yellow]{event.type}[/] {printable(data['question'])}"
        case HumanResponse(data=answer):
            return f"[yellow]{event.type}[/] {described(dict(answer))}"
        case _:
            return f"[dim]{event.type}[/] {described(event.data)}".rstrip()


def described(data: Any) -> str:
    """Arguments as `a: 3, b: 4`; anything else as JSON."""
    data = redact(data)
    if isinstance(data, dict):
        return printable(", ".join(f"{key}: {plain(value)}" for key, value in data.items()))
    return printable(plain(data))


def plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def printable(text: str) -> str:
    """No text from outside moves the cursor, colours the screen or is taken for markup."""
    return escape("".join(char if char.isprintable() or char in "\n\t" else "�" for char in text))


def ask(waiting: Waiting) -> Answer | None:
    """Ask until there is an answer; an empty line is none. None if nobody is there, or leaves."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    out.print(f"[bold yellow]?[/] {printable(waiting.question)}")
    if waiting.for_approval:
        out.print(f"  {waiting.intent} {described(waiting.arguments)}")
    for number, choice in enumerate(waiting.choices, 1):
        out.print(f"  {number}. {printable(choice)}")
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
        out.print("  yes or no, in full or by the first letter")
    if said in ("y", "yes"):
        return {"approved": True}
    comment = out.input("Why not? ").strip()
    return {"approved": False, "comment": comment} if comment else {"approved": False}


def words(prompt: str) -> str:
    while not (said := out.input(escape(prompt)).strip()):
        pass
    return said


def say_what_next(thread_id: str, thread: Thread) -> None:
    """What the thread waits for, and the exact commands that continue it."""
    if waiting := thread.awaiting:
        asked = waiting.question if waiting.for_approval else "for an answer"
        out.print(f"[bold yellow]waiting[/] {printable(asked)}")
        out.print("".join(f"  {line}\n" for line in ways_on(thread_id, waiting)), end="")
    elif thread.status in ("failed", "running"):
        out.print(f"[red]{thread.status}[/] to go on: {command('resume', thread_id)}")


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


def show_thread(thread_id: str, thread: Thread) -> None:
    for event in thread.events:
        out.print(f"[dim]{event.id:3}[/] {line_of(event)}")
    say_what_next(thread_id, thread)


def show_list(threads: Sequence[tuple[str, Thread]]) -> None:
    for thread_id, thread in threads:
        begun = described(thread.events[0].data)
        out.print(f"{thread_id}  [cyan]{thread.status:24}[/] {begun}")
