"""What providers send, after their documentation: the text, the end, the model and the tokens."""

import json
from typing import Any

import pytest

from agent.model.completion import Completion, NoCompletion, read_completion
from agent.model.connection import Response
from agent.model.failures import explain, message_in

CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-5-mini-2025-08-07",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hi", "refusal": None},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
}
RESPONSES = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "model": "gpt-5",
    "output": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "hi", "annotations": []}]},
    ],
    "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
}
ANTHROPIC = {
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5-20250929",
    "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "hi"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 1, "cache_read_input_tokens": 2, "output_tokens": 4},
}
GOOGLE = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [{"text": "hm", "thought": True}, {"text": "hi"}],
            },
            "finishReason": "STOP",
            "index": 0,
        }
    ],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1, "thoughtsTokenCount": 3},
    "modelVersion": "gemini-2.5-flash",
}
AMAZON = {
    "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7},
}


def read(data: Any) -> Completion:
    return read_completion(json.dumps(data))


@pytest.mark.parametrize(
    ("data", "end", "model"),
    [
        (CHAT, "stop", "gpt-5-mini-2025-08-07"),
        (RESPONSES, "completed", "gpt-5"),
        (ANTHROPIC, "end_turn", "claude-sonnet-4-5-20250929"),
        (GOOGLE, "STOP", "gemini-2.5-flash"),
        (AMAZON, "end_turn", None),
    ],
)
def test_each_provider_is_read(data: Any, end: str, model: str | None) -> None:
    completion = read(data)
    assert completion == Completion("hi", end, model, 3, 4)
    assert completion.is_whole


def ended(data: dict[str, Any], **fields: Any) -> Completion:
    return read(data | fields)


@pytest.mark.parametrize(
    "completion",
    [
        *(
            ended(CHAT, choices=[CHAT["choices"][0] | {"finish_reason": end}])  # type: ignore[index]
            for end in ("length", "content_filter", "max_tokens", "error", "tool_calls", "", None)
        ),
        ended(CHAT, choices=[{"message": {"content": "hi"}}]),
        ended(CHAT, choices=[{"message": {"refusal": "no"}, "finish_reason": "stop"}]),
        ended(RESPONSES, status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
        ended(
            RESPONSES,
            output=[{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}],
        ),
        ended(RESPONSES, status="failed"),
        ended(ANTHROPIC, stop_reason="max_tokens"),
        ended(ANTHROPIC, stop_reason="refusal"),
        ended(ANTHROPIC, stop_reason=None),
        ended(GOOGLE, candidates=[{"finishReason": "MAX_TOKENS"}]),
        ended(
            GOOGLE, candidates=[{"content": {"parts": [{"text": "hi"}]}, "finishReason": "SAFETY"}]
        ),
        ended(GOOGLE, candidates=[{"content": {"parts": [{"text": "hi"}]}}]),
    ],
)
def test_a_reply_that_the_model_did_not_end_itself_is_cut_off(completion: Completion) -> None:
    assert not completion.is_whole


ODD: list[Any] = [5, -1, 0.5, True, "x", [1], {"a": 1}, float("nan"), 2**70, "\ud800", None]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    ("data", "way"),
    [
        (CHAT, ("choices", 0, "finish_reason")),
        (CHAT, ("choices", 0, "message", "refusal")),
        (CHAT, ("usage", "prompt_tokens")),
        (CHAT, ("model",)),
        (ANTHROPIC, ("stop_reason",)),
        (ANTHROPIC, ("content", 1, "type")),
        (ANTHROPIC, ("usage", "output_tokens")),
        (RESPONSES, ("status",)),
        (GOOGLE, ("candidates", 0, "finishReason")),
        (GOOGLE, ("usageMetadata", "candidatesTokenCount")),
        (AMAZON, ("stopReason",)),
    ],
)
def test_what_is_about_the_text_is_of_its_type_or_unknown(
    data: Any, way: tuple[Any, ...], odd: Any
) -> None:
    *path, last = way
    holder = changed = json.loads(json.dumps(data))
    for key in path:
        holder = holder[key]
    holder[last] = odd
    try:
        completion = read_completion(json.dumps(changed))
    except NoCompletion:
        return
    assert isinstance(completion.text, str)
    assert isinstance(completion.end, str)
    assert completion.is_whole in (True, False)
    assert isinstance(completion.model, str | None)
    for count in (completion.input_tokens, completion.output_tokens):
        assert count is None or (type(count) is int and 0 <= count < 2**53)


@pytest.mark.parametrize("kind", ["reasoning", "thinking", "tool_use", "refusal", "input_text", 5])
def test_a_part_of_another_kind_is_no_text(kind: Any) -> None:
    thought = {"type": kind, "text": "draft"}
    said = {"type": "text", "text": "hi"}
    for parts, text in (([thought], ""), ([thought, said], "hi")):
        message = {"content": parts}
        assert ended(CHAT, choices=[{"message": message, "finish_reason": "stop"}]).text == text
        assert ended(ANTHROPIC, content=parts).text == text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", ""),
        ("what a day", "what a day"),
        (
            "<html><head><title>502 Bad Gateway</title><style>a{}</style></head><h1>nginx",
            "502 Bad Gateway nginx",
        ),
        ("null", "null"),
        ("[]", ""),
        ('{"error": {"message": "no such model", "code": "x"}}', "no such model"),
        ('{"error": "model \'x\' not found"}', "model 'x' not found"),
        ('[{"error": {"code": 400, "message": "API key not valid"}}]', "API key not valid"),
        ('{"type": "error", "error": {"type": "x", "message": "Overloaded"}}', "Overloaded"),
        ('{"detail": [{"loc": ["body"], "msg": "Field required"}]}', "Field required"),
        ('{"choices": []}', ""),
        ('{"choices": [{"message": "x"}]}', ""),
        ('{"candidates": [], "promptFeedback": {"blockReason": "SAFETY"}}', "SAFETY"),
        ("[" * 100_000, "[[["),
    ],
)
def test_what_is_no_completion_is_told_by_its_own_first_words(body: str, words: str) -> None:
    with pytest.raises(NoCompletion):
        read_completion(body)
    line = explain(Response(200, body))
    assert words in line
    assert ("no model" in line) == (not message_in(body))
    assert len(line) < 400
    assert "\n" not in line
