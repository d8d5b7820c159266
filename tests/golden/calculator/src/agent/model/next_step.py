"""Factors 1 and 2: the model is asked here, with our own prompt."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import uuid4

from ..aside import aside
from ..context import ContextFormat
from ..events import Error, ModelFailed, Restarted, ToolCall
from ..thread import Thread
from ..tools import NextStep
from .asking import Manner, ask, sha256, stand_in
from .clients import OFFLINE
from .completion import Completion
from .failures import TooLong, Unavailable
from .json_text import NoStep
from .reply import read_reply
from .request import render
from .schema import unwrapped
from .step import read_step

PLAIN = Manner()
MAX_KEPT = 20_000  # characters of a reply that was no step


LENGTH = re.compile(r"|.*(length|token|window|incomplete).*", re.IGNORECASE)


class CutOff(NoStep):
    """Its end is missing, whatever its beginning may look like."""

    advice = "answer with the JSON object alone, and keep its texts short"
    hint = "raise max_tokens in clients.baml if replies need more"

    def __init__(self, end: str) -> None:
        super().__init__(f"it was cut off ({end or 'no reason given'})")


class HeldBack(NoStep):
    """It was ended for another reason than its length: a filter, a refusal, a tool of theirs."""

    hint = "look that up with the provider; a larger max_tokens does not help"

    def __init__(self, end: str) -> None:
        super().__init__(f"it was not ended by the model ({end})")


async def determine_next_step(
    thread: Thread, model: str, form: ContextFormat, manner: Manner = PLAIN
) -> ToolCall | Error | ModelFailed:
    """Ask the model what to do, and return its answer as the event that it is.

    `model` is `offline`, a client in `clients.baml`, or a shorthand such as `openai/gpt-5-mini`.
    """
    context, hashes = await aside(thread.size, rendered, thread, form)
    meta: dict[str, Any] = {"model": model, "format": form, **hashes}
    if failed := await too_long_before(thread, context, meta):
        return failed
    try:
        completion = await ask(context, model, manner, meta)
    except TooLong as error:
        same = await aside(len(context), fingerprint, context, model)
        return ModelFailed(data={"message": f"{model}: {error}"}, meta=meta | {"too_long": same})
    except Unavailable as error:
        return ModelFailed(data={"message": f"{model}: {error}"}, meta=meta)
    try:
        size = thread.size + len(completion.text)
        step = await aside(size, step_in, completion, said_in(thread))
    except NoStep as fault:
        return no_step(fault, completion, meta)
    data = step.model_dump(mode="json", exclude_none=True)
    return ToolCall(call_id=str(uuid4()), data=data, meta=meta)


def rendered(thread: Thread, form: ContextFormat) -> tuple[str, dict[str, str]]:
    """What the model will see, and the hashes that prove what it was made of."""
    context = thread.serialize_for_llm(form)
    return context, {"context_sha256": sha256(context), "thread_sha256": thread.sha256}


async def too_long_before(thread: Thread, context: str, meta: dict[str, Any]) -> ModelFailed | None:
    """The failure that a thread was resumed from, if it is known that it would fail again: the same
    would be asked of the same address.
    """
    latest = (event for event in reversed(thread.events) if not isinstance(event, Restarted))
    failures = [event for event in [*islice(latest, 2)][::-1] if isinstance(event, ModelFailed)]
    known = {(failed.meta or {}).get("too_long"): failed for failed in failures}
    if not known.keys() - {None}:
        return None
    now = await aside(len(context), fingerprint, context, meta["model"])
    failed = known.get(now) if now else None
    return failed and ModelFailed(data=failed.data, meta=meta | {"too_long": now})


def fingerprint(context: str, model: str) -> str | None:
    """Of the request that would be made. None if none can be: then that is told."""
    try:
        request = render(context, model)
    except Unavailable:
        return None
    return sha256(f"{request.url}\n{request.body}")


def step_in(completion: Completion, shown: Iterable[str]) -> NextStep:
    """The step that it is; what is a quotation of what was shown is none. Raises NoStep."""
    if not completion.is_whole:
        end = " ".join(completion.end.split())[:50]
        raise CutOff(end) if LENGTH.fullmatch(end) else HeldBack(end)
    return read_step(unwrapped(read_reply(completion.text, shown)))


def said_in(thread: Thread) -> Iterator[str]:
    """Every text that came from somebody else than the model."""
    for event in thread.events:
        if not isinstance(event, ToolCall):
            yield from texts(event.data)


def texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield json.dumps(value, ensure_ascii=False)
            yield from texts(list(value.values()))
        case list():
            for item in value:
                yield from texts(item)


def no_step(fault: NoStep, completion: Completion, meta: dict[str, Any]) -> Error:
    """In two voices. The model does not read its own reply again: it would repeat it."""
    hint = f": {fault.hint}" if fault.hint else ""
    told = {"problem": f"the reply was no step: {fault}{hint}", "reply": completion.text[:MAX_KEPT]}
    message = f"your last reply was no step: {fault}; {fault.advice}"
    return Error(data={"message": message}, meta=meta | told)


def note_on(model: str) -> str:
    """What whoever runs the agent should know about its model. Raises Unavailable if it is gone."""
    return str(stand_in().NOTE) if model == OFFLINE else ""
