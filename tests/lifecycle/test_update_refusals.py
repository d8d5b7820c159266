"""What `update`, `add`, `remove` and `status` refuse: one line, exit code 2, nothing touched."""

import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Desk, Result
from factory import Factory, Owner, answers, make_project


def refused(result: Result, *words: str) -> None:
    assert result.code == 2, f"{result.stdout}{result.stderr}"
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


COMMANDS = [["update", "--yes"], ["update", "--check"], ["add", "ci"], ["remove", "ci"], ["status"]]


@pytest.mark.parametrize("command", [["update", "--yes"], ["status"]])
@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "holds no answers"),
        ("- a\n- b\n", "holds no answers"),
        ("a: [\n", "is broken"),
        ("\x00\x01", "is broken"),
        ("_src_path: elsewhere\n_commit: v0.1.0\n", "elsewhere"),
        ("_commit: v0.1.0\n", "_src_path is missing"),
    ],
)
def test_an_answers_file_that_is_none(
    owner: Owner, command: list[str], text: str, word: str
) -> None:
    owner.write(".copier-answers.yml", text)
    owner.commit()
    before = owner.everything()
    refused(owner.run("0.3.0", *command), ".copier-answers.yml", word)
    assert owner.everything() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_version_that_is_none(owner: Owner, command: list[str]) -> None:
    whole = answers(owner)
    for line, words in {
        "": ["no _commit"],
        "_commit: 7\n": ["no _commit"],
        "_commit: 1a2b3c4\n": ["1a2b3c4", "no version"],
        "_commit: v0.0.9\n": ["v0.0.9", "never released"],
        "_commit: v0.9.0\n": ["v0.9.0", "v0.3.0", "newer create-12-factor-agent"],
    }.items():
        owner.write(".copier-answers.yml", whole.replace("_commit: v0.1.0\n", line))
        owner.commit()
        before = owner.everything()
        refused(owner.run("0.3.0", *command), *words)
        assert owner.everything() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_is_no_project(owner: Owner, command: list[str]) -> None:
    refused(owner.run("0.3.0", *command, cwd=owner.desk.here), "no generated project")
    (owner.project / ".git").rename(owner.desk.here / "git")
    refused(owner.run("0.3.0", *command), "no git repository")


def test_a_folder_that_is_not_there(owner: Owner) -> None:
    refused(owner.run("0.3.0", "update", "nowhere"), "nowhere is no folder")
    refused(owner.run("0.3.0", "status", "README.md"), "README.md is no folder")


@pytest.mark.parametrize("command", [["update", "--yes"], ["add", "ci"], ["update", "--dry-run"]])
def test_what_is_not_committed(owner: Owner, command: list[str]) -> None:
    owner.edit("README.md", "How to begin", "Mine")
    before = owner.everything()
    refused(owner.run("0.2.0", *command), "README.md", "commit")
    assert owner.everything() == before
    owner.git("add", "README.md")
    refused(owner.run("0.2.0", *command), "README.md", "commit")
    owner.commit()
    assert owner.run("0.2.0", *command).code == 0


def test_a_project_that_was_never_committed(desk: Desk, factory: Factory) -> None:
    owner = make_project(desk, factory, "0.1.0", "--no-git")
    refused(owner.update(), "no git repository")
    owner.git("init", "-q")
    refused(owner.update(), "not committed yet")


@pytest.mark.parametrize(
    ("to", "words"),
    [("9.9.9", ["9.9.9", "v0.3.0"]), ("nonsense", ["nonsense"]), ("0.1.0", ["no way back"])],
)
def test_a_version_to_which_there_is_no_way(owner: Owner, to: str, words: list[str]) -> None:
    assert owner.update("0.3.0", "--to", "0.2.0").code == 0
    owner.commit()
    before = owner.everything()
    refused(owner.update("0.3.0", "--to", to), *words)
    assert owner.everything() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["update", "--data", "nope=1"], ["nope", "no such question"]),
        (["update", "--data", "components=[nope]"], ["nope", "docker, ci"]),
        (["update", "--data", "colour"], ["KEY=VALUE"]),
        (["add", "nope"], ["nope", "docker, ci"]),
        (["remove", "nope"], ["nope"]),
        (["add"], ["add --list"]),
    ],
)
def test_words_that_mean_nothing_here(owner: Owner, arguments: list[str], words: list[str]) -> None:
    before = owner.everything()
    refused(owner.run("0.3.0", *arguments), *words)
    assert owner.everything() == before


def test_git_that_is_missing_or_too_old(owner: Owner, tmp_path: Path) -> None:
    for said in (None, "git version 2.25.1"):
        folder = tmp_path / str(said)
        folder.mkdir()
        if said:
            old = folder / "git"
            old.write_text(f"#!{shutil.which('sh')}\necho {said}\n")
            old.chmod(old.stat().st_mode | stat.S_IXUSR)
        for command in COMMANDS:
            refused(owner.run("0.3.0", *command, cwd=None, PATH=str(folder)), "git", "is needed")


def test_a_repository_of_another_user_is_git_s_own_word(owner: Owner) -> None:
    told = owner.run("0.3.0", "status", cwd=None, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    refused(told, "safe.directory")


@pytest.mark.parametrize("command", [["update", "--yes"], ["status"], ["new", "x", "--yes"]])
def test_a_damaged_installation_says_so(owner: Owner, tmp_path: Path, command: list[str]) -> None:
    shutil.copytree(owner.factory.installed("0.3.0"), tmp_path / "installed-0.3.0")
    carried = next(tmp_path.rglob("template.history.xz"))
    carried.write_bytes(carried.read_bytes()[:200])
    before = owner.everything()
    damaged = replace(owner, factory=Factory(tmp_path)).run("0.3.0", *command)
    assert (damaged.code, damaged.stderr.count("\n")) == (1, 1)
    assert "is damaged: install the package again" in damaged.stderr
    assert owner.everything() == before


@pytest.mark.parametrize("command", [["update", "--yes"], ["add", "ci"]])
def test_answers_that_are_not_committed(owner: Owner, command: list[str]) -> None:
    owner.git("rm", "-q", "--cached", ".copier-answers.yml")
    owner.git("commit", "-q", "-m", "Mine")
    before = owner.everything()
    refused(owner.run("0.3.0", *command), ".copier-answers.yml is not committed")
    assert owner.everything() == before


def test_names_are_written_as_people_write_them(owner: Owner) -> None:
    owner.write("src/ä ö.py", "one = 1\n")
    owner.commit()
    owner.write("src/ä ö.py", "two = 2\n")
    refused(owner.update(), "(src/ä ö.py)")


@pytest.mark.parametrize(
    "arguments", [["remove"], ["remove", "--json"], ["update", "--nosuch"], ["status", "a", "b"]]
)
def test_a_command_that_cannot_be_read(owner: Owner, arguments: list[str]) -> None:
    refused(owner.run("0.3.0", *arguments), ": see ", f"{arguments[0]} --help\n")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["update", "--check", "--diff"], "--check only looks"),
        (["update", "--check", "--data", "colour=red"], "--check only looks"),
        (["update", "--abort", "--check"], "--abort goes with --json alone"),
        (["add", "--list", "docker"], "--list only shows"),
        (["update", "--to", ""], '--to "": no such version'),
    ],
)
def test_flags_that_do_not_go_together(owner: Owner, arguments: list[str], word: str) -> None:
    refused(owner.run("0.3.0", *arguments), word)
