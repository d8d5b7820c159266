"""One test request: whether the model can be asked, and whether it answers with a step."""

import time
from datetime import UTC, datetime
from typing import Any

from ..context import ContextFormat
from ..events import ToolCall, Trigger
from ..thread import Thread
from .asking import Manner
from .clients import OFFLINE
from .next_step import determine_next_step
from .request import render

MESSAGE = "hello! this is a test, and nothing is asked of you"
RECORDED = ("model_requested", "model_served", "decoding", "input_tokens", "output_tokens", "reply")


async def try_model(model: str, form: ContextFormat, manner: Manner) -> dict[str, Any]:
    """What came back: a `step`, or the `problem` why there is none. Nothing is kept.

    Raises Unavailable where no request can be made.
    """
    place = None if model == OFFLINE else render("", model).place
    thread = Thread().append(Trigger(type="user_input", data=MESSAGE), at=datetime.now(UTC))
    began = time.monotonic()
    event = await determine_next_step(thread, model, form, manner)
    seconds = round(time.monotonic() - began, 3)
    record: dict[str, Any] = event.meta or {}
    is_step = isinstance(event, ToolCall)
    return {
        "model": model,
        "place": place,
        "seconds": seconds,
        **{name: record.get(name) for name in RECORDED},
        "step": event.data if is_step else None,
        "problem": None if is_step else record.get("problem") or event.data["message"],
    }
