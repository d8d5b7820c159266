"""The model is asked with the request that BAML makes, and whatever goes wrong is clear to all."""

import asyncio
import json
from functools import partial
from typing import Any

import pytest

from agent.context import ContextFormat
from agent.events import AnyEvent, Error, ModelFailed, ToolCall
from agent.model import sending
from agent.model.asking import Manner, sha256
from agent.model.next_step import MAX_KEPT, determine_next_step
from agent.model.request import render
from agent.thread import Thread

from ..yours.samples import SAFE_STEP
from .openai_server import OpenAIServer, Reply, openai_server, scripted
from .scripted import resumed, said, thread_of

KEY = "sk-this-key-must-not-be-told"
THREAD = thread_of(said("what a day"))
STEP = json.dumps(SAFE_STEP)
PLAIN = Manner("off", 20)


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key for every provider, and an address where nobody listens."""
    for name in ("OPENAI", "ANTHROPIC", "GOOGLE", "OPENROUTER"):
        monkeypatch.setenv(f"{name}_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_COMPATIBLE_KEY", KEY)
    monkeypatch.setenv("OPENAI_COMPATIBLE_MODEL", "any")
    monkeypatch.setenv("OPENAI_COMPATIBLE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setattr(sending, "PAUSE", 0.02)


pytestmark = pytest.mark.usefixtures("set_up")


def ask(
    model: str = "OpenAICompatible",
    form: ContextFormat = "xml",
    manner: Manner = PLAIN,
    thread: Thread = THREAD,
) -> AnyEvent:
    return asyncio.run(determine_next_step(thread, model, form, manner))


def ask_server(*replies: str | Reply, **how: Any) -> tuple[AnyEvent, OpenAIServer]:
    with openai_server(scripted(*replies)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_COMPATIBLE_URL", server.url)
        return ask(**how), server


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


def record(server: OpenAIServer) -> dict[str, Any]:
    return {
        "model": "OpenAICompatible",
        "format": "xml",
        "context_sha256": sha256(THREAD.serialize_for_llm()),
        "thread_sha256": sha256("\n".join(THREAD.dump())),
        "request_sha256": sha256(server.bodies[-1]),
        "decoding": "off",
        "model_requested": "any",
    }


ANSWERED = {"model_served": "scripted", "input_tokens": 100, "output_tokens": 20}


def test_what_was_sent_and_what_it_cost_is_on_record() -> None:
    event, server = ask_server(STEP)
    assert event.meta == record(server) | ANSWERED


def test_it_is_on_record_when_the_reply_is_no_step_too() -> None:
    event, server = ask_server("what a day")
    assert isinstance(event, Error)
    problem = "the reply was no step: it has no JSON object"
    assert event.meta == record(server) | ANSWERED | {"problem": problem, "reply": "what a day"}


def test_and_when_there_is_none() -> None:
    event, server = ask_server(Reply(status=401))
    assert isinstance(event, ModelFailed)
    assert event.meta == record(server)


@pytest.mark.parametrize("form", ["xml", "json"])
def test_the_model_sees_the_context_in_the_form_that_is_set(form: ContextFormat) -> None:
    _, server = ask_server(STEP, form=form)
    assert f"<thread>\n{THREAD.serialize_for_llm(form)}\n</thread>" in server.prompts[0]


def test_rendering_gives_the_body_that_is_sent() -> None:
    _, server = ask_server(STEP)
    context = THREAD.serialize_for_llm()
    assert render(context, "OpenAICompatible").body == server.bodies[0]


@pytest.mark.parametrize(
    "model",
    [
        "OpenAI",
        "Anthropic",
        "Google",
        "offline",
        "openai/gpt-5-mini",
        "openai-responses/gpt-5",
        "anthropic/any",
        "google-ai/gemini-2.5-flash",
        "openrouter/some/model",
        "ollama/qwen3",
    ],
)
def test_every_client_renders_the_whole_context_without_a_network(model: str) -> None:
    context = THREAD.serialize_for_llm()
    assert json.dumps(context)[1:-1] in render(context, model).body


@pytest.mark.parametrize("client", ["OpenAI", "Anthropic", "Google", "OpenAICompatible"])
def test_no_client_lets_a_model_ramble_without_end(client: str) -> None:
    assert "max" in render("", client).body.partition("messages")[0].lower()


@pytest.mark.parametrize(
    "reply",
    [
        "what a day",
        "",
        '{"intent": "sing"',
        "{}",
        "[" * 50,
        "{" * 1000,
        STEP * 2,
        STEP[:-1],
        f"<think>{STEP}",
        STEP.replace(SAFE_STEP["intent"], "do_not_" + SAFE_STEP["intent"]),
    ],
)
def test_a_reply_that_is_no_step_is_an_error_in_two_voices(reply: str) -> None:
    """The model is told what was wrong and not what it said, or it would say it again."""
    event, _ = ask_server(reply)
    assert isinstance(event, Error)
    assert event.call_id is None
    message, problem = event.data["message"], (event.meta or {})["problem"]
    assert message.startswith("your last reply was no step: ")
    assert "answer with" in message
    assert problem.startswith("the reply was no step: ")
    for line in (message, problem):
        assert "\n" not in line
        assert len(line) < 500
        assert not reply or reply not in line
        assert "Step" not in line.replace("no step", "")
    assert (event.meta or {})["reply"] == reply


def test_of_a_long_reply_the_beginning_is_kept() -> None:
    event, _ = ask_server("x" * (MAX_KEPT + 1))
    assert (event.meta or {})["reply"] == "x" * MAX_KEPT


@pytest.mark.parametrize("end", ["content_filter", "error", "tool_calls", "SAFETY", "a\n" * 999])
def test_a_reply_that_something_else_ended_is_no_step_and_needs_no_more_tokens(end: str) -> None:
    event, _ = ask_server(Reply(STEP, finish_reason=end))
    assert isinstance(event, Error)
    assert "not ended by the model" in event.data["message"]
    assert len(event.data["message"]) < 200
    assert "does not help" in (event.meta or {})["problem"]


@pytest.mark.parametrize("end", ["length", "max_tokens", "model_length", "incomplete", "", None])
def test_a_reply_that_was_cut_off_is_no_step_however_whole_it_looks(end: str | None) -> None:
    event, _ = ask_server(Reply(STEP, finish_reason=end))
    assert isinstance(event, Error)
    assert "cut off" in event.data["message"]
    assert "keep its texts short" in event.data["message"]
    assert "max_tokens" in (event.meta or {})["problem"]


def test_a_quotation_of_the_user_is_no_decision() -> None:
    """Unless it is all that the model says."""
    thread = thread_of(said(f"please run {STEP}"))
    refusal, _ = ask_server(f"I will not run this:\n{STEP}", thread=thread)
    assert isinstance(refusal, Error)
    assert isinstance(ask_server(STEP, thread=thread)[0], ToolCall)


@pytest.mark.parametrize(
    ("reply", "advice"),
    [
        (Reply(f"no key {KEY}", status=401), ".env"),
        (Reply("pay", status=402), "paid"),
        (Reply("no such model", status=404), "AGENT_MODEL"),
        (Reply("slow down", status=429), "resume later"),
        (Reply("a line\nand another", status=500), "500"),
        (Reply(body=f"<html><title>Bad gateway</title>{'<p>' * 9000}", status=502), "Bad gateway"),
        (Reply(body="<html><title>Log in</title>"), "Log in"),
        (Reply(body='{"error": {"message": "no such model"}}'), "no such model"),
        (Reply(body='{"error": {"message": "upstream", "code": 400}}'), "upstream"),
        (Reply(body="{}"), "no model"),
        (Reply(dropped=True), "127.0.0.1"),
        (Reply("maximum context length is 8192 tokens", status=400), "too long"),
        (Reply('{"code": "context_length_exceeded"}', status=500), "resuming will not help"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(reply: Reply, advice: str) -> None:
    event, _ = ask_server(reply)
    assert advice in told(event)


def test_a_thread_that_is_too_long_is_not_sent_again_as_it_is() -> None:
    """But to another model, at another address, or with less in it."""
    too_long = Reply("maximum context length is 8192 tokens", status=400)
    with openai_server(scripted(too_long, STEP)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_COMPATIBLE_URL", server.url)
        event = ask()
        thread = thread_of(said("what a day"), event, resumed())
        again = ask(thread=thread)
        assert (again.data, len(server.bodies)) == (event.data, 1)
        assert "request_sha256" not in (again.meta or {})  # nothing was asked
        once_more = thread_of(said("what a day"), event, resumed(), again, resumed())
        assert (ask(thread=once_more).data, len(server.bodies)) == (event.data, 1)
        assert isinstance(ask(thread=thread, form="json"), ToolCall)
        patch.setenv("OPENAI_COMPATIBLE_MODEL", "with-a-larger-context")
        assert isinstance(ask(thread=thread), ToolCall)
    elsewhere, _ = ask_server(STEP, thread=thread)
    assert isinstance(elsewhere, ToolCall)


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "overloaded", "code": 503}},
        {"error": {"message": "overloaded", "code": "429"}},
        {"error": "overloaded", "status": 500},
        [{"error": {"code": 503, "status": "UNAVAILABLE"}}],
        {"provider": "x" * 5000, "error": {"code": 502}},
    ],
    ids=repr,
)
def test_an_error_with_status_200_that_may_pass_is_tried_again(error: Any) -> None:
    event, server = ask_server(Reply(body=json.dumps(error)), STEP)
    assert isinstance(event, ToolCall)
    assert len(server.bodies) == 2


def test_nobody_at_the_address_is_one_line() -> None:
    assert "the URL" in told(ask())


@pytest.mark.parametrize("model", ["nobody", "nobody/knows", "", "offline ", "openai/"])
def test_an_unknown_model_is_one_line(model: str) -> None:
    assert told(ask(model)).startswith(f"{model}: ")


def test_everything_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("URL", "MODEL", "KEY"):
        monkeypatch.delenv(f"OPENAI_COMPATIBLE_{name}")
    line = told(ask())
    assert all(f"OPENAI_COMPATIBLE_{name}" in line for name in ("URL", "MODEL", "KEY"))


def test_the_provider_is_not_asked_again_when_a_reply_is_no_step() -> None:
    _, server = ask_server("what a day")
    assert len(server.bodies) == 1


def test_many_threads_are_asked_about_at_once() -> None:
    async def all_of(count: int) -> list[AnyEvent]:
        one = partial(determine_next_step, THREAD, "OpenAICompatible", "xml", PLAIN)
        return list(await asyncio.gather(*(one() for _ in range(count))))

    with openai_server(lambda prompt: Reply(STEP, delay=0.3)) as server:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENAI_COMPATIBLE_URL", server.url)
            events = asyncio.run(all_of(150))
        assert [event.type for event in events] == ["tool_call"] * 150
        assert max(server.times) - min(server.times) < 5
