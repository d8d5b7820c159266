"""Whether the model would be asked in the same words today, and if not, what changed."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from ..context import serialize_for_llm
from ..events import AnyEvent, Error, ModelFailed, ToolCall
from ..thread import Thread
from .asking import sha256
from .connection import Request
from .decoding import constrained
from .request import model_in, render

Verdict = Literal["same", "thread changed", "code changed", "prompt changed", "model changed"]


@dataclass(frozen=True)
class Replayed:
    event: AnyEvent
    verdict: Verdict

    @property
    def name(self) -> str:
        return self.event.intent if isinstance(self.event, ToolCall) else self.event.type


def replay(thread: Thread, model: str) -> list[Replayed]:
    """One verdict for each time that `model`, or the model of then, was asked.

    Raises Unavailable when the prompt cannot be rendered.
    """
    asked = [event for event in thread.events if is_recorded(event)]
    return [Replayed(event, verdict(thread, event, model)) for event in asked]


def is_recorded(event: AnyEvent) -> bool:
    kinds = ToolCall | Error | ModelFailed
    return isinstance(event, kinds) and "request_sha256" in (event.meta or {})


def verdict(thread: Thread, event: AnyEvent, model: str) -> Verdict:
    """Thread, then code, then prompt, then model: the first that gives another hash than then."""
    recorded: dict[str, Any] = event.meta or {}
    before = Thread(thread.events[: event.id])
    if recorded["thread_sha256"] != before.sha256:
        return "thread changed"
    context = serialize_for_llm(before.events, recorded["format"])
    if recorded["context_sha256"] != sha256(context):
        return "code changed"
    today = constrained(render(context, recorded["model"]), recorded.get("decoding", "off"))
    then, now = recorded.get("model_requested"), model_in(today)
    request = recorded.get("rendered_sha256") or recorded["request_sha256"]
    if request not in (sha256(today.body), sha256(asking_for(then, today))):
        return "prompt changed"
    has_changed = (then is not None and then != now) or recorded["model"] != model
    return "model changed" if has_changed else "same"


def asking_for(model: str | None, request: Request) -> str:
    """The body with this model's name in place of today's."""
    old, new = json.dumps(model_in(request)), json.dumps(model)
    return request.body.replace(f'"model":{old}', f'"model":{new}', 1)
