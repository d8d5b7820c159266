"""The workflow's commands, step by step in a clean folder: no runner runs here."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import run, run_offline, succeed
from .creating import COMPONENTS, created
from .machines import machine

pytestmark = pytest.mark.slow

# With it everything is there that the steps after it need.
LAST_WITH_A_NETWORK = "uv sync"


def test_every_step_succeeds(wheel: Path, tmp_path: Path) -> None:
    project = created(wheel, tmp_path, COMPONENTS)
    job = yaml.safe_load((project / ".github/workflows/ci.yml").read_text())["jobs"]["check"]
    version = job["strategy"]["matrix"]["python"][-1]
    env = machine(version, tmp_path / "machine")
    env |= {
        name: value.replace("${{ matrix.python }}", version) for name, value in job["env"].items()
    }
    steps = [step["run"] for step in job["steps"] if "run" in step]
    assert not [step for step in steps if "${{" in step]
    reached = steps.index(LAST_WITH_A_NETWORK)
    for number, step in enumerate(steps):
        doing = run if number <= reached else run_offline
        succeed(doing(["bash", "-e", "-c", step], project, **env))
    [lock] = [step for step in steps if "uv lock" in step]
    judge_the_lock(project, lock, env)


def judge_the_lock(project: Path, step: str, env: Any) -> None:
    """A committed lock file is accepted as long as it agrees with pyproject.toml."""
    assert (project / "uv.lock").exists()
    succeed(run(["bash", "-e", "-c", step], project, **env))
    config = project / "pyproject.toml"
    config.write_text(config.read_text().replace('"ruff>=0.14"', '"ruff>=0.14", "yamllint>=1"'))
    assert run(["bash", "-e", "-c", step], project, **env).code != 0
