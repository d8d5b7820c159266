"""Threads in which others' code runs: whatever it does, it does to a thread that we can do without.

Each piece of work has an event loop of its own, so it may block, hang, exit, or stop its loop. What
hangs is left behind; these threads are daemons, so no process waits for them.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import closing, suppress
from contextvars import Context, copy_context
from math import inf
from queue import SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from .errors import format_error

P = ParamSpec("P")
T = TypeVar("T")
Work = Callable[[], Awaitable[Any]]
MAX_IDLE = 32  # threads that wait for more work

_idle: list["Worker"] = []


class Failed(Exception):
    """The work raised something. The message is one line that says what."""


async def run_apart(work: Callable[[], Awaitable[T]], seconds: float = inf) -> T:
    """What the work gives. Raises Failed, and TimeoutError when so many seconds have passed: then
    it is cancelled, and where that does nothing it goes on with nobody listening.
    """
    outcome: Future[T] = Future()
    try:
        worker = _idle.pop() if _idle else Worker()
    except RuntimeError as error:  # no more threads can be had
        raise Failed(format_error(error)) from error
    worker.inbox.put((work, outcome, copy_context()))
    async with asyncio.timeout(None if seconds == inf else seconds):
        return await asyncio.wrap_future(outcome)


class Worker:
    def __init__(self) -> None:
        self.inbox: SimpleQueue[tuple[Work, Future[Any], Context]] = SimpleQueue()
        Thread(target=self._live, name="worker", daemon=True).start()

    def _live(self) -> None:
        while True:
            work, outcome, context = self.inbox.get()
            context.run(run, work, outcome)
            if len(_idle) >= MAX_IDLE:
                return
            _idle.append(self)


def run(work: Work, outcome: Future[Any]) -> None:
    """In a loop of its own, which ends with it, and with it whatever it left there."""
    try:
        with closing(asyncio.new_event_loop()) as loop:
            loop.set_default_executor(THREADS)
            task = loop.create_task(settled_by(work, outcome))
            outcome.add_done_callback(lambda _: cancel(task, outcome, loop))
            try:
                loop.run_until_complete(task)
            except BaseException as error:  # noqa: BLE001, SystemExit in a task of the work's own
                settle(outcome, fault=error)
            loop.run_until_complete(the_rest(loop))
    except BaseException as error:  # noqa: BLE001, no loop can be had, or not even ended
        settle(outcome, fault=error)


async def settled_by(work: Work, outcome: Future[Any]) -> None:
    process = os.getpid()
    try:
        result = await work()
    except BaseException as error:  # noqa: BLE001, nothing here is ours, cancelling included
        end_copy_of(process)
        settle(outcome, fault=error)
    else:
        end_copy_of(process)
        settle(outcome, result)


def end_copy_of(process: int) -> None:
    """A tool that forks may return twice: the copy has no threads, and our loops and locks."""
    if os.getpid() != process:
        os._exit(0)


async def the_rest(loop: asyncio.AbstractEventLoop) -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await loop.shutdown_asyncgens()


def cancel(task: asyncio.Task[None], outcome: Future[Any], loop: asyncio.AbstractEventLoop) -> None:
    if outcome.cancelled():
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(task.cancel)


def settle(outcome: Future[Any], result: Any = None, fault: BaseException | None = None) -> None:
    with suppress(InvalidStateError):  # nobody waits any more
        if fault is not None:
            outcome.set_exception(Failed(format_error(fault)))
        else:
            outcome.set_result(result)


class Threads(ThreadPoolExecutor):
    """For `asyncio.to_thread`: a thread for each, so that none waits for those that hang. It is
    every loop's, and none that ends shuts it down.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        outcome: Future[T] = Future()

        def run() -> None:
            if outcome.set_running_or_notify_cancel():
                try:
                    outcome.set_result(fn(*args, **kwargs))
                except BaseException as error:  # noqa: BLE001, raised where it is awaited
                    outcome.set_exception(error)

        Thread(target=run, name="worker-thread", daemon=True).start()
        return outcome

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        pass


THREADS = Threads()
