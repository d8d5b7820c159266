"""From the prompt to the reply: what a model would be sent goes in, its raw text comes out."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from ..context import unescape
from .story import Story

TAG = re.compile(r"^<([a-z]\w*)>\n(.*?)\n</\1>$", re.DOTALL | re.MULTILINE)
TEXTS = ("user_input", "error", "expired")  # their bodies are texts, whatever they look like


def reply(prompt: str) -> str:
    """The raw text of a model's reply to this prompt: JSON, the same for the same context."""
    story = Story()
    for kind, data in events(context_of(prompt)):
        story.read(kind, data)
    return json.dumps(story.next_step(), ensure_ascii=False)


def context_of(prompt: str) -> str:
    """Between the first `<thread>` and the last `</thread>`: what people write may hold either."""
    inside = prompt.partition("<thread>\n")[2]
    return inside.rpartition("\n</thread>")[0]


def events(context: str) -> Iterator[tuple[str, Any]]:
    """Each event's tag and body, in both formats, numbers as text; what is no event is left out."""
    if not context.startswith("{"):
        for tag, body in TAG.findall(context):
            yield tag, unescape(body) if tag in TEXTS else from_yaml(unescape(body))
        return
    for line in context.split("\n"):
        try:
            event = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
            kind, data = str(event["type"]), event["data"]
            tag = str(data["intent"]) if kind == "tool_call" else kind
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        yield tag, data


def from_yaml(body: str) -> Any:
    """An object, or the text itself. The loader in C would crash on ten thousand brackets."""
    try:
        value = yaml.load(body, yaml.BaseLoader) if ":" in body else body
    except (yaml.YAMLError, RecursionError):
        return body
    return value if isinstance(value, dict) else body
