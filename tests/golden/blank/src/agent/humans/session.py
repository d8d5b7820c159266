"""A thread and the human at the terminal: run it, ask in place, say what continues it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from ..data import Answer
from ..events import HumanResponse, Trigger
from ..parts import Agent
from ..runner import Runner
from ..settings import load_settings
from ..states import Status
from ..thread import CannotFollow, Thread
from ..wiring import build
from . import terminal

INTERRUPTED = 130
EXIT_CODES: dict[Status, int] = {
    "done": 0,
    "stopped": 0,
    "running": 1,
    "failed": 1,
    "awaiting_human_response": 3,
    "awaiting_human_approval": 3,
}

Step = Callable[["Session"], Awaitable[None]]


class Session:
    """One thread, and what its human says to it."""

    def __init__(self, runner: Runner, thread_id: str = "") -> None:
        self.runner = runner
        self.thread_id = thread_id

    def run(self, step: Step) -> int:
        """Take the step, run the thread, and ask whoever is there until it ends.

        Returns the exit code of the contract. Raises CannotFollow and StoreError.
        """
        try:
            thread = asyncio.run(self._proceed(step))
            # Asked outside of asyncio, which would swallow the first Ctrl-C.
            while thread.awaiting and (said := terminal.ask(thread.awaiting)):
                thread = asyncio.run(self._proceed(partial(Session.say, said=said)))
        except KeyboardInterrupt:
            return self._interrupted()
        terminal.say_what_next(self.thread_id, thread)
        return EXIT_CODES[thread.status]

    def _interrupted(self) -> int:
        terminal.note("interrupted")
        if self.thread_id:
            thread = asyncio.run(self.runner.agent.store.get(self.thread_id))
            terminal.say_what_next(self.thread_id, thread)
        return INTERRUPTED

    async def _proceed(self, step: Step) -> Thread:
        await step(self)
        await self.runner.wait(self.thread_id)
        return await self.runner.agent.store.get(self.thread_id)

    async def launch(self, message: str) -> None:
        self.thread_id = await self.runner.launch(Trigger(type="user_input", data=message))
        terminal.note(f"thread {self.thread_id}")

    async def resume(self) -> None:
        await self.runner.resume(self.thread_id)

    async def say(self, said: Answer, call_id: str = "") -> None:
        """Answer this call or the one that waits; words to a thread that is done follow up."""
        thread = await self.runner.agent.store.get(self.thread_id)
        waits = call_id or (thread.awaiting.call_id if thread.awaiting else "")
        if waits:
            await self.runner.tell(self.thread_id, HumanResponse(call_id=waits, data=said))
        elif "response" in said:
            spoken = Trigger(type="user_input", data=said["response"])
            await self.runner.tell(self.thread_id, spoken)
        else:
            raise CannotFollow(f"no call waits for a yes: the thread is {thread.status}")


def open_agent() -> Agent:
    return build(load_settings(), terminal.show)
