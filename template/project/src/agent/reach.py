"""Factor 7: how a human is reached. A channel puts before somebody what waits for them.

What they answer comes back through the channel's own hooks, as events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .due import Contact, Policy, expires_at
from .events import HumanContacted, Told
from .waiting import Waiting
from .workers import Failed, run_apart

PATIENCE = 20.0  # seconds that a channel has


@dataclass(frozen=True)
class Asked:
    """What a channel tells: what waits, whom it is for there, until when, and whether once more."""

    thread_id: str
    waiting: Waiting
    to: str | None
    expires_at: datetime | None
    reminds: bool


class Channel(Protocol):
    """One of these for each way to reach a human, in a module of `channels/`."""

    @property
    def name(self) -> str: ...

    async def tell(self, asked: Asked) -> str | None:
        """Put it before a human; the other side's own name of the message, if it has one.

        It runs as a tool does, apart and in an event loop of its own. It can come a second time for
        what was told, after a crash. Whatever it raises is written down, and it is tried again.
        """


async def contact(
    channels: Mapping[str, Channel], thread_id: str, waiting: Waiting, due: Contact, policy: Policy
) -> HumanContacted:
    """Who was told, or why nobody was."""
    route = due.route
    asked = Asked(thread_id, waiting, route.to, expires_at(waiting, policy), due.reminds)
    told: Told = {"channel": route.channel}
    if route.to is not None:
        told["to"] = route.to
    try:
        ref = await run_apart(lambda: channels[route.channel].tell(asked), PATIENCE)
    except Failed as fault:
        told["failed"] = str(fault)
    except TimeoutError:
        told["failed"] = f"it took longer than {PATIENCE:g} seconds"
    else:
        told |= {"ref": str(ref)} if ref else {}
    return HumanContacted(call_id=waiting.call_id, data=told)
