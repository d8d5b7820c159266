"""What all tests share: the command in a clean environment, and the flag for golden files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from factory import Factory, Owner

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "create_12_factor_agent"]

collect_ignore = ["golden"]


def one_at_once(cases: Iterable[Any], *, are_tuples: bool = False) -> list[Any]:
    """Cases of one kind: the first with the fast tests, the others with the slow ones; `are_tuples`
    where each has several arguments.
    """
    first, *others = cases
    given = others if are_tuples else [(case,) for case in others]
    return [first, *(pytest.param(*case, marks=pytest.mark.slow) for case in given)]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--refresh-golden", action="store_true", help="write the golden trees anew")


@dataclass(frozen=True)
class Result:
    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Desk:
    """A working directory, a home and a temporary folder of one's own."""

    here: Path
    env: Mapping[str, str]

    def run(self, *arguments: str, **env: str) -> Result:
        """Run the command without a terminal."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.here,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.here,
            env=self.env,
            check=True,
            capture_output=True,
            encoding="utf-8",
        )
        return done.stdout

    def configure(self, *lines: str) -> None:
        """Set the user's own git configuration: `configure("commit.gpgsign", "true")`."""
        self.git("config", "--global", *lines)

    def left(self) -> list[str]:
        """Everything in the working directory and in the temporary folder."""
        folders = self.here, Path(self.env["TMPDIR"])
        return sorted(entry.name for folder in folders for entry in folder.iterdir())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return set_up(tmp_path)


@pytest.fixture(scope="session")
def desk_in() -> Callable[[Path], Desk]:
    """For what is made once for many tests."""
    return set_up


def set_up(folder: Path) -> Desk:
    """Where a user without any history sits down: only git's identity is set."""
    here, home, temporary = folder / "here", folder / "home", folder / "tmp"
    for folder in (here, home, temporary):
        folder.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env = {**kept, "HOME": str(home), "TMPDIR": str(temporary), "XDG_CONFIG_HOME": str(home)}
    desk = Desk(here, env)
    desk.configure("user.name", "A User")
    desk.configure("user.email", "user@example.org")
    return desk


def tree(folder: Path) -> dict[str, bytes]:
    """The files below `folder`, without its repository."""
    files = (path for path in folder.rglob("*") if path.is_file())
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: found[name] for name in sorted(found) if not name.startswith(".git/")}


@pytest.fixture(scope="session")
def factory(tmp_path_factory: pytest.TempPathFactory) -> "Factory":
    """The history of a small template, once for all tests of a worker."""
    from factory import make_factory

    return make_factory(tmp_path_factory.mktemp("factory"))


@pytest.fixture
def owner(desk: Desk, factory: "Factory") -> "Owner":
    """Who has a project made by version 0.1.0."""
    from factory import make_project

    return make_project(desk, factory)
