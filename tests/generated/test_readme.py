"""Every command in a README works: the blocks tagged `console` are run, line by line."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import ROOT, Result
from terminal import terminal

from .conftest import environment, installed, interpreter, run, run_offline, succeed
from .creating import EXAMPLES

pytestmark = pytest.mark.slow

# What .ci/run runs: the suite that this test belongs to.
OURS = ("requirements-dev.txt && .venv/bin/pytest", ".venv/bin/pytest", "git clone")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def commands(readme: Path) -> list[str]:
    """The lines after `$ `, with their continuations."""
    blocks = re.findall(r"^```console\n(.*?)^```", readme.read_text(), re.MULTILINE | re.DOTALL)
    joined = "".join(blocks).replace("\\\n", " ")
    return [line[2:] for line in joined.splitlines() if line.startswith("$ ")]


@dataclass
class Shell:
    """Runs commands one after the other, where the one before ended."""

    cwd: Path
    wheel: Path
    last_id: str = "no-thread-yet"
    background: ExitStack = field(default_factory=ExitStack)

    def run(self, command: str) -> None:
        command = re.sub(r"\bID\b", self.last_id, command)
        if command.startswith("cd "):
            self.cwd /= command[3:].strip()
        elif command.startswith("uvx create-12-factor-agent"):
            self.create(command.replace("uvx", f"uvx --from {self.wheel}", 1))
        elif " serve" in command:
            self.background.enter_context(serving(command, self.cwd))
        else:
            self.check(command, run(["bash", "-c", command], self.cwd))

    def check(self, command: str, result: Result) -> None:
        # 3 is how the agent says that it waits for a human.
        assert result.code in {0, 3}, f"{command}\n{result.stdout}\n{result.stderr}"
        self.last_id = (ID.findall(result.stdout) or [self.last_id])[-1]

    def create(self, command: str) -> None:
        """At a terminal, as a newcomer: every question is answered with Enter."""
        with terminal(["bash", "-c", command], self.cwd, environment()) as user:
            if "--yes" not in command:
                user.accept("What does it do", "Which example", "Which components")
            assert user.end() == 0, user.seen


@contextmanager
def serving(command: str, cwd: Path) -> Iterator[None]:
    process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=cwd, env=environment())
    try:
        time.sleep(5)
        assert process.poll() is None, f"{command} ended"
        yield
    finally:
        process.terminate()
        process.wait(30)


def work_through(readme: Path, cwd: Path, wheel: Path, but: tuple[str, ...] = OURS) -> None:
    found = [command for command in commands(readme) if not command.endswith(but)]
    assert found, f"{readme} has no console block"
    shell = Shell(cwd, wheel)
    with shell.background:
        for command in found:
            shell.run(command)


def test_the_commands_of_our_own_readme(wheel: Path, tmp_path: Path) -> None:
    work_through(ROOT / "README.md", tmp_path, wheel)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_commands_of_a_generated_readme(wheel: Path, tmp_path: Path, example: str) -> None:
    python = interpreter("3.12") or interpreter("3.11")
    assert python, "there is neither Python 3.12 nor 3.11 here"
    command = installed(wheel, python, tmp_path / "cli")
    create = [str(command), "my-agent", "--yes", "--data", f"example={example}"]
    succeed(run_offline(create, tmp_path))
    # All tests of the first example are run by test_project.py; the slow ones by test_workflow.py,
    # and without an example by test_own_tools.py. An example's own are run below.
    but = (*OURS, "-m slow", *(["uv run pytest"] if example == EXAMPLES[0] else []))
    project = tmp_path / "my-agent"
    work_through(project / "README.md", project, wheel, but)
    yours = (project / "tests/yours").glob("*.py")
    if slow := [str(path) for path in yours if "slow" in path.read_text()]:
        succeed(run_offline(["uv", "run", "pytest", "-m", "slow", *slow], project))
