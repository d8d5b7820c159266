"""The steps that are printed name what is there, in the words of the project's README."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Desk

OLD = """#!/bin/sh
echo "this Python is too old" >&2
exit 1
"""


def steps(desk: Desk, path: list[Path], example: str = "calculator") -> list[str]:
    env = {"PATH": os.pathsep.join(map(str, path))}
    created = desk.run("bot", "--yes", "--json", "--data", f"example={example}", **env)
    assert created.code == 0, created.stderr
    return list(created.json["next_steps"])


def tools(desk: Desk, **pythons: str) -> Path:
    """What a machine has, git among it, with these Pythons and no uv."""
    folder = desk.here.parent / "tools"
    folder.mkdir()
    for file in Path(shutil.which("git") or "/usr/bin/git").parent.iterdir():
        if not file.name.startswith(("python", "uv")):
            (folder / file.name).symlink_to(file)
    for name, text in pythons.items():
        file = folder / name.replace("_", ".")
        file.write_text(text)
        file.chmod(0o755)
    return folder


GOOD = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n'


@pytest.mark.parametrize(
    ("pythons", "named"),
    [
        ({"python3": GOOD}, "python3"),
        ({"python3": OLD, "python3_12": GOOD}, "python3.12"),
        ({"python3": OLD, "python3_10": GOOD, "python3_11": GOOD}, "python3.11"),
        ({"python3_13": "no program\n", "python3_11": GOOD}, "python3.11"),
    ],
)
def test_a_python_that_will_do_is_named(desk: Desk, pythons: dict[str, str], named: str) -> None:
    assert steps(desk, [tools(desk, **pythons)])[1] == f"{named} -m venv .venv"


@pytest.mark.parametrize("pythons", [{}, {"python3": OLD}])
def test_where_there_is_none_the_one_that_runs_us_is(desk: Desk, pythons: dict[str, str]) -> None:
    [python, *rest] = shlex.split(steps(desk, [tools(desk, **pythons)])[1])
    assert rest == ["-m", "venv", ".venv"]
    subprocess.run([python, "-c", "import venv"], check=True)


@pytest.mark.parametrize("example", ["calculator", "deploy", "blank"])
def test_the_readme_says_the_same_words(desk: Desk, example: str) -> None:
    printed = steps(desk, [tools(desk, python3=GOOD)], example)
    readme = (desk.here / "bot/README.md").read_text()
    for step in printed[1:4]:
        assert f"\n$ {step}\n" in readme
