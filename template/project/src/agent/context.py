"""Factors 3 and 9: what the model sees, and nothing else.

Every event becomes a tag with a YAML body. Text cannot forge a tag, secrets are redacted, and
errors that were overcome are left out.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import yaml

from .cache import Cache
from .events import (
    AnyEvent,
    Error,
    Expired,
    HumanContacted,
    ModelFailed,
    Postponed,
    Restarted,
    Resumed,
    Stopped,
    ToolCall,
    ToolResponse,
    ToolStarted,
)
from .history import over
from .redaction import our_secrets, redact

ContextFormat = Literal["xml", "json"]
BOOKKEEPING = {
    ToolStarted,
    HumanContacted,
    Postponed,
    ModelFailed,
    Restarted,
    Resumed,
    Stopped,
}
FAULTS = (Error, Expired)

# What is rendered of a thread is kept with it; this is for what begins anew. A character has four
# bytes at most.
_tags: Cache[tuple[str, str, frozenset[str]], str] = Cache(16_000_000)

# What could begin a tag, and what could be read as an escape of ours. `R&D` and the `&` of a URL
# stay as they are: the model copies what it reads into arguments.
FORGERY = re.compile(r"<|&(?=(amp;)*lt;)")
# BAML itself cuts a rendered prompt at these words, into roles and media that it would fetch.
BAML_MARK = re.compile(r"(?<=MAGIC)_(?=STRING_DELIMITER)")
# Controls but tab and newline, and what some readers take for the end of a line.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# In JSON a `<` can be written in another way, so that no tag of the prompt can be closed there.
IN_JSON = re.compile(f"<|{CONTROL.pattern}")


def serialize_for_llm(events: Sequence[AnyEvent], form: ContextFormat = "xml") -> str:
    """The whole thread as the model reads it. The same events give the same text, as long as the
    environment has the same secrets.
    """
    one_event = as_json_line if form == "json" else as_tag
    own = our_secrets()

    def lengthened(before: Context, new: Iterable[AnyEvent]) -> Context:
        settled, since = [before.settled] if before.settled else [], list(before.since)
        for event in new:
            if type(event) in BOOKKEEPING:
                continue
            since.append((BAML_MARK.sub("-", one_event(event, own)), isinstance(event, Error)))
            if isinstance(event, ToolResponse):
                settled += [line for line, is_error in since if not is_error]
                since = []
        return Context("\n".join(settled), tuple(since))

    whole = over(events, ("context", form, own), Context(), lengthened)
    return "\n".join(filter(None, (whole.settled, *(line for line, _ in whole.since))))


class Context(NamedTuple):
    """Up to the last result, which overcame the errors before it; and each event since, and
    whether it is an error.
    """

    settled: str = ""
    since: tuple[tuple[str, bool], ...] = ()


def as_tag(event: AnyEvent, own: frozenset[str]) -> str:
    """`<done_for_now>`: the tag is the intent or the kind of event, the body is YAML."""
    if isinstance(event, ToolCall):
        return tag(event.intent, event.arguments, own)
    return tag(event.type, event.data["message"] if isinstance(event, FAULTS) else event.data, own)


def tag(name: str, body: Any, own: frozenset[str]) -> str:
    key = name, repr(body), own
    if known := _tags.get(key):
        return known
    made = f"<{name}>\n{escape(as_yaml(redact(body, own)))}\n</{name}>"
    return _tags.keep(key, made, 4 * (len(key[1]) + len(made)))


def as_json_line(event: AnyEvent, own: frozenset[str]) -> str:
    """The other form that the guide compares."""
    line = json.dumps({"type": event.type, "data": redact(event.data, own)}, ensure_ascii=False)
    return IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def as_yaml(value: Any) -> str:
    """Text as it is, with its indentation; the rest as YAML, nested as deep as it goes."""
    match value:
        case str():
            return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", value.replace("\r\n", "\n"))
        case dict() | list():
            style: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 10**9}
            return str(yaml.dump(value, Dumper=BlockDumper, **style)).removesuffix("\n")
        case _:
            return json.dumps(value)


class BlockDumper(yaml.SafeDumper):
    """Texts of several lines as blocks; controls as escapes."""


def _text(dumper: BlockDumper, text: str) -> yaml.ScalarNode:
    style = '"' if CONTROL.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


BlockDumper.add_representer(str, _text)


def escape(body: str) -> str:
    return FORGERY.sub(lambda found: "&lt;" if found[0] == "<" else "&amp;", body)


def unescape(body: str) -> str:
    """The way back from `escape`."""
    return re.sub(r"&lt;|&amp;(?=(amp;)*lt;)", lambda f: "<" if f[0] == "&lt;" else "&", body)
