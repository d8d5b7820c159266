"""`agent worker`: takes threads from the queue and runs each to its next wait."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from procrastinate import JobContext
from procrastinate.jobs import Job
from procrastinate.worker import Worker as Taker

from ...aside import wait_at_most
from ...engine import NotQueued
from ...engine.procrastinate.connection import why
from ...engine.procrastinate.queue import ADVANCE, QUEUE, RESUME, Queue, thread_of
from ...engine.procrastinate.retries import WHO, pause_before_next
from ...errors import format_error
from ...events import Resumed
from ...log import logger
from ...parts import Agent
from ...people import said_by
from ...runner import Runner
from ...store import NotStored
from ...thread import CannotFollow

BEAT = 1.0  # seconds between two signs of life
GONE = 6.0  # seconds without one, and a worker counts as dead
POLL = 1.0  # seconds until a job is seen that nobody was told of: one that was put back
AGAIN = 2.0  # seconds before a taker that ended is replaced
END = 5.0  # seconds for the last words to the queue
FORGOTTEN = 60.0  # seconds without a sign of life, and a worker is forgotten
HOUR = 3600.0


class Worker:
    """Runs so many threads at once, until it is asked to stop."""

    def __init__(
        self, agent: Agent, queue: Queue, concurrency: int, alive: Callable[[], None]
    ) -> None:
        self.agent = agent
        self.queue = queue
        self.concurrency = concurrency
        self.alive = alive
        self.runner = Runner(agent, patient=True, engine=queue)
        self._taker: Any = None  # procrastinate's, whose methods have no types
        self._jobs: set[int | None] = set()  # that run here
        self._lost: set[int | None] = set()  # that should, as far as the queue knows
        queue.app.task(name=ADVANCE, queue=QUEUE, pass_context=True)(self.advance)
        queue.app.task(name=RESUME, queue=QUEUE, pass_context=True)(self.resume)

    async def advance(self, context: JobContext, thread_id: str) -> None:
        """One job. A taker that ends meanwhile leaves the thread running here, and whoever finds it
        without a job puts it anew.
        """
        # The store is waited for until we are asked to stop, and the thread is no worse then.
        with self._ours(context.job), suppress(asyncio.CancelledError, NotStored):
            thread = await self.runner.run(thread_id, again=context.job.attempts > 0)
            if pause := pause_before_next(thread.events):
                await self.queue.put_later(thread_id, pause)
        if self.agent.stopping.is_set():  # it may be done, or not: whoever is next sees
            with suppress(NotQueued):  # then it is put by whoever looks for what nobody has
                await self.queue.put(thread_id)

    async def resume(self, context: JobContext, thread_id: str) -> None:
        """Where its model failed, and nobody was quicker or has tried too often. A reminder comes
        once: the store is waited for, and by somebody else where we are asked to stop.
        """
        agent = self.runner.at_work
        with self._ours(context.job):
            try:
                thread = await agent.store.get(thread_id)
                if pause_before_next(thread.events):
                    with suppress(CannotFollow):
                        await agent.record(thread_id, said_by(WHO, Resumed()))
                        await self.queue.put(thread_id)
            except NotStored:
                with suppress(NotQueued):
                    await self.queue.put_later(thread_id, timedelta())

    @contextmanager
    def _ours(self, job: Job) -> Iterator[None]:
        self._jobs.add(job.id)
        try:
            yield
        finally:
            self._jobs.discard(job.id)

    async def run(self, grace: float) -> None:
        """Until SIGTERM or SIGINT; then what runs has so many seconds to come to its next event,
        and none more at the next signal.
        """
        stop, hurry = asyncio.Event(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, asked_to, stop, hurry)
        await self.queue.open()
        await self.runner.start_unfinished()
        taking = asyncio.create_task(self._take(), name="taking")
        looking = asyncio.create_task(self._look_after(), name="looking")
        logger().info("taking", concurrency=self.concurrency)
        while not stop.is_set():
            self._say_that_we_live()
            await wait_at_most(BEAT, stop)
        logger().info("stopping", grace=grace)
        await self._leave_the_threads(grace, hurry)
        await asyncio.wait([taking], timeout=END)
        self.queue.gives_up.set()  # a database that is gone is waited for no longer
        for task in (taking, looking):
            task.cancel()
        await asyncio.wait([taking, looking], timeout=END)
        with suppress(TimeoutError):
            async with asyncio.timeout(END):
                await self.queue.close()

    async def _leave_the_threads(self, grace: float, hurry: asyncio.Event) -> None:
        self.agent.stopping.set()
        if self._taker:
            self._taker.stop()
        leaving = asyncio.create_task(self.runner.shut_down(grace), name="leaving")
        hurrying = asyncio.create_task(hurry.wait(), name="hurrying")
        await asyncio.wait([leaving, hurrying], return_when=asyncio.FIRST_COMPLETED)
        if hurry.is_set():
            await self.runner.shut_down(0)
        await leaving
        hurrying.cancel()

    def _say_that_we_live(self) -> None:
        try:
            self.alive()
        except OSError as error:  # whoever looks at it will see
            logger().error("alive_not_written", problem=format_error(error))

    async def _take(self) -> None:
        """procrastinate's worker, and another one when it ends."""
        while not self.agent.stopping.is_set():
            self._taker = Taker(
                self.queue.app,
                queues=[QUEUE],
                concurrency=self.concurrency,
                delete_jobs="successful",
                install_signal_handlers=False,
                fetch_job_polling_interval=POLL,
                update_heartbeat_interval=HOUR,  # it is we who say that we live, to the very end
                stalled_worker_timeout=HOUR,
                shutdown_graceful_timeout=END,
            )
            try:
                await self._taker.run()
            except Exception as error:  # noqa: BLE001, whatever it is, threads wait for a worker
                logger().error("taker_ended", problem=why(error), again_in=AGAIN)
            await wait_at_most(AGAIN, self.agent.stopping)

    async def _look_after(self) -> None:
        """Says that this worker lives, and puts back what those had who do not. Not before the
        others have had the time to say so: for a while it may have been the database that was gone.
        """
        clock = asyncio.get_running_loop().time
        since = last = clock()
        while True:
            try:
                if self._taker and self._taker.worker_id is not None:
                    await self.queue.app.job_manager.update_heartbeat(self._taker.worker_id)
                    now = clock()
                    since, last = (now if now - last > GONE / 2 else since), now
                    if now - since > GONE:
                        await self._put_back(self._taker.worker_id)
            except Exception as error:  # noqa: BLE001, the next look may do better
                logger().error("not_looked_after", problem=why(error))
            await asyncio.sleep(BEAT)

    async def _put_back(self, worker_id: int) -> None:
        manager = self.queue.app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=GONE):
            await self._put_one_back(job, "worker_gone")
        ours = await manager.list_jobs_async(status="doing", worker_id=worker_id)
        left = {job.id: job for job in ours if job.id not in self._jobs}
        for number in self._lost & left.keys():  # twice: it neither begins nor ends just now
            await self._put_one_back(left[number], "job_lost")
        self._lost = set(left)
        await manager.prune_stalled_workers(FORGOTTEN)

    async def _put_one_back(self, job: Job, event: str) -> None:
        with suppress(NotQueued):  # another worker was quicker
            await self.queue.put_back(job)
            logger().warning(event, thread=thread_of(job), tries=job.attempts + 1)


def asked_to(stop: asyncio.Event, hurry: asyncio.Event) -> None:
    (hurry if stop.is_set() else stop).set()
