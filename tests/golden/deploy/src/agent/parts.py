"""What the agent is made of. All of it is passed in; importing has no effects."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .due import Policy, too_late
from .events import AnyEvent, Trigger
from .people import Approvers
from .reach import Channel
from .store import ThreadExists, ThreadStore
from .thread import AnotherDelivery, CannotFollow, NotAllowed, Thread, same_words
from .tools import Tool


@dataclass(frozen=True)
class Agent:
    """The parts, so that a test or another program can bring its own."""

    store: ThreadStore
    determine_next_step: Callable[[Thread], Awaitable[AnyEvent]]
    handle_next_step: Callable[[Tool, str], Awaitable[Any]]
    prefetch: Callable[[Thread], Awaitable[Sequence[AnyEvent]]]
    clock: Callable[[], datetime]
    notify: Callable[[str, AnyEvent], None]
    approvers: Approvers = field(default_factory=Approvers)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    max_steps: int = 20
    max_errors: int = 3
    max_thread_size: int = 4_000_000  # characters
    tool_timeout: float = 300  # seconds
    max_result: int = 50_000  # characters
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self, trigger: Trigger, thread_id: str | None = None) -> str:
        """Keep a new thread, and tell who listens; its id.

        An id that was derived from a delivery and is in use belongs to the same delivery, which
        changes nothing. Raises AnotherDelivery where something else was said under it.
        """
        thread = Thread().append(trigger, at=self.clock())
        try:
            thread_id = await self.store.create(thread, thread_id)
        except ThreadExists:
            if thread_id is None:
                raise
            if not same_words(trigger, (await self.store.get(thread_id)).events[0]):
                raise AnotherDelivery from None
            return thread_id
        self.notify(thread_id, thread.events[0])
        return thread_id

    async def record(self, thread_id: str, *events: AnyEvent) -> Thread:
        """Append to what is stored, save, and tell who listens.

        Raises CannotFollow, and NotAllowed where whoever said it may not.
        """
        at, known = self.clock(), 0

        def append(stored: Thread) -> Thread:
            nonlocal known
            known = len(stored.events)
            for event in events:
                if why := self.approvers.refusal(stored.awaiting, event):
                    raise NotAllowed(why)
                if why := too_late(stored.awaiting, event, self.policy, at):
                    raise CannotFollow(why)
            return stored.append(*events, at=at)

        thread = await self.store.update(thread_id, append)
        for event in thread.events[known:]:
            self.notify(thread_id, event)
        return thread
