"""The generated client is made where it is missing or stale; these tests need fresh processes."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

import pytest

ROOT = Path(__file__).parents[2]
MARKER = "<thread>"
RENDER = "print(request.render('what a day', 'offline').body)"
ASK = (
    "print(asyncio.run(next_step.determine_next_step(thread, sys.argv[1], 'xml')).data['message'])"
)
SET_UP = """
import asyncio, sys
from datetime import UTC, datetime
from agent import events
from agent.model import next_step, request
from agent.thread import Thread
said = events.Trigger(type="user_input", data="what a day")
thread = Thread().append(said, at=datetime.now(UTC))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of this project without a generated client."""
    copytree(ROOT / "baml_src", tmp_path / "baml_src")
    ignored = ignore_patterns("baml_client", "__pycache__")
    copytree(ROOT / "src" / "agent", tmp_path / "src" / "agent", ignore=ignored)
    return tmp_path


def start(project: Path, code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    known = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    environment = {**known, "PYTHONPATH": str(project / "src"), **environment}
    command = [sys.executable, "-c", SET_UP + code, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=project, env=environment, stdout=pipe, stderr=pipe, text=True
    )


def run(project: Path, code: str, *arguments: str, **environment: str) -> str:
    process = start(project, code, *arguments, **environment)
    out, trouble = process.communicate(timeout=60)
    assert process.returncode == 0, trouble
    return out.strip()


def client(project: Path) -> Path:
    return project / "src" / "agent" / "model" / "baml_client"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.slow
def test_a_missing_client_is_generated(project: Path) -> None:
    assert MARKER in run(project, RENDER)
    assert client(project).is_dir()


@pytest.mark.slow
def test_a_stale_client_is_generated_again(project: Path) -> None:
    run(project, RENDER)
    change(project / "baml_src" / "agent.baml", MARKER, f"{MARKER} of events")
    assert f"{MARKER} of events" in run(project, RENDER)


@pytest.mark.slow
def test_a_client_that_is_up_to_date_is_left_alone(project: Path) -> None:
    run(project, RENDER)
    before = {path: path.stat().st_mtime_ns for path in client(project).glob("*.py")}
    run(project, RENDER)
    assert before == {path: path.stat().st_mtime_ns for path in client(project).glob("*.py")}


@pytest.mark.slow
def test_an_installed_package_needs_no_prompts(project: Path) -> None:
    run(project, RENDER)
    rmtree(project / "baml_src")
    assert MARKER in run(project, RENDER)


@pytest.mark.slow
def test_processes_that_start_together_all_find_a_whole_client(project: Path) -> None:
    processes = [start(project, RENDER) for _ in range(4)]
    outs = [process.communicate(timeout=60) for process in processes]
    assert [MARKER in out for out, _ in outs] == [True] * 4, outs


def test_a_folder_that_cannot_be_written_is_one_line(project: Path) -> None:
    client(project).write_text("a file in the way")
    line = run(project, ASK, "offline")
    assert "baml_client cannot be generated" in line
    assert "\n" not in line


def test_a_mistake_in_the_prompts_is_one_line(project: Path) -> None:
    with (project / "baml_src" / "agent.baml").open("a", encoding="utf-8") as prompts:
        prompts.write("\nfunction Broken(")
    line = run(project, ASK, "offline")
    assert "agent.baml" in line
    assert "\n" not in line


def test_without_the_stand_in_a_model_has_to_be_set(project: Path) -> None:
    rmtree(project / "src" / "agent" / "offline", ignore_errors=True)
    assert "set AGENT_MODEL" in run(project, ASK, "offline")


@pytest.mark.parametrize(
    "model", ["Anthropic", *(pytest.param(n, marks=pytest.mark.slow) for n in ("OpenAI", "Google"))]
)
def test_without_a_key_its_variable_is_named(project: Path, model: str) -> None:
    line = run(project, ASK, model)
    assert f"{model.upper()}_API_KEY" in line
    assert "\n" not in line
