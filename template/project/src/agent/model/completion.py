"""What a provider's response says: the text, how it ended, by which model, for how many tokens.

Its shape is told by its keys: OpenAI's chat completions and all that speak like them, OpenAI's
responses, Anthropic's messages, Google's `generateContent`, Amazon's `converse`.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .connection import Response

# How a reply ends that the model ended itself. Whatever else is said, or nothing: it was cut off.
ENDS = {"stop", "end_turn", "stop_sequence", "STOP", "completed", "COMPLETE", "eos", "eos_token"}

TEXTS = {"text", "output_text", None}  # of Google's and Amazon's parts, the keys are the types


class NoCompletion(ValueError):
    """The response is no model's."""


@dataclass(frozen=True)
class Completion:
    """`end` is the provider's own word, or empty. Tokens are None where nobody counted them."""

    text: str
    end: str
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def is_whole(self) -> bool:
        return self.end in ENDS


def read_completion(body: str) -> Completion:
    """Raises NoCompletion for an error, a page, and a shape that no model's response has."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise NoCompletion(body) from None
    if not isinstance(data, dict) or data.get("error"):
        raise NoCompletion(body)
    for key, read in SHAPES.items():
        if key in data:
            try:
                return sanitized(read(data))
            except (LookupError, TypeError, AttributeError, ValueError):
                break
    raise NoCompletion(body)


def sanitized(completion: Completion) -> Completion:
    """What is about the text is of its type, or unknown: it is compared, added up and kept."""
    counts = (completion.input_tokens, completion.output_tokens)
    return Completion(
        completion.text,
        completion.end if isinstance(completion.end, str) else "",
        completion.model if isinstance(completion.model, str) else None,
        *(count if type(count) is int and 0 <= count < 2**53 else None for count in counts),
    )


def as_meant(response: Response) -> Response:
    """Some send every error with status 200, and what it would have been inside."""
    if response.status != 200 or '"error"' not in response.body:
        return response
    try:
        return replace(response, status=status_in(json.loads(response.body)) or 200)
    except (ValueError, RecursionError):
        return response


def status_in(data: Any) -> int | None:
    """In the error or beside it, a number or a text; Google puts its errors into a list."""
    found = data[0] if isinstance(data, list) and data else data
    error = found.get("error") if isinstance(found, dict) else None
    holders = [each for each in (error, found) if error and isinstance(each, dict)]
    codes = [str(each.get(name)) for each in holders for name in ("code", "status")]
    return next((int(code) for code in codes if re.fullmatch("[45][0-9][0-9]", code)), None)


def chat(data: dict[str, Any]) -> Completion:
    [choice] = data["choices"]
    message, usage = choice["message"], data.get("usage") or {}
    refusal = message.get("refusal")
    return Completion(
        str(refusal) if refusal else joined(message.get("content")),
        "refusal" if refusal else choice.get("finish_reason") or "",
        data.get("model"),
        usage.get("prompt_tokens"),
        usage.get("completion_tokens"),
    )


def response(data: dict[str, Any]) -> Completion:
    messages = [item for item in data["output"] if item["type"] == "message"]
    parts = [part for message in messages for part in message["content"]]
    why = (data.get("incomplete_details") or {}).get("reason")
    refused = any(part["type"] == "refusal" for part in parts)
    return Completion(
        joined(parts),
        "refusal" if refused else why or data.get("status") or "",
        data.get("model"),
        *counted(data),
    )


def message(data: dict[str, Any]) -> Completion:
    return Completion(
        joined(data["content"]), data.get("stop_reason") or "", data.get("model"), *counted(data)
    )


def candidate(data: dict[str, Any]) -> Completion:
    [found] = data["candidates"]
    usage = data.get("usageMetadata") or {}
    spoken = usage.get("candidatesTokenCount")
    return Completion(
        joined((found.get("content") or {}).get("parts") or []),
        found.get("finishReason") or "",
        data.get("modelVersion"),
        usage.get("promptTokenCount"),
        spoken if spoken is None else spoken + (usage.get("thoughtsTokenCount") or 0),
    )


def converse(data: dict[str, Any]) -> Completion:
    usage = data.get("usage") or {}
    text = joined(data["output"]["message"]["content"])
    tokens = usage.get("inputTokens"), usage.get("outputTokens")
    return Completion(text, data["stopReason"], None, *tokens)


SHAPES: dict[str, Callable[[dict[str, Any]], Completion]] = {
    "choices": chat,
    "stopReason": converse,
    "output": response,
    "content": message,
    "candidates": candidate,
}


def joined(content: Any) -> str:
    """The text of a message, without the parts that hold its thinking or anything else."""
    if isinstance(content, str) or content is None:
        return content or ""
    said = [part for part in content if part.get("type") in TEXTS and not part.get("thought")]
    return "".join(part["text"] for part in said if isinstance(part.get("text"), str))


def counted(data: dict[str, Any]) -> tuple[int | None, int | None]:
    """Tokens in, those from a cache as well, and out."""
    usage = data.get("usage") or {}
    cached = [usage.get(f"cache_{what}_input_tokens") or 0 for what in ("creation", "read")]
    read = usage.get("input_tokens")
    return read if read is None else read + sum(cached), usage.get("output_tokens")
