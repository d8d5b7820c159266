"""The threads of the token benchmark, as events of the generated agent: 2, 10 and 30 steps.

Only the decisions and what humans say is written here; every result is what the tool gives.
"""

# It runs where these are installed, which is not where it is type-checked.
# mypy: disable-error-code="import-not-found"

import asyncio
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from agent import events as happened
from agent.errors import format_error
from agent.events import AnyEvent
from agent.thread import Thread
from agent.tools import handle_next_step, parse_tool

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CASES = (
    ("A-1001", "electric kettle", 49.9, "B-2001", "notebook", 7.5),
    ("A-1002", "desk lamp", 120, "B-2002", "fountain pen", 24.9),
    ("A-1003", "toaster", 39.5, "B-2003", "sketchbook", 12.25),
)


class Story:
    """Events in the order in which they come, with ids that look like the agent's own."""

    def __init__(self, message: str) -> None:
        self.events: list[AnyEvent] = [happened.Trigger(type="user_input", data=message)]
        self.random = random.Random(12)
        self.steps = 0

    @property
    def thread(self) -> Thread:
        return Thread().append(*self.events, at=NOON)

    def decide(self, intent: str, **arguments: Any) -> happened.ToolCall:
        self.steps += 1
        call_id = str(UUID(int=self.random.getrandbits(128), version=4))
        call = happened.ToolCall(call_id=call_id, data={"intent": intent, **arguments})
        self.events.append(call)
        return call

    def tool(self, intent: str, **arguments: Any) -> Any:
        return self.run(self.decide(intent, **arguments))

    def approved(self, intent: str, **arguments: Any) -> Any:
        call = self.decide(intent, **arguments)
        yes = happened.HumanResponse(call_id=call.call_id, data={"approved": True})
        self.events += [yes, happened.ToolStarted(call_id=call.call_id)]
        return self.run(call)

    def ask(self, message: str, answer: str) -> None:
        call = self.decide("request_more_information", message=message)
        said = happened.HumanResponse(call_id=call.call_id, data={"response": answer})
        self.events.append(said)

    def run(self, call: happened.ToolCall) -> Any:
        try:
            result = asyncio.run(handle_next_step(parse_tool(call.data), call.call_id))
        except ValueError as error:
            data = {"message": format_error(error)}
            self.events.append(happened.Error(call_id=call.call_id, data=data))
            return None
        if isinstance(result, dict) and "at" in result:
            result["at"] = NOON.isoformat()  # the same fixture every time
        self.events.append(happened.ToolResponse(call_id=call.call_id, data=result))
        return result


def arithmetic() -> Story:
    story = Story("multiply 3 and 4, then add 12 to that result")
    story.tool("add", a=story.tool("multiply", a=3, b=4), b=12)
    return story


def returns(cases: int) -> Story:
    """Ten steps a case: sums, a question, a mistake that is overcome, two refunds."""
    wanted = CASES[:cases]
    named = ", ".join(f"{first} and {second}" for first, _, _, second, _, _ in wanted)
    story = Story(f"Settle these returns: {named}. Keep a tenth of the first order of each pair.")
    orders = dict(_orders(wanted))
    # The example verifies a refund against it.
    Path("orders.json").write_text(json.dumps(orders), "utf-8")
    story.events.append(happened.Prefetched(type="orders", data=orders))
    for case in wanted:
        _settle(story, *case)
    return story


def _orders(cases: tuple[Any, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for first, item, amount, second, other, price in cases:
        yield first, {"item": item, "amount": amount, "customer": "Ada", "status": "delivered"}
        yield second, {"item": other, "amount": price, "customer": "Ada", "status": "shipped"}


def _settle(story: Story, *case: Any) -> None:
    first, item, amount, second, other, price = case
    total = story.tool("add", a=amount, b=price)
    fee = story.tool("multiply", a=amount, b=0.1)
    kept = story.tool("subtract", a=amount, b=fee)
    story.approved("divide", a=kept, b=0)
    story.ask(f"In how many parts shall the refund of {first} be paid?", "in two parts")
    part = story.approved("divide", a=kept, b=2)
    whole = story.tool("multiply", a=part, b=2)
    why = f"the customer returned the {item}, restocking fee deducted"
    story.approved("process_refund", order_id=first, amount=whole, reason=why)
    rest = story.tool("subtract", a=total, b=amount)
    why = f"the {other} was damaged on arrival"
    story.approved("process_refund", order_id=second, amount=rest, reason=why)


def stories() -> dict[int, Story]:
    told = [arithmetic(), returns(1), returns(3)]
    return {story.steps: story for story in told}
