"""The generated agent with its durable file store and its real model client, in its own process."""

# It runs where these are installed, which is not where it is type-checked.
# mypy: disable-error-code="import-not-found"

import asyncio
import os

from agent import wiring
from agent.events import ToolResponse, Trigger
from agent.runner import advance
from agent.settings import Settings
from agent.thread import Thread
from steps import URL, report

os.environ |= {
    "OPENAI_COMPATIBLE_URL": URL,
    "OPENAI_COMPATIBLE_MODEL": "scripted",
    "OPENAI_COMPATIBLE_KEY": "none",
    "AGENT_MODEL": "OpenAICompatible",
    "AGENT_MAX_STEPS": "1000",
}


async def run_thread(agent: wiring.Agent, message: str) -> int:
    trigger = Trigger(type="user_input", data=message)
    thread_id = await agent.store.create(Thread().append(trigger, at=agent.clock()))
    thread = await advance(thread_id, agent)
    assert thread.status == "done", thread.events[-1]
    return sum(isinstance(event, ToolResponse) for event in thread.events)


def main() -> None:
    agent = wiring.build(Settings(), lambda thread_id, event: None)
    with asyncio.Runner() as runner:
        report(lambda n: runner.run(run_thread(agent, f"add up the numbers from 1 to {n}")))


if __name__ == "__main__":
    main()
