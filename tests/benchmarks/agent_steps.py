"""The generated agent with its durable file store and its real model client, in its own process.

With `baml` as argument, BAML itself sends the request and reads the reply, as it did at first.
"""

# It runs where these are installed, which is not where it is type-checked.
# mypy: disable-error-code="import-not-found"

import asyncio
import os
import sys
from dataclasses import replace
from typing import Any
from uuid import uuid4

from agent import wiring
from agent.events import ToolCall, ToolResponse, Trigger
from agent.model import baml
from agent.model.asking import sha256
from agent.model.clients import options
from agent.model.next_step import rendered
from agent.model.signed import called
from agent.runner import advance
from agent.settings import Settings
from agent.thread import Thread
from agent.tools import parse_next_step
from baml_py import Collector
from steps import PORT, for_agent, report

os.environ |= for_agent(PORT)
MODEL = os.environ["AGENT_MODEL"]


async def run_thread(agent: wiring.Agent, message: str) -> int:
    trigger = Trigger(type="user_input", data=message)
    thread_id = await agent.store.create(Thread().append(trigger, at=agent.clock()))
    thread = await advance(thread_id, agent)
    assert thread.status == "done", thread.events[-1]
    return sum(isinstance(event, ToolResponse) for event in thread.events)


async def by_baml(thread: Thread) -> ToolCall:
    """BAML's own call and its own reading, with the same record of what was sent."""
    context, hashes = rendered(thread, "xml")
    collector: Any = Collector()
    reply = await called(context, {**options(MODEL), "collector": collector})
    body, usage = collector.last.calls[-1].http_request.body.text(), collector.last.usage
    tokens = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    data = parse_next_step(reply.model_dump()).model_dump(mode="json", exclude_none=True)
    meta = {"model": MODEL, "format": "xml", "request_sha256": sha256(body), **hashes, **tokens}
    return ToolCall(call_id=str(uuid4()), data=data, meta=meta)


def main() -> None:
    agent = wiring.build(Settings(), lambda thread_id, event: None)
    if "baml" in sys.argv:
        baml.generated("async_client")
        agent = replace(agent, determine_next_step=by_baml)
    with asyncio.Runner() as runner:
        report(lambda n: runner.run(run_thread(agent, f"add up the numbers from 1 to {n}")))


if __name__ == "__main__":
    main()
