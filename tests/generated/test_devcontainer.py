"""The development container, without one: its command in a clean folder, its file by its shape."""

import json
import re
from pathlib import Path

import pytest

from .conftest import VERSIONS, run, run_offline, succeed
from .creating import created
from .machines import machine

pytestmark = pytest.mark.slow


def test_its_command_installs_all_that_is_needed(wheel: Path, tmp_path: Path) -> None:
    project = created(wheel, tmp_path, ["devcontainer"])
    # Strict JSON, though comments are allowed there: whatever reads it can do so.
    details = json.loads((project / ".devcontainer/devcontainer.json").read_text())
    brought = re.fullmatch(r"mcr\.microsoft\.com/devcontainers/python:(3\.\d+)", details["image"])
    assert brought
    assert brought[1] in VERSIONS
    env = machine(brought[1], tmp_path / "machine")
    succeed(run(["sh", "-c", details["postCreateCommand"]], project, **env))
    settings = details["customizations"]["vscode"]["settings"]
    assert (project / settings["python.defaultInterpreterPath"]).exists()
    answered = run_offline(["uv", "run", "agent", "what is 5 + 3?"], project, **env)
    assert "8" in succeed(answered).stdout
