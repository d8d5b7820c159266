"""Factor 6: does what is due: tells and reminds humans, lets a message say what
became of its call, and ends what waited.

It holds nothing that the events do not say: it asks the store for what is due when it starts and
now and then, for what other processes did, and knows of the threads that its own process ran.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from .boundary import is_ending
from .due import Contact, Expire, Settle, due, expired, is_over
from .errors import format_error
from .events import HumanContacted
from .log import logger
from .parts import Agent
from .reach import contact, settle
from .store import Busy, NoSuchThread, StoreError
from .thread import CannotFollow
from .views import Summary, due_at, summary_of
from .waiting import Waiting

TICK = 1.0  # seconds
LOOK = timedelta(seconds=60)  # between two looks at what is due
LATER = timedelta(seconds=10)  # before what went wrong is tried again
FEW = 4  # threads that it does something for at once: others want the disk as well


class Ticker:
    """`go_on` runs a thread for which something has happened."""

    def __init__(self, agent: Agent, go_on: Callable[[str], None]) -> None:
        self.agent = agent
        self.go_on = go_on
        self._next: dict[str, datetime] = {}
        self._look_at: datetime | None = None
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._few = asyncio.Semaphore(FEW)

    def watch(self, thread: Summary) -> None:
        """What happens next to it by itself, if anything does."""
        if at := due_at(thread, self.agent.policy):
            self._next[thread.id] = at
            self._woken.set()
        else:
            self._next.pop(thread.id, None)

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                try:
                    await self.tick()
                except BaseException as error:
                    if is_ending():
                        raise
                    logger().error("ticker_failed", problem=format_error(error))
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK):  # `wait_for` can miss that it is cancelled
                        await self._woken.wait()
                self._woken.clear()
        finally:
            for task in self._at_work.values():
                task.cancel()

    async def tick(self) -> None:
        """Begin what is due now."""
        now = self.agent.clock()
        if self._look_at is None or now >= self._look_at:
            self._look_at = now + LOOK
            self._next |= await self.agent.store.due(self._look_at, self.agent.policy)
        for thread_id in [each for each, at in self._next.items() if at <= now]:
            if thread_id not in self._at_work:
                self._begin(thread_id)

    def _begin(self, thread_id: str) -> None:
        task = self._at_work[thread_id] = asyncio.create_task(self.act(thread_id))
        task.add_done_callback(lambda _: self._at_work.pop(thread_id))

    async def act(self, thread_id: str) -> None:
        """Do the one thing that is due for this thread, if it still is."""
        try:
            async with self._few, self.agent.store.lease(thread_id):
                has_ended = await self._act_alone(thread_id)
            if has_ended:
                self.go_on(thread_id)
        except Busy:
            pass  # it runs, or another process is at it: the next tick looks again
        except NoSuchThread:
            self._next.pop(thread_id, None)
        except (StoreError, CannotFollow) as problem:
            logger().warning("not_done", thread=thread_id, problem=str(problem))
            self._next[thread_id] = self.agent.clock() + LATER

    async def _act_alone(self, thread_id: str) -> bool:
        """Whether what the thread waited for is over."""
        agent = self.agent
        known = await agent.store.get(thread_id)
        thread = summary_of(thread_id, known)
        waiting = thread.awaiting
        match due(waiting, agent.policy, thread.stale):
            case Expire() | Contact() as then if waiting and is_at_its_end(waiting, then, agent):
                await agent.record(thread_id, expired(waiting))
                return True
            case Contact(at) as then if waiting and at <= agent.clock():
                began, policy = known.events[0], agent.policy
                told = await contact(agent.channels, thread_id, waiting, then, policy, began)
                thread = await self._write(thread_id, told)
            case Settle(at, stale) if at <= agent.clock():
                thread = await self._write(thread_id, await settle(agent.channels, stale))
        self.watch(thread)
        return False

    async def _write(self, thread_id: str, told: HumanContacted) -> Summary:
        if why := told.data.get("failed"):
            place = told.data["channel"]
            logger().warning("not_told", thread=thread_id, channel=place, problem=why)
        return summary_of(thread_id, await self.agent.record(thread_id, told))


def is_at_its_end(waiting: Waiting, then: Expire | Contact, agent: Agent) -> bool:
    """Whether nobody is to be told any more: what was missed, as nobody was there, is told once."""
    was_told = any(not each.failed for each in waiting.contacted)
    return is_over(waiting, agent.policy, agent.clock()) and (was_told or isinstance(then, Expire))
