"""The next steps that the command prints are all that a newcomer needs."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from .conftest import environment, installed, run, run_offline, succeed

pytestmark = pytest.mark.slow


def without_uv() -> str:
    folders = environment()["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not Path(folder, "uv").exists())


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_the_printed_next_steps_work(tool: str, wheel: Path, tmp_path: Path) -> None:
    command = installed(wheel, sys.executable, tmp_path / "cli")
    path = environment()["PATH"] if tool == "uv" else without_uv()
    assert shutil.which("git", path=path), "git and uv are in one folder"
    create = [str(command), "my-agent", "--yes", "--json"]
    steps = succeed(run_offline(create, tmp_path, PATH=path)).json["next_steps"]
    assert steps[0] == "cd my-agent"
    assert any(step.startswith("uv run") for step in steps) == (tool == "uv")
    assert "pytest" in steps[-1]
    steps[-1] += " --collect-only"  # test_project.py runs them all, with both tools
    for step in steps[1:]:
        result = run(["bash", "-c", step], tmp_path / "my-agent", PATH=path)
        # 3 is how the agent says that it waits for a human.
        assert result.code in {0, 3}, f"{step}\n{result.stdout}\n{result.stderr}"
