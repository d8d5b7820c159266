"""A thread and the human at the terminal: run it, ask in place, say what continues it."""

import asyncio

from ..events import Answer, AnyEvent, HumanResponse, Trigger
from ..parts import Agent
from ..runner import advance
from ..states import Status
from ..thread import CannotFollow, Thread
from . import screen

INTERRUPTED = 130
EXIT_CODES: dict[Status, int] = {
    "done": 0,
    "stopped": 0,
    "running": 1,
    "failed": 1,
    "awaiting_human_response": 3,
    "awaiting_human_approval": 3,
}


def converse(agent: Agent, thread_id: str) -> int:
    """Run the thread, and ask whoever is there until it ends; the exit code of the contract.

    Raises StoreError and CannotFollow.
    """
    try:
        thread = asyncio.run(advance(thread_id, agent))
        # Asked outside of asyncio, which would swallow the first Ctrl-C.
        while thread.awaiting and (said := screen.ask(thread.awaiting)):
            answer = HumanResponse(call_id=thread.awaiting.call_id, data=said)
            thread = asyncio.run(go_on(agent, thread_id, answer))
    except KeyboardInterrupt:
        screen.note("interrupted")
        screen.say_what_next(thread_id, asyncio.run(agent.store.get(thread_id)))
        return INTERRUPTED
    screen.say_what_next(thread_id, thread)
    return EXIT_CODES[thread.status]


async def go_on(agent: Agent, thread_id: str, event: AnyEvent) -> Thread:
    await agent.record(thread_id, event)
    return await advance(thread_id, agent)


async def answer(agent: Agent, thread_id: str, said: Answer, call_id: str = "") -> None:
    """Answer this call or the one that waits; words to a thread that is done follow up.

    Raises StoreError and CannotFollow.
    """
    thread = await agent.store.get(thread_id)
    waits = call_id or (thread.awaiting.call_id if thread.awaiting else "")
    if waits:
        await agent.record(thread_id, HumanResponse(call_id=waits, data=said))
    elif "response" in said:
        await agent.record(thread_id, Trigger(type="user_input", data=said["response"]))
    else:
        raise CannotFollow(f"no call waits for a yes: the thread is {thread.status}")
