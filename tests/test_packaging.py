"""What is built carries the template, the same from every source."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = "create_12_factor_agent"


def build(root: Path, target: str, out: Path, **env: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)]
    subprocess.run(command, cwd=root, check=True, env={**os.environ, **env}, capture_output=True)
    return next(out.glob("*.whl" if target == "wheel" else "*.tar.gz"))


def contents(wheel: Path) -> dict[str, list[bytes]]:
    """The lines of each file, sorted: the wheel's own list of files has no fixed order."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: sorted(archive.read(name).splitlines()) for name in archive.namelist()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


def test_the_wheel_carries_the_history_and_the_questions(wheel: Path) -> None:
    files = contents(wheel)
    assert b"# v2 git bundle" in files[f"{PACKAGE}/template.bundle"]
    assert f"{PACKAGE}/copier.yml" in files
    assert not [name for name in files if name.startswith(("template/", "tests/"))]


def test_two_builds_are_the_same(wheel: Path, tmp_path: Path) -> None:
    assert contents(build(ROOT, "wheel", tmp_path)) == contents(wheel)


def test_the_sdist_builds_the_same_wheel_without_git(wheel: Path, tmp_path: Path) -> None:
    sdist = build(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = next(tmp_path.glob("create_12_factor_agent-*"))
    again = build(unpacked, "wheel", tmp_path / "again", PATH="")
    assert contents(again) == contents(wheel)
