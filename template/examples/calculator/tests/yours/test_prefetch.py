"""What is looked up before the model is asked saves a round trip, and a tool in the prompt."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from agent.events import AnyEvent, Prefetched
from agent.model.request import render
from agent.prefetch import MOST, prefetch
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread

from ..agent.processes import HOME, SOURCES, python
from ..agent.scripted import (
    DONE,
    QUESTION,
    agent_of,
    answer,
    begin,
    decided,
    go_on,
    nothing,
    said,
    yes,
)

ORDERS = {"A-1001": {"item": "kettle", "amount": 49.9}, "B-2001": {"item": "lamp", "amount": 120}}
REFUND = {"intent": "process_refund", "order_id": "A-1001", "amount": 49.9, "reason": "broken"}
LOOK_UP = """class LookUpOrder {
  intent "look_up_order"
  order_id string
}

"""
RENDER = """
import asyncio
from agent.model.request import render
print(render("the thread", "offline").body)
"""


@pytest.fixture(autouse=True)
def orders() -> None:
    Path("orders.json").write_text(json.dumps(ORDERS), "utf-8")


def fetched(message: str) -> list[Any]:
    return [event.data for event in asyncio.run(prefetch(Thread((said(message),))))]


def test_the_orders_that_a_message_names_are_looked_up() -> None:
    assert fetched("refund A-1001, it is broken") == [{"A-1001": ORDERS["A-1001"]}]
    assert fetched("a-1001 and B-2001 and a-1001.") == [ORDERS]
    assert fetched("refund Z-9999") == [{"Z-9999": "no such order"}]


@pytest.mark.parametrize("order", ["A-7", "A-77", "ABC-123456789012"])
def test_an_order_id_has_no_particular_length(order: str) -> None:
    Path("orders.json").write_text(json.dumps({order: ORDERS["A-1001"]}), "utf-8")
    assert fetched(f"refund order {order}, it is broken") == [{order: ORDERS["A-1001"]}]


def test_a_message_that_names_too_many_orders_has_some_of_them_looked_up() -> None:
    [found] = fetched(" ".join(f"A-{number}" for number in range(1000, 12000)))
    assert list(found)[:2] == ["A-1000", "A-1001"]
    assert len(found) == MOST + 1
    assert f"{11000 - MOST} more" in found["not looked up"]


@pytest.mark.parametrize("message", ["refund my kettle", "add 3 and 4", "", "a size-1000 box"])
def test_without_an_order_nothing_is_looked_up(message: str) -> None:
    Path("orders.json").unlink()
    assert fetched(message) == []


def model_calls(store: FileSystemThreadStore, before: Any) -> int:
    """How often the model is asked until the refund is paid."""
    asked = []

    async def model(thread: Thread) -> AnyEvent:
        """Asks for the amount if the order is not there, as the prompt says."""
        asked.append(thread)
        if any(call.intent == REFUND["intent"] for call in thread.calls):
            return decided(DONE, "done")
        known = any(isinstance(event, Prefetched) for event in thread.events)
        return decided(REFUND, "refund") if known or thread.calls else decided(QUESTION, "asks")

    agent = agent_of(store, model, prefetch=before)
    thread_id, thread = begin(agent, said("refund A-1001, it is broken"))
    while thread.awaiting:
        call_id = thread.awaiting.call_id
        said_now = yes(call_id) if thread.awaiting_human_approval else answer(call_id, "49.9")
        thread = go_on(agent, thread_id, said_now)
    assert thread.status == "done"
    return len(asked)


def test_a_refund_takes_one_model_call_less(store: FileSystemThreadStore) -> None:
    """And a question to the human less."""
    assert model_calls(store, prefetch) == 2
    assert model_calls(store, nothing) == 3


@pytest.mark.parametrize("content", [None, "{torn"])
def test_an_order_system_that_is_away_is_an_error(
    content: str | None, store: FileSystemThreadStore
) -> None:
    Path("orders.json").unlink()
    if content:
        Path("orders.json").write_text(content, "utf-8")

    async def model(thread: Thread) -> AnyEvent:
        return decided(DONE)

    _, thread = begin(agent_of(store, model, prefetch=prefetch), said("refund A-1001"))
    assert [event.type for event in thread.events] == ["user_input", "error", "tool_call"]


def test_a_tool_that_nobody_needs_is_not_in_the_prompt(tmp_path: Path) -> None:
    """The same prompt with a tool that looks orders up has the tool in it, and is longer."""
    without = render("the thread", "offline").body
    shutil.copytree(HOME / "baml_src", tmp_path / "baml_src")
    ignored = shutil.ignore_patterns("baml_client", "__pycache__")
    shutil.copytree(SOURCES / "agent", tmp_path / "src" / "agent", ignore=ignored)
    tools = tmp_path / "baml_src" / "tools.baml"
    union = tools.read_text("utf-8").replace("type Tool =", f"{LOOK_UP}type Tool = LookUpOrder |")
    tools.write_text(union, "utf-8")
    other = python(RENDER, sources=tmp_path / "src")
    assert other.stdout
    with_it = other.stdout.read()
    assert "look_up" not in without
    assert "look_up_order" in with_it
    assert len(with_it) > len(without) + len("look_up_order")
