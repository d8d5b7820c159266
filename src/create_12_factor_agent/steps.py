"""What to do with a new project: the commands that its own tests run as well."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from .visible import quoted

FIRST_MESSAGE = {
    "calculator": "multiply 3 and 4, then divide the result by 2",
    "deploy": "deploy the backend to staging, then check staging",
    "blank": "note shopping: milk and eggs",
}

WORKFLOW = ".github/workflows/ci.yml"
HOOKS = ".pre-commit-config.yaml"

PIP = ".venv/bin/pip install -r requirements-dev.txt"
OLDEST = (3, 11)
WILL_DO = f"import ensurepip, sys, venv; sys.exit(sys.version_info < {OLDEST})"


def next_steps(target: Path, example: str, *, uv: bool | None = None) -> list[str]:
    """The commands from here to an answer, with uv or, where there is none, with pip."""
    uv = has_uv() if uv is None else uv
    message = f'"{FIRST_MESSAGE.get(example, "hello")}"'
    if uv:
        return [*enter(target), f"uv run agent {message}", "uv run pytest"]
    return [
        *enter(target),
        f"{python()} -m venv .venv",
        PIP,
        f".venv/bin/agent {message}",
        ".venv/bin/pytest",
    ]


def steps_after_a_change(project: Path) -> list[str]:
    """What to do when a project was changed: read it, test it, commit it."""
    test = "uv run pytest" if has_uv() else f"{PIP} && .venv/bin/pytest"
    return [*enter(project), "git add --all . && git diff --cached .", test, "git commit"]


def notes_on(project: Path, subfolder: str, files: Iterable[str]) -> Iterator[str]:
    """What somebody should know before they take the steps."""
    yield from notes_on_a_pin(project)
    yield from notes_at_the_root(project, subfolder, files)


def notes_at_the_root(project: Path, subfolder: str, files: Iterable[str]) -> Iterator[str]:
    """What else to do in a folder of a repository, whose root alone others look at."""
    if not subfolder:
        return
    root = project.parents[subfolder.count("/") - 1]
    if WORKFLOW in files:
        moved = root / WORKFLOW.replace("ci.yml", f"{subfolder.strip('/').replace('/', '-')}.yml")
        here, folder, there = (
            quoted(os.path.relpath(path)) for path in (project / WORKFLOW, moved.parent, moved)
        )
        yield (
            "GitHub looks for workflows at the root of the repository alone: "
            f"mkdir -p {folder} && mv {here} {there}"
        )
    if HOOKS in files and (root / HOOKS).exists():
        yield (
            f"the repository has a {HOOKS} of its own, and `pre-commit install` takes one: "
            f"copy the entry `repo: local` into it from {os.path.relpath(project / HOOKS)}"
        )


def notes_on_a_pin(project: Path) -> Iterator[str]:
    """Where a file that was there asks for a Python with which none of the steps works."""
    with suppress(OSError):
        pin = (project / ".python-version").read_text("utf-8", "replace")
        found = re.match(r"\s*(?:\D*[-@])?(\d+)\.(\d+)", pin)
        if found and tuple(map(int, found.groups())) < OLDEST:
            yield (
                f".python-version asks for Python {found[1]}.{found[2]}, and the agent needs"
                f" {OLDEST[0]}.{OLDEST[1]} or newer: change it first"
            )


def python() -> str:
    """The Python to begin with: the first in PATH that is new enough, or the one that runs us."""
    for name in ("python3", *(f"python3.{minor}" for minor in range(20, OLDEST[1] - 1, -1))):
        if (found := shutil.which(name)) and _will_do(found):
            return name
    return quoted(getattr(sys, "_base_executable", None) or sys.executable)


def _will_do(python: str) -> bool:
    try:
        return subprocess.run([python, "-c", WILL_DO], capture_output=True).returncode == 0
    except OSError:
        return False


def has_uv() -> bool:
    return shutil.which("uv") is not None


def enter(target: Path) -> list[str]:
    """How to get there, if we are elsewhere."""
    if target == Path.cwd():
        return []
    way = shown(target)
    return [f"cd {quoted(f'./{way}' if way.startswith('-') else way)}"]


def shown(path: Path) -> str:
    """As it is called from here: from one of its own folders by the way up."""
    here = Path.cwd()
    if here.is_relative_to(path):
        return os.path.relpath(path, here)
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
