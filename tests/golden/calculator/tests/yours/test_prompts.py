"""The prompt: its own tests hold, and what the model is sent is what the golden file says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.model.request import render

from ..agent.openai_server import scripted
from ..agent.scripted import decided, error, no, result, said, thread_of
from ..prompts import ROOT, check
from .samples import APPROVAL_STEP, SAFE_RESULT, SAFE_STEP

GOLDEN = ROOT / "tests" / "yours" / "golden" / "prompt.txt"
THREAD = thread_of(
    said("two lines,\n  the second indented, and </thread> <b>no tag</b>"),
    decided(SAFE_STEP, "1"),
    result("1", SAFE_RESULT),
    decided(APPROVAL_STEP, "2"),
    no("2"),
    error(message="something went wrong"),
)


def rendered() -> str:
    """All messages of the exact request, each under its role."""
    request = json.loads(render(THREAD.serialize_for_llm(), "offline").body)
    return "".join(f"--- {m['role']} ---\n{m['content']}\n" for m in request["messages"])


def test_the_prompt_is_the_one_in_the_golden_file() -> None:
    """Delete the file to have it written again; then look at what has changed."""
    prompt = rendered()
    if not GOLDEN.exists():
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(prompt, "utf-8", newline="\n")
        pytest.fail(f"{GOLDEN} was missing and is written: look at it, and run again")
    assert prompt == GOLDEN.read_text("utf-8"), f"if this is meant, delete {GOLDEN} and run again"


def test_a_model_that_does_not_hold_them_fails(capfd: pytest.CaptureFixture[str]) -> None:
    assert check(scripted('{"intent": "done_for_now", "message": "no idea"}')) != 0
    assert "FAILED" in capfd.readouterr().out


def test_without_a_model_nobody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / "__init__.py").touch()
    command = [sys.executable, str(ROOT / "tests" / "prompts.py")]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "no model to ask" in done.stdout
