"""The end of a thread is the answer to the mail that it came from.

Derived, as all that happens by itself: what is owed follows from the events, and that it was sent
is one. So it is sent once it can be, after a crash as well, and in the worst case twice.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeGuard

from ...due import PAUSES
from ...events import AnyEvent, HumanContacted, Told, ToolCall, Trigger
from ...inbound import delivery_id
from ...log import logger
from ...reach import tried
from ...redaction import redact
from ...runner import Runner
from ...shown import words
from ...store import Busy, StoreError
from ...thread import CannotFollow, Thread
from .receiving import KIND
from .sending import send
from .settings import Mailing, load_email, mailing_of, missing
from .signing import CHANNEL, Name
from .writing import Letter

LOOK = 5.0  # seconds
OWED = timedelta(days=1)  # for so long it is tried


@dataclass(frozen=True)
class Owed:
    """An answer to the mail `ref` of this address."""

    to: str
    subject: str
    ref: str
    call_id: str
    message: str
    at: datetime | None  # not before, where a try has failed


def owed(thread_id: str, thread: Thread) -> Owed | None:
    """Nothing unless the last who spoke did so by mail, and has not been told how it ended. A fork
    owes nothing: the mail was to the thread that it was cut from.
    """
    end = thread.calls[-1] if thread.calls else None
    spoke = next((each for each in reversed(thread.events) if isinstance(each, Trigger)), None)
    if thread.status != "done" or end is None or spoke is None or spoke.type != KIND:
        return None
    tries = [each for each in thread.events if is_of(each, end)]
    if any("failed" not in each.data for each in tries) or len(tries) > len(PAUSES):
        return None
    again = tries[-1].at + PAUSES[len(tries) - 1] if tries and tries[-1].at else None
    meta = spoke.meta or {}
    ref, key = str(meta.get("ref")), meta.get("delivery")
    if key not in (thread_id, delivery_id(CHANNEL, thread_id, ref)):
        return None
    about = spoke.data if isinstance(spoke.data, dict) else {}
    message = str(end.data.get("message", ""))
    subject = str(about.get("subject", ""))
    return Owed(str(meta.get("who")), subject, ref, end.call_id, message, again)


def is_of(event: AnyEvent, end: ToolCall) -> TypeGuard[HumanContacted]:
    if not isinstance(event, HumanContacted) or event.call_id != end.call_id:
        return False
    return event.data["channel"] == CHANNEL


async def answer_ends(runner: Runner) -> None:
    """Until it is cancelled; at once back where no mail can be sent."""
    settings = load_email()
    if missing(settings):
        return
    mailing, known = mailing_of(settings), dict[str, int]()
    while True:
        now = runner.agent.clock()
        try:
            known = await look(runner, mailing, known, now - OWED)
        except StoreError as problem:
            logger().warning("mail_not_answered", problem=str(problem))
        await asyncio.sleep(LOOK)


async def look(
    runner: Runner, mailing: Mailing, known: dict[str, int], since: datetime
) -> dict[str, int]:
    """Answers what is owed; the threads that it has seen and owes nothing, with their versions."""
    settled = {}
    for each in await runner.agent.store.find(status="done"):
        if each.updated and each.updated < since:
            continue
        if known.get(each.id) == each.version or await answered(runner, mailing, each.id):
            settled[each.id] = each.version
    return settled


async def answered(runner: Runner, mailing: Mailing, thread_id: str) -> bool:
    """Whether nothing is owed to this thread. It does the one thing that is, under its lease."""
    agent = runner.agent
    try:
        async with agent.store.lease(thread_id):
            what = owed(thread_id, await agent.store.get(thread_id))
            if what is None:
                return True
            if what.at is None or what.at <= agent.clock():
                await agent.record(thread_id, await sent(what, thread_id, mailing))
    except Busy:
        pass  # it goes on, or another process is at it
    except (StoreError, CannotFollow) as problem:
        logger().warning("mail_not_answered", thread=thread_id, problem=str(problem))
    return False


async def sent(what: Owed, thread_id: str, mailing: Mailing) -> HumanContacted:
    """That it was, or why not. Without the name of the mail: nobody is to settle it."""
    name = Name("ends", thread_id, what.call_id, what.to)
    said = [words(str(redact(what.message))), "", "Reply to go on."]
    told: Told = {"channel": CHANNEL, "to": what.to}
    letter = Letter(name, f"Re: {what.subject}", said, answers=what.ref)
    _, failed = await tried(lambda: send(letter, mailing))
    if failed:
        told["failed"] = failed
    return HumanContacted(call_id=what.call_id, data=told)
