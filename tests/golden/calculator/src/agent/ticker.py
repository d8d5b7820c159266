"""Factor 6: does what is due: tells and reminds humans, lets a message say what
became of its call, and ends what waited.

It holds nothing that the events do not say: it asks the store for what is due when it starts and
now and then, for what other processes did, and knows of the threads that its own process ran.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from .aside import wait_at_most
from .boundary import is_ending
from .due import Contact, Due, Expire, Settle, all_due, expired, is_over
from .errors import format_error
from .events import Expired, HumanContacted
from .log import logger
from .parts import Agent
from .reach import contact, settle
from .store import Busy, NoSuchThread, StoreError
from .thread import CannotFollow, Thread
from .views import Summary, due_at, summary_of
from .waiting import Waiting

TICK = 1.0  # seconds
LOOK = timedelta(seconds=60)  # between two looks at what is due
LATER = timedelta(seconds=10)  # before what went wrong is tried again
FEW = 4  # threads that it reads and writes at once: others want the disk as well
AT_ONCE = 32  # threads whose humans it tells at once: each waits for the other side
GRACE = 2.0  # seconds that it has at its end for what it is telling: cut off, it is told again


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
        self._telling = asyncio.Semaphore(AT_ONCE)

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
                await wait_at_most(TICK, self._woken)
                self._woken.clear()
        finally:
            if at_work := list(self._at_work.values()):
                await asyncio.wait(at_work, timeout=GRACE)
            for task in at_work:
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
        """Do what is due for this thread, if it still is. Somebody may answer meanwhile, and it
        runs: what was done is written down all the same.
        """
        try:
            async with self._telling, self.agent.store.lease(thread_id, "tell"):
                has_ended = await self._act_alone(thread_id)
            if has_ended:
                self.go_on(thread_id)
        except Busy:
            pass  # another process is at it: the next tick looks again
        except NoSuchThread:
            self._next.pop(thread_id, None)
        except (StoreError, CannotFollow) as problem:
            logger().warning("not_done", thread=thread_id, problem=str(problem))
            self._next[thread_id] = self.agent.clock() + LATER

    async def _act_alone(self, thread_id: str) -> bool:
        """Whether what the thread waited for is over."""
        async with self._few:
            thread = await self.agent.store.get(thread_id)
        while ready := self._ready(known := summary_of(thread_id, thread)):
            waiting = known.awaiting
            if waiting and is_at_its_end(waiting, ready, self.agent):
                await self._write(thread_id, expired(waiting))
                return True
            # All at once: none is told later because another channel hangs.
            work = [self._do(each, known, thread) for each in ready if not isinstance(each, Expire)]
            done = await asyncio.gather(*work, return_exceptions=True)
            if failed := next((each for each in done if isinstance(each, BaseException)), None):
                raise failed
            async with self._few:
                thread = await self.agent.store.get(thread_id)
        self.watch(known)
        return False

    def _ready(self, known: Summary) -> list[Due]:
        """What is due now. Where two routes lead to one place it is told once, and of what is over,
        as nobody was there, one is told.
        """
        agent, now = self.agent, self.agent.clock()
        waiting = known.awaiting
        is_late = waiting is not None and is_over(waiting, agent.policy, now)
        ready, places = list[Due](), set[object]()
        for each in all_due(waiting, agent.policy, known.stale):
            if each.at > now:
                break
            if isinstance(each, Contact):
                place = None if is_late else (each.route.channel, each.route.to)
                if place in places:
                    continue
                places.add(place)
            ready.append(each)
        return ready

    async def _do(self, each: Contact | Settle, known: Summary, thread: Thread) -> None:
        channels, policy = self.agent.channels, self.agent.policy
        if isinstance(each, Settle):
            told = await settle(channels, each.stale)
        else:
            waiting, began = known.awaiting, thread.events[0]
            assert waiting
            told = await contact(channels, known.id, waiting, each, policy, began)
        if why := told.data.get("failed"):
            place = told.data["channel"]
            logger().warning("not_told", thread=known.id, channel=place, problem=why)
        await self._write(known.id, told)

    async def _write(self, thread_id: str, event: HumanContacted | Expired) -> None:
        async with self._few:
            await self.agent.record(thread_id, event)


def is_at_its_end(waiting: Waiting, ready: Sequence[Due], agent: Agent) -> bool:
    """Whether nobody is to be told any more: what was missed, as nobody was there, is told once."""
    was_told = any(not each.failed for each in waiting.contacted)
    is_next = next((each for each in ready if not isinstance(each, Settle)), None)
    return is_over(waiting, agent.policy, agent.clock()) and (
        was_told or isinstance(is_next, Expire)
    )
