"""A model is asked, real or not: one request, constrained if the server takes that, one answer."""

import asyncio
import hashlib
import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..aside import aside
from ..settings import Decoding
from .clients import OFFLINE, is_sent_by_baml, lacking
from .completion import Completion, NoCompletion, read_completion
from .connection import Request, Response
from .decoding import constrained, remember, ways
from .failures import TooLong, Unavailable, explain, is_too_long, refuses_constraint
from .request import model_in, render
from .sending import send


def unheard(line: str) -> None:
    """Nobody looks on."""


@dataclass(frozen=True)
class Manner:
    """How a model is asked: constrained or not, within how many seconds, and who hears of it."""

    decoding: Decoding = "auto"
    limit: float = 120.0
    say: Callable[[str], None] = unheard


async def ask(context: str, model: str, manner: Manner, record: dict[str, Any]) -> Completion:
    """What the model answers. Raises Unavailable.

    The record gets what is known of request and response as soon as it is, so that it is there
    when something goes wrong as well.
    """
    if model == OFFLINE:
        return await aside(len(context), ask_offline, context, record)
    if faults := lacking(model):
        raise Unavailable(f"{'; '.join(faults)}: see .env.example")
    if is_sent_by_baml(model):
        from .signed import send_through_baml

        # What is sent has more in it, and a replay has not.
        rendered = await aside(len(context), render, context, model)
        record |= {"rendered_sha256": sha256(rendered.body)}
        request, response = await send_through_baml(context, model, manner.limit)
        record |= request_record(request)
    else:
        request, response = await exchange(
            await aside(len(context), render, context, model), manner, record
        )
    return completion_in(request, response, record)


def completion_in(request: Request, response: Response, record: dict[str, Any]) -> Completion:
    """Raises Unavailable, and TooLong."""
    if is_too_long(response):
        raise TooLong(explain(response, request.secrets))
    if response.status != 200:
        raise Unavailable(explain(response, request.secrets))
    try:
        return noted(read_completion(response.body), record)
    except NoCompletion:
        raise Unavailable(explain(response, request.secrets)) from None


async def exchange(
    plain: Request, manner: Manner, record: dict[str, Any]
) -> tuple[Request, Response]:
    """The request that the server took, and its response."""
    until = asyncio.get_running_loop().time() + manner.limit
    to_try = ways(manner.decoding, plain)
    for way in to_try:
        request = await aside(len(plain.body), constrained, plain, way)
        record |= request_record(request) | {"decoding": way}
        response = await send(request, manner.limit, manner.say, until)
        if way == to_try[-1] or not refuses_constraint(response):
            break
    if manner.decoding == "auto" and response.status == 200:
        remember(plain, way)
    return request, response


def ask_offline(context: str, record: dict[str, Any]) -> Completion:
    """The same prompt and the same reading; only the model between them is a set of rules."""
    request = render(context, OFFLINE)
    record |= request_record(request)
    messages = json.loads(request.body)["messages"]
    text = stand_in().reply("\n".join(message["content"] for message in messages))
    return noted(Completion(text, "stop", OFFLINE, 0, 0), record)


def stand_in() -> Any:
    """The rules that play the model. Raises Unavailable where they were deleted."""
    room = f"{__package__.rpartition('.')[0]}.offline"
    try:
        return importlib.import_module(room)
    except ModuleNotFoundError as error:
        if error.name != room:
            raise
        problem = "the rules that play the model were deleted: set AGENT_MODEL to a model"
        raise Unavailable(problem) from None


def request_record(request: Request) -> dict[str, Any]:
    return {"request_sha256": sha256(request.body), "model_requested": model_in(request)}


def noted(completion: Completion, record: dict[str, Any]) -> Completion:
    tokens = {"input_tokens": completion.input_tokens, "output_tokens": completion.output_tokens}
    record |= {"model_served": completion.model, **tokens}
    return completion


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
