"""Whole projects: made by the wheel without a network, then lived in."""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from building import buildable
from conftest import ROOT, Result

VERSIONS = ("3.11", "3.12", "3.13")
PATIENCE = 1800
SCRIPTS = Path(sys.executable).parent

# Where no network namespace may be made, every proxy is a closed door instead.
NO_NETWORK = {
    **dict.fromkeys(
        ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"
    ),
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
    "UV_OFFLINE": "1",
    "PIP_NO_INDEX": "1",
}
# In a new network namespace even loopback is down, and servers are tested on it.
LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1))
os.execvp(sys.argv[1], sys.argv[1:])
"""


@functools.cache
def namespace() -> tuple[str, ...]:
    """What a command begins with that has no network; nothing where that cannot be made. As root it
    keeps the other users: Postgres runs as one of them.
    """
    for what in ("-n", "-rn") if shutil.which("unshare") else ():
        begins = ("unshare", what, sys.executable, "-c", LOOPBACK_UP)
        if subprocess.run([*begins, "true"], capture_output=True).returncode == 0:
            return begins
    return ()


def pytest_report_header() -> str:
    how = "in a network namespace of its own" if namespace() else "behind closed proxies"
    return f"generated projects: networking is off, {how}"


def environment() -> dict[str, str]:
    """As after `activate` was never called, but uv, which is a tool of ours, is found."""
    ours = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}
    kept = {key: value for key, value in os.environ.items() if key not in ours}
    kept = {key: value for key, value in kept.items() if not key.startswith(("GIT_", "PYTEST_"))}
    identity = {
        "GIT_AUTHOR_NAME": "A User",
        "GIT_AUTHOR_EMAIL": "user@example.org",
        "GIT_COMMITTER_NAME": "A User",
        "GIT_COMMITTER_EMAIL": "user@example.org",
    }
    return {
        **kept,
        **identity,
        "PATH": f"{kept['PATH']}:{SCRIPTS}",
        "UV_PYTHON_DOWNLOADS": "never",
        "PYTEST_DEBUG_TEMPROOT": room(),
    }


@functools.cache
def room() -> str:
    """Where the project's own pytest keeps its folders. It closes those above them to others, and a
    Postgres runs as somebody else from the environments in ours.
    """
    folder = tempfile.mkdtemp(prefix="inner-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def run(command: Sequence[str], cwd: Path, **env: str) -> Result:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**environment(), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def run_offline(command: Sequence[str], cwd: Path, **env: str) -> Result:
    """Run it where there is no network but loopback."""
    prefix = namespace()
    return run([*prefix, *command], cwd, **{**NO_NETWORK, **env})


def succeed(result: Result) -> Result:
    assert result.code == 0, f"{result.stdout}\n{result.stderr}"
    return result


@functools.cache
def interpreter(version: str) -> str | None:
    """A Python of that version: from PATH, from pyenv, or one that uv knows."""
    path = os.environ["PATH"].split(os.pathsep)
    found = [Path(folder, f"python{version}") for folder in path]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found += sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    known = run(["uv", "python", "find", "--system", version], ROOT).stdout.strip()
    found += [Path(known)] if known else []
    return next((str(python) for python in found if _works(python)), None)


def _works(python: Path) -> bool:
    # A pyenv shim is there, and executable, even when its version is not active.
    return python.is_file() and run([str(python), "-c", "import venv"], ROOT).code == 0


@dataclass(frozen=True)
class Project:
    """A generated project with its dependencies installed."""

    path: Path
    version: str
    tool: str
    created: Any = field(repr=False)

    def command(self, *arguments: str) -> list[str]:
        if self.tool == "uv":
            return ["uv", "run", *arguments]
        name, *rest = arguments
        return [str(self.path / ".venv/bin" / name), *rest]

    def run(self, *arguments: str) -> Result:
        return run_offline(self.command(*arguments), self.path)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out, root = tmp_path_factory.mktemp("wheel"), buildable(tmp_path_factory.mktemp("source"))
    succeed(run([sys.executable, "-m", "build", "--wheel", "-o", str(out)], root))
    return next(out.glob("*.whl"))


def installed(wheel: Path, python: str, folder: Path) -> Path:
    """The command, in a clean environment that has nothing but the wheel."""
    succeed(run([python, "-m", "venv", str(folder)], folder.parent))
    succeed(run([str(folder / "bin/pip"), "install", "-q", str(wheel)], folder.parent))
    return folder / "bin/create-12-factor-agent"


def fetch(project: Path, python: str, tool: str) -> None:
    """Everything that the project needs; from here on it can do without a network."""
    if tool == "uv":
        succeed(run(["uv", "sync", "--python", python], project))
        return
    succeed(run([python, "-m", "venv", ".venv"], project))
    succeed(run([".venv/bin/pip", "install", "-q", "-r", "requirements-dev.txt"], project))


@pytest.fixture(scope="class", params=VERSIONS)
def project(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A project for each version of Python, with the tool of the class that has this version."""
    version, tool = request.param, request.cls.tool
    if version not in request.cls.versions:
        pytest.skip("with the other tool")
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    folder = tmp_path_factory.mktemp(f"{tool}-{version}")
    command = installed(wheel, python, folder / "cli")
    made = succeed(run_offline([str(command), "my-agent", "--yes", "--json"], folder))
    fetch(folder / "my-agent", python, tool)
    return Project(folder / "my-agent", version, tool, made.json)
