"""The model is asked through BAML's real client, and whatever goes wrong is one clear line."""

import asyncio
import json

import pytest

from agent.context import ContextFormat
from agent.events import AnyEvent, Error, ModelFailed, ToolCall
from agent.model.next_step import determine_next_step, render, sha256

from ..yours.samples import SAFE_STEP
from .openai_server import OpenAIServer, Reply, openai_server, scripted
from .scripted import said, thread_of

KEY = "sk-this-key-must-not-be-told"
THREAD = thread_of(said("what a day"))
STEP = json.dumps(SAFE_STEP)


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key for every provider, and an address where nobody listens."""
    for name in ("OPENAI", "ANTHROPIC", "GOOGLE"):
        monkeypatch.setenv(f"{name}_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_COMPATIBLE_KEY", KEY)
    monkeypatch.setenv("OPENAI_COMPATIBLE_MODEL", "any")
    monkeypatch.setenv("OPENAI_COMPATIBLE_URL", "http://127.0.0.1:9/v1")


pytestmark = pytest.mark.usefixtures("set_up")


def ask(model: str = "OpenAICompatible", form: ContextFormat = "xml") -> AnyEvent:
    return asyncio.run(determine_next_step(THREAD, model, form))


def ask_server(*replies: str | Reply) -> tuple[AnyEvent, OpenAIServer]:
    with openai_server(scripted(*replies)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_COMPATIBLE_URL", server.url)
        return ask(), server


def told(event: AnyEvent) -> str:
    """What a failed model says: one line, short, and without the key."""
    assert isinstance(event, ModelFailed)
    message = event.data["message"]
    assert "\n" not in message
    assert len(message) < 500
    assert KEY not in message
    return message


def test_a_reply_is_a_tool_call() -> None:
    event, server = ask_server(f"Here you are:\n```json\n{STEP}\n```")
    assert isinstance(event, ToolCall)
    assert event.data == SAFE_STEP
    assert event.call_id
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_every_call_has_its_own_id() -> None:
    assert ask_server(STEP)[0].call_id != ask_server(STEP)[0].call_id


def test_what_was_sent_and_what_it_cost_is_on_record() -> None:
    event, server = ask_server(STEP)
    assert event.meta == {
        "model": "OpenAICompatible",
        "format": "xml",
        "context_sha256": sha256(THREAD.serialize_for_llm()),
        "thread_sha256": sha256("\n".join(THREAD.dump())),
        "request_sha256": sha256(server.bodies[0]),
        "input_tokens": 100,
        "output_tokens": 20,
    }


@pytest.mark.parametrize("form", ["xml", "json"])
def test_the_model_sees_the_context_in_the_form_that_is_set(form: ContextFormat) -> None:
    with openai_server(scripted(STEP)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_COMPATIBLE_URL", server.url)
        ask(form=form)
    assert f"<thread>\n{THREAD.serialize_for_llm(form)}\n</thread>" in server.prompts[0]


def test_rendering_gives_the_body_that_is_sent() -> None:
    _, server = ask_server(STEP)
    context = THREAD.serialize_for_llm()
    assert asyncio.run(render(context, "OpenAICompatible")) == server.bodies[0]


@pytest.mark.parametrize(
    "model", ["OpenAI", "Anthropic", "Google", "offline", "openai/gpt-5-mini", "anthropic/any"]
)
def test_every_client_renders_the_whole_context_without_a_network(model: str) -> None:
    context = THREAD.serialize_for_llm()
    assert json.dumps(context)[1:-1] in asyncio.run(render(context, model))


@pytest.mark.parametrize("reply", ["what a day", "", '{"intent": "sing"', "{}", "[" * 50])
def test_a_reply_that_is_no_step_is_an_error_that_the_model_reads(reply: str) -> None:
    event, _ = ask_server(reply)
    assert isinstance(event, Error)
    assert event.call_id is None
    assert "\n" not in event.data["message"]
    assert len(event.data["message"]) < 600


def test_a_passing_fault_is_tried_again() -> None:
    event, server = ask_server(Reply(status=500), STEP)
    assert isinstance(event, ToolCall)
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("reply", "advice"),
    [
        (Reply(f"no key {KEY}", status=401), ".env"),
        (Reply("slow down", status=429), "wait"),
        (Reply("a line\nand another", status=500), "500"),
        (Reply("<html>" * 1000, status=500), "500"),
        (Reply(STEP, finish_reason="length"), "max_tokens"),
        (Reply(dropped=True), "127.0.0.1"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(reply: Reply, advice: str) -> None:
    event, _ = ask_server(reply)
    assert advice in told(event)


def test_nobody_at_the_address_is_one_line() -> None:
    assert "the URL" in told(ask())


@pytest.mark.parametrize("model", ["nobody", "nobody/knows", "", "offline "])
def test_an_unknown_model_is_one_line(model: str) -> None:
    assert told(ask(model)).startswith(f"{model}: ")


def test_the_provider_is_not_asked_again_when_a_reply_is_no_step() -> None:
    _, server = ask_server("what a day")
    assert len(server.bodies) == 1
