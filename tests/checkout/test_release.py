"""A release from the first step to the last but one, in a clone with an origin of its own."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from building import IDENTITY, NOBODY, PACKAGE, stand_in
from conftest import Result

from create_12_factor_agent.git import git

TOKEN = "UV_PUBLISH_TOKEN"


@dataclass(frozen=True)
class Clone:
    path: Path

    def git(self, *arguments: str) -> str:
        return git(*arguments, cwd=self.path, env={**NOBODY, **IDENTITY})

    def release(self, *arguments: str, **env: str) -> Result:
        kept = {key: value for key, value in os.environ.items() if key != TOKEN}
        done = subprocess.run(
            [sys.executable, self.path / ".ci/release", *arguments],
            cwd=self.path.parent,
            env={**kept, **NOBODY, **IDENTITY, "PYTHONPATH": str(self.path / "src"), **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def succeed(self, *arguments: str) -> str:
        result = self.release(*arguments)
        assert result.code == 0, result.stderr
        return result.stdout

    def refused(self, *arguments: str, **env: str) -> str:
        before = self.git("rev-parse", "HEAD"), self.git("tag"), self.git("status", "--porcelain")
        result = self.release(*arguments, **env)
        assert result.code in (1, 2), result.stdout
        assert "Traceback" not in result.stderr
        after = self.git("rev-parse", "HEAD"), self.git("tag"), self.git("status", "--porcelain")
        assert before == after
        return result.stderr

    def change(self, what: str) -> None:
        """A change of the template, with its line in the CHANGELOG."""
        path = self.path / "CHANGELOG.md"
        text = path.read_text().replace("## Unreleased\n", f"## Unreleased\n\n- {what}\n", 1)
        path.write_text(text)
        (self.path / "template/project/CHANGED.md").write_text(f"{what}\n")
        self.git("add", "--all")
        self.git("commit", "-q", "-m", what)

    def version(self) -> str:
        text = (self.path / f"src/{PACKAGE}/__init__.py").read_text()
        return str(re.findall(r'__version__ = "(.*)"', text)[0])


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    git("clone", "-q", str(stand_in(tmp_path)), "clone", cwd=tmp_path)
    clone = Clone(tmp_path / "clone")
    clone.change("A change")
    return clone


def test_a_release_is_prepared_and_tagged(clone: Clone) -> None:
    assert ".ci/release tag 90.0.0" in clone.succeed("prepare", "90.0.0")
    assert clone.version() == "90.0.0"
    headings = re.findall(r"^## (.*)$", (clone.path / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert re.fullmatch(r"90\.0\.0 - \d{4}-\d\d-\d\d", headings[1])
    assert clone.git("status", "--porcelain") == ""

    assert ".ci/release build 90.0.0" in clone.succeed("tag", "90.0.0")
    assert clone.git("cat-file", "-t", "v90.0.0") == "tag\n"
    assert clone.git("log", "-2", "--format=%s") == "Begin 90.0.1\nRelease 90.0.0\n"
    assert clone.git("describe") == "v90.0.0-1-g" + clone.git("rev-parse", "--short", "HEAD")
    assert clone.version() == "90.0.1.dev0"


def test_only_a_version_above_all_releases_can_be_prepared(clone: Clone) -> None:
    clone.git("tag", "v90.0.0")
    assert "90.0.0 is released" in clone.refused("prepare", "90.0.0")
    assert "90.0.0 is released" in clone.refused("prepare", "89.1.0")
    assert "is no release" in clone.refused("prepare", "90.1.0rc1")


def test_a_release_says_what_changed(clone: Clone) -> None:
    clone.succeed("prepare", "90.0.0")
    assert "nothing under ## Unreleased" in clone.refused("prepare", "90.1.0")


def test_changes_that_are_not_committed_are_no_part_of_a_release(clone: Clone) -> None:
    (clone.path / "README.md").write_text("Another\n")
    assert "not committed" in clone.refused("prepare", "90.0.0")
    assert "not committed" in clone.refused("tag", "90.0.0")


def test_a_release_is_made_on_main(clone: Clone) -> None:
    clone.git("switch", "-q", "-c", "side")
    assert "git switch main" in clone.refused("prepare", "90.0.0")


def test_a_release_has_all_that_origin_has(clone: Clone) -> None:
    clone.git("push", "-q", "origin", "main")
    clone.git("reset", "-q", "--hard", "HEAD^")
    assert "git pull" in clone.refused("prepare", "90.0.0")


def test_only_what_was_prepared_can_be_tagged(clone: Clone) -> None:
    assert ".ci/release prepare 90.0.0" in clone.refused("tag", "90.0.0")


def test_a_tag_is_never_moved(clone: Clone) -> None:
    clone.succeed("prepare", "90.0.0")
    clone.git("tag", "v90.0.0", "HEAD^")
    assert "already exists" in clone.refused("tag", "90.0.0")


def test_what_was_not_built_cannot_be_checked(clone: Clone) -> None:
    assert ".ci/release build 90.0.0" in clone.refused("check", "90.0.0")
    assert "v90.0.0" in clone.refused("build", "90.0.0")


@pytest.mark.slow
def test_a_release_is_built_and_proven_and_could_be_published(clone: Clone) -> None:
    for version in ("90.0.0", "90.1.0"):
        clone.change(f"What {version} brings")
        clone.succeed("prepare", version)
        clone.succeed("tag", version)
    # What lies about has no part in it, and neither have the commits behind the tag.
    (clone.path / "template/project/stray").write_text("stray\n")
    clone.succeed("build", "90.1.0")
    assert sorted(path.name for path in (clone.path / "dist").iterdir()) == [
        f"{PACKAGE}-90.1.0-py3-none-any.whl",
        f"{PACKAGE}-90.1.0.tar.gz",
    ]
    assert "git push --atomic origin main v90.1.0" in clone.succeed("check", "90.1.0")

    assert "git push origin v90.1.0" in clone.refused("publish", "90.1.0", "--dry-run")
    clone.git("push", "-q", "--atomic", "origin", "main", "v90.1.0")
    assert "uv publish" in clone.succeed("publish", "90.1.0", "--dry-run")
    assert TOKEN in clone.refused("publish", "90.1.0")
    assert "needs a terminal" in clone.refused("publish", "90.1.0", **{TOKEN: "a token"})

    # Both are caught: a wheel with another template, and a release that it lacks.
    clone.git("tag", "-d", "v90.0.0")
    assert "the wheel has" in clone.refused("check", "90.1.0")
    clone.git("tag", "v90.0.0", "v90.1.0^{}")
    assert "v90.0.0 is not what is tagged" in clone.refused("check", "90.1.0")
