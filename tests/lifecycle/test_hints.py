"""What people are told to run does what it says."""

import re
import subprocess
from dataclasses import replace

import pytest
from conftest import Desk, Result, tree
from factory import Factory, Owner, make_project

FLAGS = [["--skip-worktree"], ["--assume-unchanged"], ["--skip-worktree", "--assume-unchanged"]]


def run_hint(owner: Owner, told: Result, pattern: str) -> None:
    """Run the command that the pattern finds, word for word, in the project's folder."""
    [command] = re.findall(pattern, told.stdout + told.stderr, re.MULTILINE)
    subprocess.run(command, shell=True, cwd=owner.project, env=owner.desk.env, check=True)


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("name", ["src/loop.py", "src/going.py"])
def test_an_edit_that_git_was_told_not_to_see(owner: Owner, flags: list[str], name: str) -> None:
    for flag in flags:
        owner.git("update-index", flag, name)
    owner.write(name, "mine = 1\n")
    files = tree(owner.project)
    refused = owner.update()
    assert (refused.code, tree(owner.project)) == (2, files)
    run_hint(owner, refused, r"(git update-index .*), and commit it$")
    assert owner.git("status", "--porcelain") == f" M {name}\n"
    owner.commit()
    assert owner.update().code == 3


@pytest.mark.parametrize("flags", FLAGS)
def test_what_git_will_not_see_of_an_update(owner: Owner, flags: list[str]) -> None:
    for flag in flags:
        owner.git("update-index", flag, "src/loop.py")
    updated = owner.update()
    assert updated.code == 0
    owner.git("add", "--all")
    assert "src/loop.py" not in owner.git("diff", "--cached", "--name-only")
    run_hint(owner, updated, r"(git update-index .*), and commit it$")
    owner.git("add", "--all")
    assert "src/loop.py" in owner.git("diff", "--cached", "--name-only")


@pytest.mark.parametrize("partial", [[], ["--filter=blob:none"], ["--filter=tree:0"]])
def test_a_sparse_checkout(owner: Owner, partial: list[str]) -> None:
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        owner.git("config", setting, "true")
    owner.desk.git("clone", "-q", *partial, "--sparse", owner.project.as_uri(), "sparse")
    sparse = replace(owner, project=owner.desk.here / "sparse")
    refused = sparse.update()
    assert (refused.code, refused.stderr.count("\n")) == (2, 1)
    assert len(refused.stderr) < 300
    run_hint(sparse, refused, r"(git sparse-checkout \w+), then run this again$")
    assert sparse.update().code == 0


def test_a_project_that_was_never_committed(desk: Desk, factory: Factory) -> None:
    owner = make_project(desk, factory, "0.1.0", "--no-git")
    run_hint(owner, owner.update(), r"no git repository: (.*)$")
    assert owner.update().code == 0


def test_a_repository_without_a_commit(desk: Desk, factory: Factory) -> None:
    owner = make_project(desk, factory, "0.1.0", "--no-git")
    owner.git("init", "-q")
    run_hint(owner, owner.update(), r"is not committed yet: (.*)$")
    assert owner.update().code == 0


def test_a_first_commit_that_git_would_not_make(desk: Desk, factory: Factory) -> None:
    desk.configure("commit.gpgsign", "true")
    desk.configure("gpg.program", "false")
    owner = Owner(desk, factory, desk.here / "my-agent")
    made = owner.run("0.1.0", "new", "my-agent", "--yes", cwd=desk.here)
    desk.configure("commit.gpgsign", "false")
    run_hint(owner, made, r"left to you, run: (.*)$")
    assert owner.update().code == 0


def test_answers_that_are_not_committed(owner: Owner) -> None:
    owner.git("rm", "-q", "--cached", ".copier-answers.yml")
    owner.git("commit", "-q", "-m", "Forget them")
    run_hint(owner, owner.update(), r"is not committed: (.*)$")
    assert owner.update().code == 0


def test_what_the_template_made_and_git_does_not_know(owner: Owner) -> None:
    owner.git("rm", "-q", "--cached", "run.sh", "src/loop.py")
    owner.git("commit", "-q", "-m", "Forget them")
    run_hint(owner, owner.update(), r": (git add --force .*), or move it$")
    assert owner.update().code == 0


def test_what_git_ignores_of_what_comes(owner: Owner) -> None:
    owner.write(".git/info/exclude", "src/two.py\nfresh\n")
    run_hint(owner, owner.update(), r"git ignores .*: (git add --force .*)$")
    added = owner.git("diff", "--cached", "--name-only", "--diff-filter=A").split()
    assert added == ["fresh/folder/one.py", "src/two.py"]


def test_what_a_repository_around_ignores(desk: Desk, factory: Factory) -> None:
    desk.git("init", "-q")
    (desk.here / ".git/info/exclude").write_text("*.md\n")
    owner = Owner(desk, factory, desk.here / "my-agent")
    made = owner.run("0.1.0", "new", "my-agent", "--yes", cwd=desk.here)
    run_hint(owner, made, r"it ignores .*: (git add --force \.) there")
    owner.git("commit", "-q", "-m", "Begin")
    assert owner.update().code == 0


@pytest.mark.parametrize("name", ["src/loop.py", "tool.sh", "README.md"])
def test_what_the_template_changed_in_what_was_deleted(owner: Owner, name: str) -> None:
    (owner.project / name).unlink()
    owner.commit()
    updated = owner.update()
    assert updated.code == 3
    [command] = re.findall(
        rf"what the template changed in {name}: (git diff .*)$", updated.stdout, re.M
    )
    done = subprocess.run(
        command, shell=True, cwd=owner.project, env=owner.desk.env, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert re.search(r"^\+.*(1500|in two|in three)", done.stdout, re.MULTILINE)
    assert owner.run("0.3.0", "update", "--abort").code == 0
    assert "git diff" not in owner.update("0.3.0", "--dry-run").stdout
