"""A project whose owner has a model: the rules that played it are deleted in one line."""

import os
import re
import shlex
from pathlib import Path

import pytest
import yaml

from .conftest import fetch, run_offline, succeed
from .creating import EXAMPLES, created

pytestmark = pytest.mark.slow

LINE = re.compile(r"`(rm -r [^`]+)`")


@pytest.mark.parametrize("example", EXAMPLES)
def test_without_the_rules_every_chore_is_green_and_nothing_speaks_of_them(
    wheel: Path, tmp_path: Path, example: str
) -> None:
    project = created(wheel, tmp_path, ["ci"], example)
    [line] = LINE.findall((project / "README.md").read_text())
    succeed(run_offline(shlex.split(line), project))
    fetch(project, "3.11", "uv")
    job = yaml.safe_load((project / ".github/workflows/ci.yml").read_text())["jobs"]["check"]
    chores = [step["run"] for step in job["steps"] if step.get("run", "").startswith("uv run")]
    assert len(chores) >= 6
    # test_own_tools.py runs the slow tests of a project without rules. What the fast ones test is
    # the same code in every example.
    chores = [chore for chore in chores if "slow" not in chore]
    if example != EXAMPLES[0]:
        chores = [
            chore.replace("uv run pytest", "uv run pytest --collect-only") for chore in chores
        ]
    for chore in chores:
        succeed(run_offline(chore.split(), project))
    refused = run_offline(["uv", "run", "agent", "hello"], project)
    assert refused.code == 2
    problem = "the rules that play the model were deleted: set AGENT_MODEL to a model"
    assert refused.stderr == f"error: {problem}\n"
    assert speaking_of_them(project) == []


def speaking_of_them(project: Path) -> list[Path]:
    """The files of the project that call anything an offline stand-in."""
    found = []
    for folder, folders, names in os.walk(project):
        folders[:] = [name for name in folders if name not in (".git", ".venv", "__pycache__")]
        files = [Path(folder, name) for name in names]
        found += [file for file in files if b"offline stand-in" in file.read_bytes().lower()]
    return found
