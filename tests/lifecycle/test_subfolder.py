"""A project in a folder of a repository: what runs at the root works, and what to do is said."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import Desk

COMPONENTS = "components=[ci,precommit]"
FOLDERS = ["bot", "apps/my bot", "ünï/a.b+c"]
# What the hooks call, without the packages of the project.
UV = """#!/bin/sh
test "$1" = run && test -f "$3/pyproject.toml" || exit 9
test "$2" = --project || cd "$3" || exit 9
tool=$4
shift 4
test "$tool" = ruff || exit 0
exec ruff "$@"
"""


def made(desk: Desk, folder: str, how: str) -> list[str]:
    """A project with both components in a repository, and what was said about it."""
    desk.git("init", "-q", "-b", "main")
    data = ("--data", "project_name=bot", "--yes", "--json")
    if how == "new":
        created = desk.run(folder, *data, "--data", COMPONENTS)
        assert created.code == 0, created.stderr
        return list(created.json["warnings"])
    assert desk.run(folder, *data).code == 0
    desk.git("add", "--all")
    desk.git("commit", "-q", "-m", "Begin")
    added = desk.run("add", "ci", "precommit", "--project", folder, "--json")
    assert added.code == 0, added.stderr
    return list(added.json["notes"])


@pytest.mark.parametrize("how", ["new", "add"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_the_workflow_is_moved_by_the_command_that_is_printed(
    desk: Desk, folder: str, how: str
) -> None:
    [note] = [note for note in made(desk, folder, how) if "GitHub" in note]
    command = note.partition("alone: ")[2]
    subprocess.run(command, shell=True, cwd=desk.here, check=True)
    assert not (desk.here / folder / ".github/workflows/ci.yml").exists()
    [workflow] = (desk.here / ".github/workflows").glob("*.yml")
    found = yaml.safe_load(workflow.read_text())
    assert found["jobs"]["check"]["defaults"]["run"]["working-directory"] == folder
    assert found["name"] != "ci"


@pytest.mark.slow
@pytest.mark.parametrize("how", ["new", "add"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_the_hooks_check_what_is_committed_in_it_and_nothing_else(
    desk: Desk, folder: str, how: str
) -> None:
    made(desk, folder, how)
    project, tools = desk.here / folder, desk.here.parent / "tools"
    tools.mkdir()
    (tools / "uv").write_text(UV)
    (tools / "uv").chmod(0o755)
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), desk.env["PATH"]])
    env = {**desk.env, "PATH": path, "PRE_COMMIT_HOME": str(tools / "cache")}

    def call(*command: str, cwd: Path = desk.here) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)

    assert call("pre-commit", "install", cwd=project).returncode == 0
    (desk.here / "theirs.py").write_text("import os\nx  =  1\n")
    call("git", "add", "theirs.py")
    theirs = call("git", "commit", "-m", "Theirs")
    assert (theirs.returncode, theirs.stderr.count("Skipped")) == (0, 3), theirs.stderr
    call("git", "add", "--all")
    ours = call("git", "commit", "-m", "Ours")
    assert (ours.returncode, ours.stderr.count("Passed")) == (0, 3), ours.stderr
    (project / "src/agent/wrong.py").write_text("import os\n")
    call("git", "add", "--all")
    refused = call("git", "commit", "-m", "Wrong")
    assert (refused.returncode, "F401" in refused.stderr) == (1, True)


@pytest.mark.parametrize("how", ["new", "add"])
def test_hooks_that_are_there_already_are_told_of(desk: Desk, how: str) -> None:
    (desk.here / ".pre-commit-config.yaml").write_text("repos: []\n")
    [note] = [note for note in made(desk, "apps/bot", how) if "pre-commit install" in note]
    assert "apps/bot/.pre-commit-config.yaml" in note


def test_at_the_root_nothing_is_said(desk: Desk) -> None:
    desk.git("init", "-q")
    created = desk.run(".", "--yes", "--json", "--data", COMPONENTS)
    assert not [said for said in created.json["warnings"] if re.search("GitHub|hook", said)]
    assert "--project" not in (desk.here / ".pre-commit-config.yaml").read_text()


def test_status_and_update_know_where_it_is(desk: Desk) -> None:
    made(desk, "apps/bot", "new")
    desk.git("add", "--all")
    desk.git("commit", "-q", "-m", "Begin")
    files = desk.run("status", "apps/bot", "--json").json["files"]
    assert set(files.values()) == {"template"}
    removed = desk.run("remove", "precommit", "--project", "apps/bot", "--json")
    assert (removed.code, removed.json["conflicts"]) == (0, [])
