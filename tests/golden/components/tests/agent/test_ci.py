"""CI does what the people who work here are told to do."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from .processes import HOME

WORKFLOWS = ".github/workflows"


def workflow() -> Path:
    """Here, or where GitHub looks: at the root of the repository that this is a folder of."""
    for root in HOME.parents:
        here = f"working-directory: {json.dumps(HOME.relative_to(root).as_posix())}"
        for file in sorted((root / WORKFLOWS).glob("*.yml")):
            if here in file.read_text("utf-8"):
                return file
    return HOME / WORKFLOWS / "ci.yml"


WORKFLOW = yaml.safe_load(workflow().read_text("utf-8"))
JOB: Any = WORKFLOW["jobs"]["check"]


def test_every_chore_of_the_readme_is_a_step() -> None:
    work = (HOME / "README.md").read_text("utf-8").partition("## Work on it")[2]
    chores = re.findall(r"^\$ (uv run .*)$", work.partition("\n## ")[0], re.M)
    assert chores
    assert [step["run"] for step in JOB["steps"] if step.get("run") in chores] == chores


def test_the_oldest_python_that_is_supported_is_one_of_them() -> None:
    project = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    assert oldest == JOB["strategy"]["matrix"]["python"][0]


def test_it_may_read_and_nothing_else() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in JOB
