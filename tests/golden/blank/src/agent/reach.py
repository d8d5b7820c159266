"""Factor 7: how a human is reached. A channel puts before somebody what waits for them.

What they answer comes back through the channel's own hooks, as events.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from .due import Contact, Policy, expires_at
from .events import AnyEvent, HumanContacted, Told
from .outcomes import Message, Stale
from .waiting import Waiting
from .workers import Failed, run_apart

T = TypeVar("T")
PATIENCE = 20.0  # seconds that a channel has


@dataclass(frozen=True)
class Asked:
    """What a channel tells: what waits, whom it is for there, until when, and whether once more.

    `began` is what the thread began with: it can be told where that came from.
    """

    thread_id: str
    waiting: Waiting
    to: str | None
    expires_at: datetime | None
    reminds: bool
    began: AnyEvent | None = None


class Channel(Protocol):
    """One of these for each way to reach a human, in a module of `channels/`."""

    @property
    def name(self) -> str: ...

    @property
    def about(self) -> str:
        """What it can do, in one line."""

    async def tell(self, asked: Asked) -> str | None:
        """Put it before a human; the other side's own name of the message, if it has one.

        It runs as a tool does, apart and in an event loop of its own. It can come a second time for
        what was told, after a crash. Whatever it raises is written down, and it is tried again.
        """

    async def settle(self, message: Message, became: str) -> None:
        """Let a message that has a name say what became of what it asks, with nothing to click. One
        that somebody sent (`message.came`: its event has `ref` and `thread` in `meta`) is answered
        with how the thread ended.

        As `tell` is, it is tried again, and can come a second time.
        """


async def contact(
    channels: Mapping[str, Channel],
    thread_id: str,
    waiting: Waiting,
    due: Contact,
    policy: Policy,
    began: AnyEvent | None = None,
) -> HumanContacted:
    """Who was told, or why nobody was."""
    route = due.route
    asked = Asked(thread_id, waiting, route.to, expires_at(waiting, policy), due.reminds, began)
    told: Told = {"channel": route.channel}
    if route.to is not None:
        told["to"] = route.to
    ref, failed = await tried(lambda: channels[route.channel].tell(asked))
    if failed:
        told["failed"] = failed
    elif ref:
        told["ref"] = str(ref)
    return HumanContacted(call_id=waiting.call_id, data=told, meta={"thread": thread_id})


async def settle(channels: Mapping[str, Channel], stale: Stale) -> HumanContacted:
    """What the message says now, or why it still does not."""
    message, became = stale.message, stale.became
    told: Told = {"channel": message.channel, "ref": message.ref, "became": became}
    if message.to is not None:
        told["to"] = message.to
    _, failed = await tried(lambda: channels[message.channel].settle(message, became))
    if failed:
        told["failed"] = failed
    return HumanContacted(call_id=message.call_id, data=told, meta={"thread": message.thread_id})


async def tried(work: Callable[[], Coroutine[Any, Any, T]]) -> tuple[T | None, str | None]:
    """What a channel answers, or why it does not."""
    try:
        return await run_apart(work, PATIENCE), None
    except Failed as fault:
        return None, str(fault) or "it failed"
    except TimeoutError:
        return None, f"it took longer than {PATIENCE:g} seconds"
