"""A thread that began in Slack says there how it ended, as people who write there look for it.

What is owed follows from the events, and that it was told is one: so it is told once it can be,
after a crash as well, and in the worst case twice. A failure has no call to which that could be
written: it is told as it happens, and never again.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...due import PAUSES
from ...errors import format_error
from ...events import AnyEvent, HumanContacted, ModelFailed, Stopped, Told
from ...log import logger
from ...reach import tried
from ...runner import Runner
from ...settings import WrongSettings, load_settings
from ...store import Busy, StoreError
from ...store.opening import open_store
from ...thread import CannotFollow, Thread
from .calling import NotTaken, call
from .hearing import CHANNEL, place_of
from .settings import configured
from .words import said, section

LOOK = 3.0  # seconds
OWED = timedelta(days=1)  # for so long it is tried
_telling: set[asyncio.Task[None]] = set()  # which would be collected while they are at it


@dataclass(frozen=True)
class Owed:
    """The end of a thread, not to be told before `at` where a try has failed."""

    place: tuple[str, str]
    call_id: str
    message: str
    at: datetime | None


def owed(thread: Thread) -> Owed | None:
    """Nothing unless it is done, began in Slack, and has not said there what it ended with."""
    place = place_of(thread.events[0])
    if thread.status != "done" or not thread.calls or place is None:
        return None
    end = thread.calls[-1]
    tries = [
        event
        for event in thread.events
        if isinstance(event, HumanContacted)
        and (event.call_id, event.data["channel"]) == (end.call_id, CHANNEL)
    ]
    if any("failed" not in each.data for each in tries) or len(tries) > len(PAUSES):
        return None
    again = tries[-1].at + PAUSES[len(tries) - 1] if tries and tries[-1].at else None
    return Owed(place, end.call_id, str(end.arguments.get("message", "")), again)


async def background(runner: Runner) -> None:
    """Until it is cancelled; at once back where there is no Slack."""
    try:
        configured()
    except WrongSettings:
        return
    known: dict[str, int] = {}
    while True:
        try:
            known = await look(runner, known, runner.agent.clock() - OWED)
        except StoreError as problem:
            logger().warning("slack_not_told", problem=str(problem))
        await asyncio.sleep(LOOK)


async def look(runner: Runner, known: dict[str, int], since: datetime) -> dict[str, int]:
    """The threads that owe nothing, with their versions."""
    settled = {}
    for each in await runner.agent.store.find(status="done"):
        if each.updated and each.updated < since:
            continue
        if known.get(each.id) == each.version or await is_told(runner, each.id):
            settled[each.id] = each.version
    return settled


async def is_told(runner: Runner, thread_id: str) -> bool:
    """Whether nothing is owed to this thread. It does the one thing that is, under its lease."""
    agent = runner.agent
    try:
        async with agent.store.lease(thread_id):
            what = owed(await agent.store.get(thread_id))
            if what is None:
                return True
            if what.at is None or what.at <= agent.clock():
                await agent.record(thread_id, await told(what))
    except Busy:
        pass  # it goes on, or another process is at it
    except (StoreError, CannotFollow) as problem:
        logger().warning("slack_not_told", thread=thread_id, problem=str(problem))
    return False


async def told(what: Owed) -> HumanContacted:
    """That it was, or why not. Without the name of the message: nobody is to settle it."""
    data: Told = {"channel": CHANNEL}
    _, failed = await tried(lambda: tell(what.place, "Done", what.message))
    if failed:
        data["failed"] = failed
    return HumanContacted(call_id=what.call_id, data=data)


async def tell(place: tuple[str, str], head: str, words: str) -> None:
    channel, thread_ts = place
    await call(
        "chat.postMessage",
        channel=channel,
        thread_ts=thread_ts,
        text=said(words, 300) if words else head,
        blocks=[section(f"*{head}*"), *([section(said(words))] if words else [])],
        unfurl_links=False,
        unfurl_media=False,
    )


def listen(thread_id: str, event: AnyEvent) -> None:
    """Behind the event: nobody waits for Slack."""
    match event:
        case ModelFailed():
            why = (event.meta or {}).get("problem") or event.data["message"]
            head, words = "Failed, until somebody lets it try again", str(why)
        case Stopped():
            head, words = "Stopped", ""
        case _:
            return
    task = asyncio.get_running_loop().create_task(say(thread_id, head, words))
    _telling.add(task)
    task.add_done_callback(_telling.discard)


async def say(thread_id: str, head: str, words: str) -> None:
    try:
        settings = load_settings()
        store = open_store(settings.store_url, settings.context_format)
        if place := place_of((await store.get(thread_id)).events[0]):
            await tell(place, head, words)
    except (NotTaken, OSError, StoreError, WrongSettings) as problem:
        logger().warning("slack_not_told", thread=thread_id, problem=format_error(problem))
