"""`tests/prompts.py --model M`: the prompt's tests against a real model, with no file edited."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..prompts import ROOT, names
from .openai_server import Model, openai_server
from .scripted import DONE

STEP = json.dumps(DONE)


def trials(model: Model, *arguments: str, name: str = "OpenAICompatible") -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "tests" / "prompts.py"), "--model", name, *arguments]
    with openai_server(model) as server:
        values = {"URL": server.url, "MODEL": "any", "KEY": "unused"}
        about = {f"OPENAI_COMPATIBLE_{name}": value for name, value in values.items()}
        done = subprocess.run(
            command,
            env=os.environ | about | {"OPENAI_API_KEY": "", "AGENT_DECODING": "off"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return done.returncode, done.stdout


@pytest.mark.slow
def test_each_test_is_run_so_often_and_every_reply_is_kept() -> None:
    said: list[str] = []

    def model(prompt: str) -> str:
        said.append(f"{STEP}\n" if len(said) % 2 else "what a day")
        return said[-1]

    chosen = names()[:2]
    code, out = trials(model, "--times", "2", *(word for name in chosen for word in ("-i", name)))
    kept = [json.loads(line) for line in Path("prompt-replies.jsonl").read_text().splitlines()]
    assert [trial["test"] for trial in kept] == chosen * 2
    assert [trial["reply"] for trial in kept] == said
    assert [trial["is_step"] for trial in kept] == [False, True] * len(chosen)
    assert [trial["output_tokens"] for trial in kept] == [20] * len(kept)
    assert "no JSON object" in kept[0]["problem"]
    assert (code, out.count("FAILED")) == (1, sum(not trial["passed"] for trial in kept))
    passed = sum(trial["passed"] for trial in kept)
    assert f"{passed}/{len(kept)}     {len(chosen)}/{len(kept)}     100 + 20" in out


@pytest.mark.slow
def test_the_model_is_shown_what_the_agent_would_show_it() -> None:
    """The very prompt, rendered for the client that is asked."""
    prompts: list[str] = []

    def model(prompt: str) -> str:
        prompts.append(prompt)
        return STEP

    trials(model, "-i", names()[0])
    [prompt] = prompts
    assert prompt.count("<thread>") == 1
    assert prompt.count("<user_input>") == 1


def test_what_is_missing_is_one_line() -> None:
    code, out = trials(lambda prompt: STEP, name="openai/gpt-5-mini")
    assert (code, out.splitlines()) == (2, ["OPENAI_API_KEY is not set"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--times", "0"), "--times is 1 or more"),
        (("--times", "-3"), "--times is 1 or more"),
        (("-i", "::NoSuchTest"), "no such test"),
    ],
)
def test_nothing_to_run_is_one_line_as_well(arguments: tuple[str, ...], words: str) -> None:
    code, out = trials(lambda prompt: STEP, *arguments)
    assert code == 2
    assert words in out.splitlines()[-1]
