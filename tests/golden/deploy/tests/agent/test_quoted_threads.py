"""The threads that the prompt's tests quote are what the model would really be shown."""

import re
from textwrap import dedent
from typing import Any, get_args

import pytest
import yaml

from agent.context import serialize_for_llm, unescape
from agent.events import (
    AnyEvent,
    Error,
    Expired,
    HumanRequest,
    HumanResponse,
    Prefetched,
    ToolCall,
    ToolDeferred,
    ToolResponse,
    Trigger,
)
from agent.tools import NextStep

from .processes import HOME

PROMPT = HOME / "baml_src" / "agent.baml"
QUOTED = re.compile(r'^test (\w+) \{.*?thread #"\n(.*?)\n\s*"#', re.S | re.M)
TAG = re.compile(r"^<(\w+)>\n(.*?)\n</\1>$", re.S | re.M)
INTENTS = {step.model_fields["intent"].default for step in get_args(NextStep)}


def quoted() -> dict[str, str]:
    """The text of the thread in each test of the prompt."""
    return {name: dedent(text) for name, text in QUOTED.findall(PROMPT.read_text("utf-8"))}


def event(tag: str, body: str, first: bool) -> AnyEvent:
    """What happened, read off what is shown of it."""
    read: Any = yaml.safe_load(body)
    data = read if isinstance(read, dict | list | int | float | bool) else body
    match tag:
        case "tool_response":
            return ToolResponse(call_id="1", data=data)
        case "error":
            return Error(data={"message": body})
        case "human_response":
            return HumanResponse(call_id="1", data=read)
        case "human_request":
            return HumanRequest(call_id="1", data=read)
        case "tool_deferred":
            return ToolDeferred(call_id="1", data=read)
        case "expired":
            return Expired(call_id="1", data={"message": body})
        case _ if tag in INTENTS:
            return ToolCall(call_id="1", data={"intent": tag, **read})
        case _ if isinstance(read, dict) and not first:
            return Prefetched(type=tag, data=read)
    return Trigger(type=tag, data=body)


@pytest.mark.parametrize("text", quoted().values(), ids=quoted())
def test_a_quoted_thread_is_what_the_model_would_be_shown(text: str) -> None:
    events = [event(tag, unescape(body), not n) for n, (tag, body) in enumerate(TAG.findall(text))]
    assert serialize_for_llm(events) == text


def test_every_test_of_the_prompt_quotes_a_thread() -> None:
    tests = re.findall(r"^test (\w+)", PROMPT.read_text("utf-8"), re.M)
    assert list(quoted()) == tests
