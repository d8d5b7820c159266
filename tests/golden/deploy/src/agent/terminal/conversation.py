"""A thread and the human at the terminal: run it, ask in place, say what continues it."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from getpass import getuser
from typing import Any

from ..due import Contact, Route
from ..events import Answer, HumanResponse, Trigger
from ..outcomes import Message, became_of
from ..parts import Agent
from ..people import E, Person, said_by
from ..reach import Asked, contact
from ..runner import advance
from ..shapes import exactly_json, read_json
from ..thread import CannotFollow, Thread
from ..waiting import Status, Waiting
from ..wiring import TERMINAL
from . import screen

WAITS = 3
PAUSE = 0.5  # seconds between two looks for a result
INTERRUPTED = 130
EXIT_CODES: dict[Status, int] = {
    "done": 0,
    "stopped": 0,
    "running": 1,
    "failed": 1,
    "awaiting_human_response": WAITS,
    "awaiting_human_approval": WAITS,
    "awaiting_result": WAITS,
}


class WrongUsage(Exception):
    """What was typed does not say what to do: one line about what to type."""


def converse(agent: Agent, thread_id: str) -> int:
    """Run the thread, and ask whoever is there until it ends; the exit code of the contract.

    Raises StoreError and CannotFollow.
    """
    try:
        thread = asyncio.run(advance(thread_id, agent))
        thread = asyncio.run(with_its_result(thread, agent, thread_id))
        # Asked outside of asyncio, which would swallow the first Ctrl-C.
        while (waiting := asked_here(thread)) and asyncio.run(tell(agent, thread_id, waiting)):
            if not (said := screen.ask(waiting)):
                break
            answer = said_here(HumanResponse(call_id=waiting.call_id, data=said))
            thread = asyncio.run(go_on(agent, thread_id, answer))
            thread = asyncio.run(with_its_result(thread, agent, thread_id))
    except KeyboardInterrupt:
        screen.note("interrupted")
        screen.say_what_next(thread_id, asyncio.run(agent.store.get(thread_id)), agent.policy)
        return INTERRUPTED
    screen.say_what_next(thread_id, thread, agent.policy)
    return EXIT_CODES[thread.status]


def asked_here(thread: Thread) -> Waiting | None:
    """What somebody at this terminal can answer."""
    is_theirs = thread.awaiting and thread.awaiting.reason != "result"
    return thread.awaiting if is_theirs and screen.somebody_is_there() else None


async def with_its_result(thread: Thread, agent: Agent, thread_id: str) -> Thread:
    """Whoever is there sees what comes of a call that goes on elsewhere, unless they leave."""
    if thread.status == "awaiting_result" and screen.somebody_is_there():
        screen.note("its result is to come; Ctrl-C leaves the thread waiting for it")
    while thread.status == "awaiting_result" and screen.somebody_is_there():
        known = len(thread.events)
        await asyncio.sleep(PAUSE)
        thread = await advance(thread_id, agent)
        for event in thread.events[known:]:
            screen.show(thread_id, event)
    return thread


async def tell(agent: Agent, thread_id: str, waiting: Waiting) -> bool:
    """By the terminal's own channel; whether anybody was told."""
    here = Contact(agent.clock(), Route(channel=TERMINAL, to=whoever_is_here().user))
    channels = {TERMINAL: Terminal()}
    told = await contact(channels, thread_id, waiting, here, agent.policy)
    with suppress(CannotFollow):  # it was stopped meanwhile
        await agent.record(thread_id, told)
    return "failed" not in told.data


class Terminal:
    """The channel of whoever runs the agent here."""

    name = TERMINAL
    about = "whoever runs the agent is asked there"

    async def tell(self, asked: Asked) -> None:
        screen.show_what_waits(asked.waiting, asked.expires_at)

    async def settle(self, message: Message, became: str) -> None:
        """What stands on a screen is over by then."""


async def go_on(agent: Agent, thread_id: str, answer: HumanResponse) -> Thread:
    """The answer is to the call that was shown. Where somebody else was quicker, it is said so, and
    what waits now is asked anew.
    """
    try:
        await agent.record(thread_id, answer)
    except CannotFollow as error:
        screen.complain(f"nothing was done: {error}")
    return await advance(thread_id, agent)


def answer(agent: Agent, thread_id: str, said: Answer, call_id: str = "") -> bool:
    """Answer this call; words to a thread that is done follow up. Whether anything was answered.

    Without a call, what waits is shown, and whoever is at the terminal says whether they mean it.
    Nobody else can approve or reject without it. Raises StoreError, CannotFollow and WrongUsage.
    """
    waiting = waits_with(agent, thread_id, said, call_id)
    if waiting and not call_id:
        if screen.somebody_is_there():
            if not screen.is_meant(waiting):
                return False
        elif "approved" in said and waiting.for_approval:
            screen.show_what_waits(waiting)
            raise WrongUsage(f"say which call you decide on: this one is {waiting.call_id}")
        call_id = waiting.call_id
    if waiting and waiting.call_id == call_id and "response" in said:
        said["response"] = waiting.chosen(said["response"])
    event = (
        HumanResponse(call_id=call_id, data=said)
        if call_id
        else Trigger(type="user_input", data=said["response"])
    )
    asyncio.run(agent.record(thread_id, said_here(event)))
    return True


def said_here(event: E) -> E:
    """By whoever runs this process, as its system knows them."""
    return said_by(whoever_is_here(), event)


def whoever_is_here() -> Person:
    try:
        return Person("terminal", getuser())
    except (OSError, KeyError, ImportError):  # a user without a name, as in some containers
        return Person("terminal", "unknown")


def waits_with(agent: Agent, thread_id: str, said: Answer, call_id: str) -> Waiting | None:
    """None where words can follow up. Raises CannotFollow where a decision is on nothing."""
    thread = asyncio.run(agent.store.get(thread_id))
    if thread.awaiting is None and "approved" in said and not call_id:
        raise CannotFollow(f"no call waits for a yes: the thread is {thread.status}")
    return thread.awaiting


def changed_arguments(thread: Thread, call_id: str, changes: Sequence[str]) -> dict[str, Any]:
    """Those of the call that waits, with each NAME=VALUE in its place.

    A value is JSON or a text, and a text where a text was. Raises WrongUsage, also for a value
    that would not run as it was typed.
    """
    if (waiting := thread.was_asked(call_id, whoever_is_here())) is None:
        if became := became_of(call_id, thread.events):
            raise CannotFollow(f"call {call_id} is not waiting for a human: {became}")
        raise WrongUsage("--set changes the call that waits, and no other: name it behind the ID")
    arguments, seen = dict(waiting.arguments), set[str]()
    for change in changes:
        name, has_value, value = change.partition("=")
        if not has_value:
            raise WrongUsage(f"--set {change} has no value: write {name}=VALUE")
        if name in seen:
            raise WrongUsage(f"--set {name} is there twice: say which one is meant")
        seen.add(name)
        arguments[name] = value if isinstance(arguments.get(name), str) else json_or_text(value)
    try:
        exactly_json(arguments)
    except ValueError as error:
        raise WrongUsage(f"--set: {error}") from None
    return arguments


def json_or_text(value: str) -> Any:
    """Raises WrongUsage for JSON that says two things, or a number that cannot be held."""
    try:
        return read_json(value)
    except json.JSONDecodeError:
        return value
    except ValueError as error:
        raise WrongUsage(str(error)) from None
