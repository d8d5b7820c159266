"""Factors 1 and 2: the model is asked here, with our own prompt."""

import hashlib
import importlib
import json
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from ..context import ContextFormat
from ..errors import format_error
from ..events import Error, ModelFailed, ToolCall
from ..thread import Thread
from ..tools import parse_next_step
from . import baml
from .failures import explain

OFFLINE = "offline"


class Unusable(ValueError):
    """The model answered, but not with a step."""


async def determine_next_step(
    thread: Thread, model: str, form: ContextFormat
) -> ToolCall | Error | ModelFailed:
    """Ask the model what to do, and return its answer as the event that it is.

    `model` is `offline`, a client in `clients.baml`, or a shorthand such as `openai/gpt-5-mini`.
    """
    context = thread.serialize_for_llm(form)
    meta = {"model": model, "format": form, "context_sha256": sha256(context)}
    meta["thread_sha256"] = sha256("\n".join(thread.dump()))
    try:
        reply, used = await (ask_offline(context) if model == OFFLINE else ask(context, model))
        step = parse_next_step(reply)
    except (Unusable, ValidationError) as error:
        message = f"answer with one JSON object of the schema, not with: {format_error(error)}"
        return Error(data={"message": message}, meta=meta)
    except baml.Unavailable as error:
        return ModelFailed(data={"message": f"{model}: {error}"})
    data = step.model_dump(mode="json", exclude_none=True)
    return ToolCall(call_id=str(uuid4()), data=data, meta=meta | used)


async def ask(context: str, model: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """One call of a real model: the step, and for the record what was sent and what it cost."""
    from baml_py import Collector, errors  # a quarter of a second, so not before it is needed

    collector: Any = Collector()
    try:
        step = await baml.call(context, model, collector)
    except errors.BamlValidationError as error:
        raise Unusable(error.raw_output) from None
    except errors.BamlError as error:
        raise baml.Unavailable(explain(error)) from None
    sent, tokens = collector.last.calls[-1].http_request.body.text(), collector.last.usage
    return step.model_dump(), usage(sent, tokens.input_tokens, tokens.output_tokens)


async def ask_offline(context: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same prompt and the same parser; only the model between them is a set of rules."""
    from baml_py import errors

    request = await render(context, OFFLINE)
    reply = stand_in().reply(prompt_of(request))
    try:
        step = baml.client().parse.DetermineNextStep(reply)
    except errors.BamlError as error:
        raise Unusable(str(error)) from None
    return step.model_dump(), usage(request, 0, 0)


def stand_in() -> Any:
    """The rules that play the model. Raises Unavailable where they were deleted."""
    room = f"{__package__.rpartition('.')[0]}.offline"
    try:
        return importlib.import_module(room)
    except ModuleNotFoundError as error:
        if error.name != room:
            raise
        raise baml.Unavailable("no model is set: set AGENT_MODEL, as .env.example says") from None


def note_on(model: str) -> str:
    """What whoever runs the agent should know about its model. Raises Unavailable if it is gone."""
    return str(stand_in().NOTE) if model == OFFLINE else ""


async def render(context: str, model: str) -> str:
    """The body of the exact request for this context; nothing is sent."""
    from baml_py import errors

    name = "Offline" if model == OFFLINE else model
    try:
        options = {**baml.client_options(name), "env": baml.environment()}
        request = await baml.client().request.DetermineNextStep(context, options)
    except errors.BamlError as error:
        raise baml.Unavailable(explain(error)) from None
    return str(request.body.text())


def prompt_of(request: str) -> str:
    return "\n".join(message["content"] for message in json.loads(request)["messages"])


def usage(request: str, input_tokens: int | None, output_tokens: int | None) -> dict[str, Any]:
    tokens = {"input_tokens": input_tokens, "output_tokens": output_tokens}
    return {"request_sha256": sha256(request), **tokens}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
