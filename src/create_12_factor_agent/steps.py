"""What to do with a new project: the commands that its own tests run as well."""

import shlex
import shutil
from pathlib import Path

FIRST_MESSAGE = {
    "calculator": "multiply 3 and 4, then divide the result by 2",
    "deploy": "deploy the backend to staging, then check staging",
    "blank": "note shopping: milk and eggs",
}

PIP = ("python3 -m venv .venv", ".venv/bin/pip install -r requirements-dev.txt")


def next_steps(target: Path, example: str, *, uv: bool | None = None) -> list[str]:
    """The commands from here to an answer, with uv or, where there is none, with pip."""
    if uv is None:
        uv = shutil.which("uv") is not None
    message = f'"{FIRST_MESSAGE.get(example, "hello")}"'
    if uv:
        return [*_enter(target), f"uv run agent {message}", "uv run pytest"]
    return [*_enter(target), *PIP, f".venv/bin/agent {message}", ".venv/bin/pytest"]


def _enter(target: Path) -> list[str]:
    here = Path.cwd()
    if target == here:
        return []
    shown = target.relative_to(here) if target.is_relative_to(here) else target
    return [f"cd {shlex.quote(str(shown))}"]
