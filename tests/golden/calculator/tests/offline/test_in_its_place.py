"""The rules where a model would be: said to be none, and asked as a model is."""

import subprocess
import sys
from pathlib import Path

from agent.offline import NOTE

from ..agent.commands import Shell
from ..prompts import ROOT

OFFLINE = {"AGENT_MODEL": "offline"}


def test_it_says_once_what_it_is_and_how_to_change_it() -> None:
    code, out, err = Shell(OFFLINE).run("hello")
    assert code in (0, 3)
    assert err.count(NOTE) == err.count("not an LLM") == 1
    assert NOTE not in out
    for part in ("not an LLM", "AGENT_MODEL=openai/gpt-5-mini", "OPENAI_API_KEY", ".env"):
        assert part in NOTE


def test_it_can_always_be_asked() -> None:
    code, out, _ = Shell(OFFLINE).run("check")
    assert (code, "offline" in out) == (0, True)


def test_the_prompt_tests_hold_with_it(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tests" / "prompts.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert " 0 tests" not in done.stdout
