"""`agent check`, and a first message, say everything that is missing before any thread is made."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ..yours.samples import SAFE_STEP
from .commands import Shell
from .openai_server import OpenAIServer, Reply, openai_server, scripted

STEP = json.dumps(SAFE_STEP)
COMPATIBLE = [f"OPENAI_COMPATIBLE_{name}" for name in ("URL", "MODEL", "KEY")]
UNSET = dict.fromkeys([*COMPATIBLE, "OPENAI_API_KEY", "ANTHROPIC_API_KEY"], "")
KEY = "a-key-that-must-not-be-told"


@contextmanager
def with_model(*replies: str | Reply, **more: str) -> Iterator[tuple[Shell, OpenAIServer]]:
    with openai_server(scripted(*replies)) as server:
        values = [server.url, "any", KEY]
        about = {"AGENT_MODEL": "OpenAICompatible", "AGENT_DECODING": "off"}
        yield Shell(about | dict(zip(COMPATIBLE, values, strict=True)) | more), server


def checked(shell: Shell) -> tuple[int | str | None, dict[str, Any]]:
    code, out, _ = shell.here("check", "--json")
    found: dict[str, Any] = json.loads(out)
    return code, found


def test_a_model_that_answers_with_a_step() -> None:
    with with_model(STEP) as (shell, server):
        code, found = checked(shell)
        said = shell.here("check")
    trial = found["trial"]
    assert (code, found["faults"], trial["problem"], trial["step"]) == (0, [], None, SAFE_STEP)
    assert (trial["model_requested"], trial["model_served"]) == ("any", "scripted")
    assert (trial["input_tokens"], trial["output_tokens"], trial["decoding"]) == (100, 20, "off")
    assert 0 < trial["seconds"] < 10
    assert trial["place"] == f"{server.url}/chat/completions"
    assert said[0] == 0
    assert all(
        word in said[1] for word in ("any", "scripted", "100 tokens in, 20 tokens out", "off")
    )
    assert not Path(".threads").exists()


def test_a_model_that_answers_with_something_else() -> None:
    with with_model("what a day") as (shell, _):
        code, found = checked(shell)
        said = shell.here("check")
    assert code == said[0] == 1
    assert "no JSON object" in found["trial"]["problem"]
    assert found["trial"]["reply"] == "what a day"
    assert "what a day" in said[1]


def test_a_model_that_cannot_be_asked() -> None:
    with with_model(Reply(f"no {KEY}", status=401)) as (shell, _):
        code, found = checked(shell)
        said = shell.here("check")
    assert code == said[0] == 1
    assert "refused the key" in found["trial"]["problem"]
    assert KEY not in json.dumps(found) + "".join(map(str, said))
    assert "None" not in said[1]


def test_a_server_that_does_not_take_the_decoding_that_is_set() -> None:
    refusal = Reply("response_format.type: must be 'text' or 'json_object'", status=500)
    with with_model(refusal, AGENT_DECODING="json_schema") as (shell, server):
        code, found = checked(shell)
    assert (code, found["trial"]["decoding"], len(server.bodies)) == (1, "json_schema", 1)
    assert "does not take this AGENT_DECODING" in found["trial"]["problem"]


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("nobody/some-model", "any"),
        ("OpenAICompatible", "no url"),
        ("OpenAICompatible", f"localhost:9?key={KEY}"),
        ("OpenAICompatible", "http://h:99999"),
    ],
)
def test_a_model_of_which_no_request_can_be_made_is_a_fault(model: str, url: str) -> None:
    with with_model(STEP, AGENT_MODEL=model, OPENAI_COMPATIBLE_URL=url) as (shell, server):
        code, found = checked(shell)
        said = shell.here("check")
        message = shell.here("hello")
    assert (code, said[0], found["trial"], message[0]) == (2, 2, None, 2)
    assert not Path(".threads").exists()
    assert KEY not in f"{found} {said} {message}"
    assert [fault.split(":")[0] for fault in found["faults"]] == ["BAML cannot make the request"]
    assert found["faults"][0] in said[2]
    assert server.bodies == []


OURS = {"AGENT_PORT": "http", "AGENT_MAX_STEPS": "0", "AGENT_STORE_URL": "mongodb:x"}
WRONG = UNSET | OURS | {"AGENT_MODEL": "OpenAICompatible"}
WRONG_ONES = [*COMPATIBLE, *OURS]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    code, found = checked(Shell(WRONG))
    assert (code, found["trial"]) == (2, None)
    assert all(any(name in fault for fault in found["faults"]) for name in WRONG_ONES)
    code, _, err = Shell(WRONG).here("check")
    assert (code, len(err.splitlines())) == (2, len(WRONG_ONES))


TO_SERVE = {"AGENT_CHANNELS": "foo", "AGENT_API_TOKEN": "a-token-that-is-hard-to-guess"}


def test_what_a_server_would_not_start_with_is_said_as_well() -> None:
    """A message at a terminal needs none of it."""
    code, found = checked(Shell(TO_SERVE | {"AGENT_MODEL": ""}))
    named = [fault.split()[0].rstrip(":") for fault in found["faults"]]
    assert (code, named, found["trial"]) == (2, ["AGENT_MODEL", "AGENT_CHANNELS"], None)
    _, _, err = Shell(TO_SERVE | {"AGENT_MODEL": ""}).here("serve", "--port", "0")
    assert all(fault in err for fault in found["faults"])


def test_a_message_says_it_as_well_and_makes_no_thread() -> None:
    code, out, err = Shell(WRONG).here("hello")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert all(name in err for name in WRONG_ONES)
    assert not Path(".threads").exists()


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("OpenAI", "OPENAI_API_KEY is not set"),
        ("openai/gpt-5-mini", "OPENAI_API_KEY is not set"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY is not set"),
        ("nobody", "neither offline, nor a client"),
        ("openai/", "PROVIDER/MODEL"),
    ],
)
def test_what_a_model_needs_is_known(model: str, words: str) -> None:
    code, found = checked(Shell(UNSET | {"AGENT_MODEL": model}))
    assert code == 2
    assert words in "; ".join(found["faults"])


def test_a_name_that_is_no_setting_is_odd() -> None:
    with with_model(STEP, AGENT_MODLE="x") as (shell, _):
        code, found = checked(shell)
    odd = "AGENT_MODLE is no setting of this agent: is AGENT_MODEL meant?"
    assert (code, found["odd"]) == (0, [odd])
