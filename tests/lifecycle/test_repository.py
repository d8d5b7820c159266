"""A new project is one repository with one commit, whatever the user's git is set to."""

import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import Desk, one_at_once, tree


def only_commit(desk: Desk, project: Path) -> str:
    return desk.git("log", "--format=%an %s", cwd=project).strip()


def test_a_project_is_one_commit_on_main_with_every_file(desk: Desk) -> None:
    created = desk.run("bot", "--yes", "--json").json
    project = desk.here / "bot"
    assert created["git"] == "created"
    assert only_commit(desk, project).startswith("A User Create from create-12-factor-agent v")
    assert desk.git("branch", "--show-current", cwd=project) == "main\n"
    assert desk.git("status", "--porcelain", cwd=project) == ""
    assert sorted(desk.git("ls-files", cwd=project).split()) == created["files"]


def test_no_git_means_no_repository(desk: Desk) -> None:
    assert desk.run("bot", "--yes", "--json", "--no-git").json["git"] == "none"
    assert not (desk.here / "bot/.git").exists()


@pytest.mark.parametrize("target", ["bot", "deep/bot", "."])
def test_inside_a_repository_none_is_made_and_a_word_is_said(desk: Desk, target: str) -> None:
    desk.git("init", "-q")
    created = desk.run(target, "--yes", "--json").json
    assert created["git"] == "existing"
    assert any("is a git repository already" in warning for warning in created["warnings"])
    assert [path for path in desk.here.rglob(".git") if path != desk.here / ".git"] == []
    assert desk.git("diff", "--cached", "--name-only") == ""


def test_without_an_identity_the_files_are_there_and_it_is_said(desk: Desk) -> None:
    desk.configure("--unset", "user.email")
    desk.configure("user.useConfigOnly", "true")
    made = desk.run("bot", "--yes", "--json")
    assert made.code == 0
    [said] = [warning for warning in made.json["warnings"] if "git commit -m" in warning]
    assert said.startswith("git does not know who you are: git config --global user.name and user")
    bot = desk.here / "bot"
    staged = desk.git("diff", "--cached", "--name-only", cwd=bot).split()
    assert sorted(staged) == sorted(tree(bot))
    desk.configure("user.email", "user@example.org")
    (bot / ".env").write_text("OPENAI_API_KEY=sk-1\n")
    subprocess.run(said.rpartition("run: ")[2], shell=True, cwd=bot, env=desk.env, check=True)
    assert desk.git("ls-files", cwd=bot).split() == sorted(staged)


def test_a_signature_that_cannot_be_made_is_a_warning(desk: Desk) -> None:
    desk.configure("commit.gpgsign", "true")
    desk.configure("gpg.program", "false")
    created = desk.run("bot", "--yes", "--json")
    assert created.code == 0
    assert any("git commit -m" in warning for warning in created.json["warnings"])


def test_line_ends_that_git_will_not_add_are_committed_as_they_are(desk: Desk) -> None:
    desk.configure("core.autocrlf", "true")
    desk.configure("core.safecrlf", "true")
    assert desk.run("bot", "--yes", "--json").json["warnings"][1:] == []
    assert only_commit(desk, desk.here / "bot")


@pytest.mark.parametrize("name", ["LITERAL", "ICASE", "NOGLOB", "GLOB"])
def test_how_an_editor_has_git_read_paths_is_not_how_we_do(desk: Desk, name: str) -> None:
    desk.git("init", "-q")
    (desk.here / ".git/info/exclude").write_text("*.md\n")
    created = desk.run("bot", "--yes", "--json", **{f"GIT_{name}_PATHSPECS": "1"})
    assert (created.code, created.stderr) == (0, "")
    assert any("it ignores AGENTS.md" in warning for warning in created.json["warnings"])


def test_the_user_s_hooks_do_not_run_and_cannot_hang(desk: Desk) -> None:
    hooks = Path(desk.env["HOME"], "hooks")
    hooks.mkdir()
    for name in ("pre-commit", "commit-msg", "post-commit", "post-checkout"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {hooks}/ran\nsleep 300\n")
        (hooks / name).chmod(0o755)
    desk.configure("core.hooksPath", str(hooks))
    result = desk.run("bot", "--yes")
    assert (result.code, "git said" in result.stdout) == (0, False)
    assert only_commit(desk, desk.here / "bot")
    assert not (hooks / "ran").exists()


def test_another_repository_s_index_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    other = tmp_path / "other"
    desk.git("init", "-q", str(other))
    (other / "file").write_text("mine")
    desk.git("add", "file", cwd=other)
    before = tree(other / ".git")
    env = {"GIT_DIR": f"{other}/.git", "GIT_INDEX_FILE": f"{other}/.git/index"}
    result = desk.run("bot", "--yes", "--json", **env, GIT_WORK_TREE=str(other))
    assert result.json["git"] == "created"
    assert tree(other / ".git") == before
    assert only_commit(desk, desk.here / "bot").startswith("A User")


SETTINGS = [
    ("core.autocrlf", "true"),
    ("protocol.file.allow", "never"),
    ("url.ssh://git@nowhere.invalid/.insteadOf", "https://github.com/"),
    ("safe.bareRepository", "explicit"),
    ("fetch.prune", "true"),
    ("tag.gpgSign", "true"),
    ("init.defaultBranch", "trunk"),
    ("core.fsmonitor", "true"),
]


@pytest.mark.parametrize("setting", one_at_once(SETTINGS))
def test_a_user_s_own_git_settings_do_not_matter(desk: Desk, setting: tuple[str, str]) -> None:
    plain = desk.run("plain", "--yes", "--data", "project_name=bot")
    desk.configure(*setting)
    result = desk.run("bot", "--yes")
    assert (plain.code, result.code, result.stderr) == (0, 0, "")
    assert tree(desk.here / "bot") == tree(desk.here / "plain")
    branch = {"init.defaultBranch": "trunk"}.get(setting[0], "main")
    assert desk.git("branch", "--show-current", cwd=desk.here / "bot") == f"{branch}\n"


@pytest.mark.parametrize("branch", ["main", "master", "team/trunk"])
def test_the_workflow_runs_on_the_first_branch(desk: Desk, branch: str) -> None:
    """On the default branch of the repository, by no name."""
    desk.configure("init.defaultBranch", branch)
    assert desk.run("bot", "--yes", "--data", "components=[ci]").code == 0
    assert desk.git("branch", "--show-current", cwd=desk.here / "bot") == f"{branch}\n"
    text = (desk.here / "bot/.github/workflows/ci.yml").read_text()
    workflow = yaml.load(text, yaml.BaseLoader)
    assert workflow["on"] == {"push": "", "pull_request": ""}
    assert "github.event.repository.default_branch" in workflow["jobs"]["check"]["if"]


def test_settings_given_through_the_environment_stay(desk: Desk) -> None:
    env = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "From The Environment",
        "GIT_ALLOW_PROTOCOL": "https",
    }
    assert desk.run("bot", "--yes", **env).code == 0
    assert only_commit(desk, desk.here / "bot").startswith("From The Environment")


@pytest.mark.parametrize("folder", ["with space", "ünï", "it's", "a:b"])
def test_a_path_may_have_spaces_and_letters_of_any_kind(desk: Desk, folder: str) -> None:
    (desk.here / folder).mkdir()
    result = desk.run(f"{folder}/bot", "--yes", "--json")
    assert result.code == 0
    assert result.json["git"] == "created"
