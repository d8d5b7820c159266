"""Requests that must be signed are sent by BAML itself, and so are those of its strategies.

There BAML's own parser reads the reply before ours does; what it makes of it is not looked at.
"""

import asyncio
from typing import Any

from . import baml
from .clients import options
from .connection import Request, Response
from .failures import Unavailable
from .request import words_of


async def send_through_baml(context: str, model: str, limit: float) -> tuple[Request, Response]:
    """What was sent and what came back. Raises Unavailable."""
    from baml_py import Collector, errors

    collector: Any = Collector()
    try:
        async with asyncio.timeout(limit):
            await called(context, {**options(model), "collector": collector})
    except TimeoutError:
        raise Unavailable(f"no answer within {limit:g} s: AGENT_MODEL_TIMEOUT") from None
    except errors.BamlValidationError:
        pass  # there was a reply, and that is all that is wanted here
    except errors.BamlError as error:
        if not has_answer(collector):
            raise Unavailable(words_of(error)) from None
    sent = collector.last.calls[-1]
    request = Request(sent.http_request.url, {}, sent.http_request.body.text())
    return request, Response(sent.http_response.status, sent.http_response.body.text())


def has_answer(collector: Any) -> bool:
    """Whether somebody answered: then that says what is wrong better than BAML does."""
    calls = collector.last.calls if collector.last else []
    return bool(calls and calls[-1].http_request and calls[-1].http_response)


async def called(context: str, how: dict[str, Any]) -> Any:
    """A call that is cancelled is aborted: its thread must not outlive the interpreter."""
    from baml_py import AbortController

    abort = AbortController()
    call = baml.generated("async_client").b.DetermineNextStep
    answer = asyncio.ensure_future(call(context, {**how, "abort_controller": abort}))
    try:
        return await asyncio.shield(answer)
    except asyncio.CancelledError:
        abort.abort()
        await asyncio.wait([answer], timeout=2)
        if answer.done() and not answer.cancelled():
            answer.exception()  # looked at; else it would be told with a traceback
        raise
