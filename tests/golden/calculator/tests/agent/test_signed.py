"""Requests that must be signed are sent by BAML; the reply is read by us, as strictly as any."""

import asyncio
import gc
import json
from typing import Any

import pytest

from agent.events import AnyEvent, Error, ModelFailed, ToolCall
from agent.model.asking import Manner
from agent.model.clients import is_sent_by_baml
from agent.model.next_step import determine_next_step
from agent.model.replay import replay

from ..yours.samples import SAFE_STEP
from .openai_server import Reply, openai_server, scripted
from .scripted import NOON, said, thread_of

THREAD = thread_of(said("what a day"))
MODEL = "aws-bedrock/some.model"


def converse(text: str, end: str = "end_turn") -> Reply:
    """What Amazon Bedrock answers, after its documentation."""
    message = {"role": "assistant", "content": [{"text": text}]}
    usage = {"inputTokens": 5, "outputTokens": 6, "totalTokens": 11}
    body = {"output": {"message": message}, "stopReason": end, "usage": usage}
    whole = json.dumps(body | {"metrics": {"latencyMs": 1}})
    return Reply(body=whole, headers={"content-type": "application/json"})


def ask(reply: Reply, limit: float = 20) -> AnyEvent:
    with openai_server(scripted(reply)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        patch.setenv("AWS_REGION", "eu-central-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "an-example-of-a-key-and-no-key")
        manner = Manner("off", limit)
        return asyncio.run(determine_next_step(THREAD, MODEL, "xml", manner))


def test_which_requests_must_be_signed_is_known() -> None:
    assert is_sent_by_baml(MODEL)
    assert is_sent_by_baml("vertex-ai/some-model")
    assert not any(map(is_sent_by_baml, ("OpenAI", "offline", "openai/gpt-5", "nobody", "")))


def test_a_step_is_a_step() -> None:
    event = ask(converse(json.dumps(SAFE_STEP)))
    assert isinstance(event, ToolCall)
    assert event.data == SAFE_STEP
    meta: dict[str, Any] = event.meta or {}
    assert (meta["input_tokens"], meta["output_tokens"]) == (5, 6)
    assert len(meta["request_sha256"]) == 64
    thread = THREAD.append(event, at=NOON)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_REGION", "eu-central-1")
        assert [replayed.verdict for replayed in replay(thread, MODEL)] == ["same"]


@pytest.mark.parametrize(
    "reply",
    [
        converse("what a day"),
        converse(json.dumps(SAFE_STEP) * 2),
        converse(json.dumps(SAFE_STEP | {"intent": f"not_{SAFE_STEP['intent']}"})),
        converse(json.dumps(SAFE_STEP), end="max_tokens"),
    ],
)
def test_what_baml_would_make_of_a_reply_is_not_looked_at(reply: Reply) -> None:
    assert isinstance(ask(reply), Error)


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ('{"message": "no such model"}', 400, "it refused the request (400: no such model)"),
        ("<html><title>Bad gateway</title><p>nginx", 502, "fault (502: Bad gateway nginx)"),
        ('{"message": "Input is too long: prompt is too long"}', 400, "too long for this model"),
    ],
)
def test_what_fails_is_told_in_its_own_words(body: str, status: int, says: str) -> None:
    event = ask(Reply(body=body, status=status))
    assert isinstance(event, ModelFailed)
    assert says in event.data["message"]
    assert "\n" not in event.data["message"]
    assert len(event.data["message"]) < 500
    assert len((event.meta or {})["request_sha256"]) == 64


def test_the_limit_holds(capfd: pytest.CaptureFixture[str]) -> None:
    event = ask(Reply("late", delay=9), limit=0.5)
    assert isinstance(event, ModelFailed)
    assert "AGENT_MODEL_TIMEOUT" in event.data["message"]
    gc.collect()
    assert "Traceback" not in capfd.readouterr().err
