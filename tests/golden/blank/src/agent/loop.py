"""Factor 8: the agent. Find what is next, do it, append the event, save; on one screen.

Everything it touches is passed in. The event is saved before anything is done about it, so the
thread can be paused, killed or taken up by another process between any two lines.
"""

from functools import partial
from typing import assert_never
from uuid import uuid4

from .boundary import ask_model, run_prefetch, run_tool
from .events import Error, HumanRequest, Question, Reason, Restarted, ToolCall, ToolStarted
from .parts import Agent
from .repetition import goes_in_circles
from .states import (
    MAX_STARTS,
    AskModel,
    BroughtDown,
    Finished,
    InDoubt,
    Refused,
    RunTool,
)
from .thread import Thread
from .waiting import Waiting


async def agent_loop(thread_id: str, agent: Agent) -> Thread:
    """Run until a human is needed or nothing is left to do. The caller holds the lease."""
    record = partial(agent.record, thread_id)
    thread = await agent.store.get(thread_id)
    while not agent.stopping.is_set():
        match thread.state:
            case AskModel() if request := limit_reached(thread, agent):
                thread = await record(request)
            case AskModel():
                if is_new(thread):
                    thread = await record(*await run_prefetch(thread, agent))
                if thread.status == "running":  # not stopped meanwhile
                    thread = await record(await ask_model(thread, agent))
            case RunTool(call, approved):
                if approved:
                    thread = await record(ToolStarted(call_id=call.call_id))
                    if not isinstance(thread.state, InDoubt):
                        continue  # the store was lost for a while, and others have gone on since
                thread = await record(*await run_tool(thread_id, call, approved, agent))
            case InDoubt(call):
                question = f"{call.intent} was started and left no result: run it again?"
                thread = await record(ask_human("in_doubt", question))
            case Refused(call):
                done = "was refused, or changed by a human, and is proposed again as it was"
                question = f"{call.intent} {done}: what now?"
                thread = await record(ask_human("repeated", question))
            case BroughtDown(call):
                thread = await record(ask_human("restarts", nothing_came(call)))
            case Waiting() | Finished():
                return thread
            case never:
                assert_never(never)
    return thread


def is_new(thread: Thread) -> bool:
    """The first message, and nothing that came of it."""
    return all(isinstance(event, Restarted) for event in thread.events[1:])


def nothing_came(call: ToolCall | None) -> str:
    amid = f", amid {call.intent}" if call else ""
    return f"{MAX_STARTS} times the process ended before anything came of it{amid}: what now?"


def limit_reached(thread: Thread, agent: Agent) -> HumanRequest | None:
    """Factors 9 and 10: an agent that spins asks for help."""
    if thread.errors_in_a_row >= agent.max_errors:
        count, last = thread.errors_in_a_row, last_error(thread)
        return ask_human("errors", f"{count} errors in a row: what now? The last: {last}")
    if thread.size > agent.max_thread_size:
        limit = f"{agent.max_thread_size:,} characters that AGENT_MAX_THREAD_SIZE allows"
        return ask_human("size", f"more has happened than the {limit}: stop it, or fork it earlier")
    if thread.steps >= agent.max_steps:
        return ask_human("steps", f"{thread.steps} steps and not done: what now?")
    if call := goes_in_circles(thread.events):
        return ask_human("repeated", f"{call.intent} gave the same again and again: what now?")
    return None


def last_error(thread: Thread) -> str:
    """As people are told it."""
    *_, error = (event for event in thread.events if isinstance(event, Error))
    return str((error.meta or {}).get("problem") or error.data["message"])


def ask_human(reason: Reason, question: str) -> HumanRequest:
    data: Question = {"reason": reason, "question": question}
    return HumanRequest(call_id=str(uuid4()), data=data)
