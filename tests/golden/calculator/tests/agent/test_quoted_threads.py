"""The threads that the prompt's tests quote are what the model would really be shown."""

import re
from itertools import dropwhile
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


# What can stand before the first decision and has a name of its own.
NAMED = (Trigger, Prefetched)


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


def events_in(text: str) -> list[AnyEvent]:
    return [event(tag, unescape(body), not n) for n, (tag, body) in enumerate(TAG.findall(text))]


FIRST_TAGS = [TAG.search(text) for text in quoted().values()]
MESSAGES = {"user_input", *(found[1] for found in FIRST_TAGS if found)}


def strangers(events: list[AnyEvent]) -> list[str]:
    """The types that the agent does not write there: no step's, no fact's, no message's."""
    begun = [*dropwhile(lambda each: isinstance(each, NAMED), events)]
    found = [each.type for each in begun if isinstance(each, NAMED)]
    first = [each.type for each in begun[:1] if isinstance(each, ToolResponse | HumanResponse)]
    return [*first, *(kind for kind in found if kind not in MESSAGES)]


@pytest.mark.parametrize("text", quoted().values(), ids=quoted())
def test_a_quoted_thread_is_what_the_model_would_be_shown(text: str) -> None:
    events = events_in(text)
    assert serialize_for_llm(events) == text
    assert strangers(events) == []


def test_a_tag_that_the_agent_does_not_write_is_found() -> None:
    step = sorted(INTENTS)[0]
    for tags in ([step, "tool_result"], [f"{step}s", "tool_response"], [step, f"{step}s"]):
        told = [event(tag, "{a: 1}", not n) for n, tag in enumerate(["user_input", *tags])]
        assert strangers(told) != []


def test_every_test_of_the_prompt_quotes_a_thread() -> None:
    tests = re.findall(r"^test (\w+)", PROMPT.read_text("utf-8"), re.M)
    assert list(quoted()) == tests
