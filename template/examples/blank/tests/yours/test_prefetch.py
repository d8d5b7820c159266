"""What is looked up before the model is asked: nothing, so that no thread pays for it."""

import asyncio

from agent.prefetch import prefetch

from ..agent.scripted import said, thread_of


def test_nothing_is_looked_up() -> None:
    assert asyncio.run(prefetch(thread_of(said("note shopping: milk")))) == []
