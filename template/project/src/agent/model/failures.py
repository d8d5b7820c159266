"""What a refusal means: one line for whoever runs the agent, and whether it may pass by itself."""

import json
import re
from collections.abc import Iterable
from html import unescape
from typing import Any

from ..errors import format_error
from .connection import Response


class Unavailable(Exception):
    """The model could not be asked; one line says what to do."""


class TooLong(Unavailable):
    """The thread does not fit into the model, today or tomorrow."""


ADVICE = {
    400: "it refused the request",
    401: "the provider refused the key: check the provider's key in .env",
    402: "the provider wants to be paid: see to your account there",
    403: "the provider refused the key: check the provider's key in .env",
    404: "there is no such model or URL: check AGENT_MODEL and clients.baml",
    413: "the request is too large",
    422: "it refused the request",
    429: "too many requests, or no quota left",
}
STARTS = 20_000  # characters
FAULT = "the provider has a fault"
NO_MODEL = "what answered is no model: check the URL in clients.baml"
NOT_TAKEN = "the server does not take this AGENT_DECODING: with auto it need not"
TOO_LONG = (
    "the thread is too long for this model, and resuming will not help: take one with a larger"
    " context, lower max_tokens in clients.baml if it counts those too, or fork the thread at an"
    " earlier event"
)
PASSING = {408, 409, 425, 429, *range(500, 600)} - {501, 505}
QUOTA = re.compile(r"insufficient_quota|credit balance|billing|request too large", re.IGNORECASE)
LENGTH = re.compile(
    r"context_length_exceeded|(maximum|max|model.s|available) context|context (length|window|size)"
    r"|(prompt|input|request) is too long|too many (input )?tokens|input token count"
    r"|exceed\w{0,3} the (maximum )?(number of tokens|token limit)",
    re.IGNORECASE,
)
CONSTRAINT = re.compile(
    r"response_?(format|schema|json_?schema|mime_?type)|json_?(schema|object)|grammar|text\.format",
    re.IGNORECASE,
)


def passes(response: Response) -> bool:
    """Whether to ask again can help: a spent quota and a wrong request stay what they are."""
    if response.status not in PASSING or QUOTA.search(start_of(response)):
        return False
    return not (is_too_long(response) or refuses_constraint(response))


def is_too_long(response: Response) -> bool:
    return response.status in (400, 413, 422, 500) and bool(LENGTH.search(start_of(response)))


def refuses_constraint(response: Response) -> bool:
    """Whether it is the constraint on decoding that the server does not take."""
    return response.status in (400, 422, 500, 501) and bool(CONSTRAINT.search(start_of(response)))


def start_of(response: Response) -> str:
    """As much as an error needs to say what it is."""
    return response.body[:STARTS]


def explain(response: Response, secrets: Iterable[str] = ()) -> str:
    """What to do about this response, and the first words of what it says itself."""
    status, words = response.status, first_words(response.body)
    for secret in secrets:
        words = words.replace(secret, "[redacted]")
    if is_too_long(response):
        advice = TOO_LONG
    elif refuses_constraint(response):
        advice = NOT_TAKEN
    elif status < 300 and not message_in(response.body):
        advice = NO_MODEL
    else:
        advice = ADVICE.get(status, FAULT if status >= 500 else "it refused the request")
    said = f": {words}" if words else ""
    return f"{advice} ({status}{said})"


def first_words(body: str) -> str:
    """Of an error object its message, of a page its text; one line, without secrets."""
    text = message_in(body) or page_text(body)
    return format_error(ValueError(text[:2000]))[:200] if text.strip() else ""


def message_in(body: str) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if isinstance(found, list) and found:  # Google wraps its errors
        found = found[0]
    return first_text(found)


def first_text(value: Any) -> str:
    """The first text under one of the names that providers give it."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        for name in ("error", "message", "detail", "msg", "blockReason", "promptFeedback"):
            if text := first_text(value.get(name)):
                return text
    if isinstance(value, list):
        return "; ".join(filter(None, map(first_text, value[:3])))
    return ""


def page_text(body: str) -> str:
    """What a page says, its title first; a text is what it is."""
    page = re.sub(r"(?is)<(script|style)\b.*?(</\1>|$)|<!--.*?(-->|$)", " ", body[:STARTS])
    return unescape(re.sub(r"<[^<>]*>", " ", page))
