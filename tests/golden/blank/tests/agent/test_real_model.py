"""With a real model behind an OpenAI-compatible server, constrained to steps: slow, and off unless
AGENT_TEST_MODEL_URL says where it is (AGENT_TEST_MODEL its name). docs/real-model.md says how.

However small the model is, and however wrong: what it says is a step, what needs a yes waits for
one, and the thread can be read and replayed.
"""

import json
import os
from pathlib import Path

import pytest

from agent.thread import Thread

from .commands import Shell
from .invariants import check

URL = os.environ.get("AGENT_TEST_MODEL_URL", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not URL, reason="AGENT_TEST_MODEL_URL is not set"),
]


@pytest.fixture
def shell() -> Shell:
    return Shell(
        {
            "AGENT_MODEL": "OpenAICompatible",
            "AGENT_MAX_STEPS": "4",
            "AGENT_MODEL_TIMEOUT": "300",
            "OPENAI_COMPATIBLE_URL": URL,
            "OPENAI_COMPATIBLE_MODEL": os.environ.get("AGENT_TEST_MODEL", "any"),
            "OPENAI_COMPATIBLE_KEY": "unused",
        }
    )


def test_it_can_be_tried(shell: Shell) -> None:
    code, out, _ = shell.here("check", "--json")
    found = json.loads(out)
    assert (code, found["trial"]["problem"]) == (0, None)
    assert found["trial"]["decoding"] in ("json_schema", "json_object", "grammar")


@pytest.mark.parametrize("message", ["add 3 and 4", "hello!", "refund order A-1001, it is broken"])
def test_whatever_it_says_is_a_step_and_breaks_no_rule(shell: Shell, message: str) -> None:
    code, _, err = shell.run(message)
    file = Path(".threads", f"{err.split()[-1]}.json")
    thread = Thread.load(json.loads(file.read_text("utf-8"))["events"])
    assert code in (0, 1, 3), err
    assert thread.calls
    check(thread)
    assert shell.run("replay", file.stem)[0] == 0
