"""Runs threads as far as they go: one for the terminal, any number behind the server."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from .boundary import is_ending
from .due import expired, is_over
from .engine import Engine, put_what_is_left
from .errors import format_error
from .events import AnyEvent, HumanContacted, Restarted, Resumed, Trigger
from .log import logger
from .loop import agent_loop
from .parts import Agent
from .people import Person, said_by
from .store import Busy, StoreError
from .store.patient import PatientStore
from .thread import CannotFollow, Thread
from .ticker import Ticker
from .views import summary_of

T = TypeVar("T", Thread, None)
GRACE = 5.0  # seconds that a shutdown gives the calls that run
PAUSE = 0.5  # seconds between two looks at a thread that another process runs
GLANCE = 0.1  # the same where somebody waits for an answer
AGAIN = 10.0  # seconds before work in the background that failed is begun again


async def advance(
    thread_id: str, agent: Agent, *, patient: bool = False, again: bool = False
) -> Thread:
    """Run the thread until it needs a human or ends, unless somebody else is at it.

    Whoever holds the lease looks again after letting go, so an answer that came meanwhile is
    not left lying. Who is patient takes over from a holder that dies. `again`: it was running when
    its process ended, which is written down; after three times a human is asked.
    """
    thread = await end_if_over(thread_id, agent)
    held_at: int | None = None  # so many events, when another had it, or had had it
    while thread.status == "running":
        if again:
            again, held_at = False, done_in(thread)
        if agent.stopping.is_set():
            break
        try:
            async with agent.store.lease(thread_id):
                if held_at is not None and held_at == done_in(await agent.store.get(thread_id)):
                    await agent.record(thread_id, Restarted())  # whoever had it has died
                held_at = None
                await agent_loop(thread_id, agent)
        except Busy:
            if not patient:
                break
            held_at = done_in(thread)
            await asyncio.sleep(PAUSE)
        except CannotFollow:
            now = await agent.store.get(thread_id)
            if now.status == "running" and now.events == thread.events:
                raise  # nobody has stopped it meanwhile, or run it where the lease was lost
        thread = await agent.store.get(thread_id)
    return thread


def done_in(thread: Thread) -> int:
    """So many events, less what its ticker says of whom it told."""
    return sum(not isinstance(event, HumanContacted) for event in thread.events)


async def end_if_over(thread_id: str, agent: Agent) -> Thread:
    """What nobody answered in time is over: where no ticker says so, it is said here."""
    thread = await agent.store.get(thread_id)
    waiting = thread.awaiting
    if waiting is None or not is_over(waiting, agent.policy, agent.clock()):
        return thread
    with suppress(CannotFollow):  # somebody was quicker
        return await agent.record(thread_id, expired(waiting))
    return await agent.store.get(thread_id)


async def take_up(thread_id: str, agent: Agent, person: Person) -> Thread:
    """Let a thread that failed try again; one that is running, but that nobody runs, needs no word,
    and what waited longer than it can waits no more.

    Raises CannotFollow where it makes no sense.
    """
    thread = await end_if_over(thread_id, agent)
    if thread.status == "running":
        return thread
    return await agent.record(thread_id, said_by(person, Resumed()))


class Runner:
    """The threads that this process is told of. Each runs as a task of its own in the loop that
    runs now or, where there is an engine, where that lets it run.
    """

    def __init__(
        self,
        agent: Agent,
        *,
        patient: bool = False,
        engine: Engine | None = None,
        background: Sequence[Callable[["Runner"], Awaitable[None]]] = (),
    ) -> None:
        self.agent = agent
        self.patient = patient
        self.engine = engine
        waiting = PatientStore(agent.store, agent.stopping)
        self.at_work = replace(agent, store=waiting) if patient else agent
        self._tasks: set[asyncio.Task[Thread | None]] = set()
        self._ticker = Ticker(agent, self.start)
        self._beside: list[asyncio.Task[None]] = []
        self._background = background
        self._is_open = False

    def start(self, thread_id: str, *, again: bool = False) -> None:
        if self.engine:
            self._begin(thread_id, self.engine.put(thread_id))
        else:
            self._begin(thread_id, self._advance(thread_id, again))

    async def run(self, thread_id: str, *, again: bool = False) -> Thread:
        """Here, whatever the engine. Whoever waits for it can be cancelled, and it goes on."""
        return await asyncio.shield(self._begin(thread_id, self._advance(thread_id, again)))

    def _advance(self, thread_id: str, again: bool) -> Coroutine[Any, Any, Thread]:
        return advance(thread_id, self.at_work, patient=self.patient, again=again)

    def _begin(self, thread_id: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work, name=thread_id)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def launch(self, trigger: Trigger, thread_id: str | None = None) -> str:
        """Keep a new thread and run it; its id. The same again, under one id, is the same thread.

        Raises AnotherDelivery where something else was said under that id.
        """
        thread_id = await self.agent.begin(trigger, thread_id)
        self.start(thread_id)
        return thread_id

    async def tell(self, thread_id: str, event: AnyEvent) -> Thread:
        """Append what a human said, and go on. Raises CannotFollow and StoreError."""
        thread = await self.agent.record(thread_id, event)
        self.start(thread_id)
        return thread

    async def resume(self, thread_id: str, person: Person) -> Thread:
        """Take up a thread that failed, or one that nobody runs any more."""
        thread = await take_up(thread_id, self.agent, person)
        self.start(thread_id)
        return thread

    async def wait(self, thread_id: str, seconds: float | None = None) -> None:
        """Until nobody runs it any more, as far as this process knows, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if self.engine:
                    return await self._settled(thread_id)
                if not self._running(thread_id) and self._beside:
                    await asyncio.wait(self._beside[:1])  # it may be among what was unfinished
                if tasks := self._running(thread_id):
                    await asyncio.wait(tasks)

    async def _settled(self, thread_id: str) -> None:
        """Whoever runs it, and wherever."""
        thread = await self.at_work.store.get(thread_id)
        while thread.status == "running":
            await asyncio.sleep(GLANCE)
            thread = await self.at_work.store.get(thread_id)

    def _running(self, thread_id: str) -> list[asyncio.Task[Thread | None]]:
        return [task for task in self._tasks if task.get_name() == thread_id]

    async def start_unfinished(self) -> None:
        """After a crash or a restart: what was running goes on, and what is due happens. Once.

        It looks at all threads, and nobody waits for that.
        """
        if not self._is_open:
            self._is_open = True
            take_up_all = (
                put_what_is_left(self.agent, self.engine)
                if self.engine
                else self._take_up_all(self.agent.clock())
            )
            self._beside = [
                asyncio.create_task(take_up_all, name="take-up"),
                asyncio.create_task(self._ticker.run(), name="ticker"),
                *(asyncio.create_task(self._keep_up(work)) for work in self._background),
            ]

    async def _keep_up(self, work: Callable[["Runner"], Awaitable[None]]) -> None:
        """Until it returns, or this ends: whatever it raises, it is begun again."""
        while True:
            try:
                return await work(self)
            except BaseException as error:
                if is_ending():
                    raise
                logger().error("background_failed", problem=format_error(error))
            await asyncio.sleep(AGAIN)

    async def _take_up_all(self, since: datetime) -> None:
        """What went on after `since` was not left: it was begun while we looked."""
        try:
            left = await self.at_work.store.find(status="running")
        except StoreError as problem:
            logger().error("threads_not_taken_up", problem=str(problem))
            return
        for thread in left:
            if not self._running(thread.id):
                left_before = thread.updated is None or thread.updated <= since
                self.start(thread.id, again=left_before)

    async def shut_down(self, grace: float | None = None) -> None:
        """Let what runs come to its next event, for so many seconds (GRACE); every thread can be
        taken up again.
        """
        self.agent.stopping.set()
        for beside in self._beside:
            beside.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=GRACE if grace is None else grace)
            for task in late:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*late, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        if error := task.exception():
            logger().error("thread_not_run", thread=task.get_name(), problem=format_error(error))
        elif thread := task.result():
            self._ticker.watch(summary_of(task.get_name(), thread))
