"""What cannot be done ends with 2 and one line that says what to do; nothing is written."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import COMMAND, Desk, Result, one_at_once, tree
from terminal import terminal


def assert_refused(result: Result, *words: str) -> None:
    assert result.code == 2, result
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


def test_a_folder_with_files_is_refused_and_they_are_listed(desk: Desk) -> None:
    for name in "abcdefg":
        (desk.here / name).touch()
    before = desk.left()
    assert_refused(desk.run(".", "--yes"), "not empty (a, b, c, d, e and 2 more)")
    assert desk.left() == before


def test_a_target_that_is_a_file_is_refused(desk: Desk) -> None:
    (desk.here / "bot").write_text("mine")
    assert_refused(desk.run("bot", "--yes"), "bot is a file")
    assert (desk.here / "bot").read_text() == "mine"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("~/bot", "./~/bot"),
        ("~bot", "./~bot"),
        ("bot/.git/inner", "git's own folder"),
        (".git", "git's own folder"),
    ],
)
def test_a_folder_that_nobody_means_is_refused(desk: Desk, typed: str, words: str) -> None:
    assert_refused(desk.run(typed, "--yes"), words)
    assert desk.left() == []


def test_a_target_that_is_a_broken_link_is_refused(desk: Desk) -> None:
    (desk.here / "bot").symlink_to("nowhere")
    assert_refused(desk.run("bot", "--yes"), "broken link")


@pytest.mark.parametrize("typed", ["bot", "bot/mine", "./bot/"])
def test_a_link_that_leads_in_a_circle_is_refused(desk: Desk, typed: str) -> None:
    (desk.here / "bot").symlink_to("bot")
    assert_refused(desk.run(typed, "--yes"), "broken link")
    assert desk.left() == ["bot"]


@pytest.mark.parametrize("kind", ["a folder", "a file"])
def test_a_git_that_is_none_is_refused(desk: Desk, kind: str) -> None:
    place = desk.here / "bot" / ".git"
    place.parent.mkdir()
    if kind == "a folder":
        place.mkdir()
        (place / "foo").write_text("x")
    else:
        place.write_text("gitdir: /nonexistent\n")
    assert_refused(desk.run("bot", "--yes"), "is no git repository")
    assert [entry.name for entry in place.parent.iterdir()] == [".git"]


def test_a_parent_that_is_a_file_is_refused(desk: Desk) -> None:
    (desk.here / "file").touch()
    assert_refused(desk.run("file/bot", "--yes"), "file is a file")
    assert desk.left() == ["file"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder that even root cannot write")
def test_a_parent_that_cannot_be_written_is_refused(desk: Desk) -> None:
    assert_refused(desk.run("/proc/bot", "--yes"), "cannot write to /proc")


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("exmple=calculator", "no such question; choose from project_name, description, example"),
        ("example=calcultor", "choose from calculator"),
        ("example", "KEY=VALUE"),
        ("description=two\nlines", "one line"),
        ('description=a "quote"', "without"),
        ("description=<b>", "without"),
        ("description={{ x }}", "without"),
        ("description= ", "one line"),
        ("project_name=1x", "try agent-1x"),
        ("project_name=..", "try my-agent"),
    ],
)
def test_bad_data_is_refused(desk: Desk, pair: str, words: str) -> None:
    assert_refused(desk.run("bot", "--yes", "--data", pair), words)
    assert desk.left() == []


@pytest.mark.parametrize("name", ["", "class", "1x", "a" * 300, "智能", "🤖"])
def test_a_name_that_cannot_be_a_project_is_refused_with_a_suggestion(
    desk: Desk, name: str
) -> None:
    assert_refused(desk.run(name, "--yes"), "cannot be a project name", "; try ")
    assert desk.left() == []


def test_the_parent_folder_is_refused_because_it_holds_this_one(desk: Desk) -> None:
    assert_refused(desk.run("..", "--yes"), "not empty")


def test_without_a_terminal_the_missing_flags_are_named(desk: Desk) -> None:
    assert_refused(desk.run("bot"), "--data description=…", "--yes")
    assert_refused(desk.run(), "give DIR")
    assert_refused(desk.run("--yes"), "give DIR")
    assert desk.left() == []


def test_without_git_the_command_says_so(desk: Desk) -> None:
    assert_refused(desk.run("bot", "--yes", PATH=""), "git is needed")
    assert desk.left() == []


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"GIT_COMMITTER_DATE": "xx"}, "GIT_COMMITTER_DATE"),
        ({"GIT_AUTHOR_DATE": "yesterday-ish"}, "GIT_AUTHOR_DATE"),
        ({"GIT_CONFIG_COUNT": "many"}, "GIT_CONFIG_COUNT"),
        ({"GIT_CONFIG_COUNT": "2"}, "GIT_CONFIG_KEY_0"),
        ({"GIT_CONFIG_PARAMETERS": "xx"}, "GIT_CONFIG_PARAMETERS"),
    ],
)
def test_what_makes_every_git_fail_is_named(desk: Desk, env: dict[str, str], words: str) -> None:
    for command in (["bot", "--yes"], ["status"]):
        assert_refused(desk.run(*command, **env), "git does not run", words)
    assert desk.left() == []


def test_a_first_branch_that_can_be_none_is_named(desk: Desk) -> None:
    desk.configure("init.defaultBranch", "a b..c")
    assert_refused(desk.run("bot", "--yes"), "init.defaultBranch")
    assert desk.left() == []


@pytest.mark.parametrize("text", ["nonsense\n", "#!/nowhere/sh\n", "#!/bin/sh\nexit 3\n"])
def test_a_git_that_is_no_program_is_named(desk: Desk, text: str) -> None:
    git = desk.here.parent / "bin" / "git"
    git.parent.mkdir()
    git.write_text(text)
    git.chmod(0o755)
    path = f"{git.parent}:{desk.env['PATH']}"
    assert_refused(desk.run("bot", "--yes", PATH=path), "git", "does not ru")
    assert desk.left() == []


def test_too_few_open_files_are_said_with_what_to_do(desk: Desk) -> None:
    limited = ["bash", "-c", f"ulimit -n 8; {' '.join(COMMAND)} bot --yes"]
    done = subprocess.run(limited, cwd=desk.here, env=desk.env, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "ulimit -n 256" in done.stderr
    assert desk.left() == []


@pytest.mark.parametrize(
    "name", one_at_once(["two\nlines", "a\x1b[31mred", "\u202eright", "\udce9nd"])
)
def test_a_name_draws_nothing(desk: Desk, name: str) -> None:
    """Wherever it is printed; and the step that leads there does."""
    created = desk.run(name, "--yes")
    lines = created.stdout.splitlines()
    assert all(line.isprintable() for line in lines)
    [step] = [line for line in lines if line.startswith("  cd ")]
    shell = ["bash", "-c", f"{step} && test -f pyproject.toml"]
    assert subprocess.run(shell, cwd=desk.here, check=False).returncode == 0
    for command in ([".", "--yes"], ["status", f"{name}/no"], ["add", name, "--project", name]):
        refused = desk.run(*command)
        assert_refused(refused)
        assert refused.stderr.removesuffix("\n").isprintable()
    assert desk.run("status", name).stdout.replace("\n", "").isprintable()


def test_a_step_can_be_taken_where_the_screen_has_no_such_letters(desk: Desk) -> None:
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    created = desk.run("änd-智", "--yes", "--data", "project_name=bot", **plain)
    assert created.code == 0, created.stderr
    [step] = [line for line in created.stdout.splitlines() if line.startswith("  cd ")]
    shell = ["bash", "-c", f"{step} && test -f pyproject.toml"]
    assert subprocess.run(shell, cwd=desk.here, check=False).returncode == 0


@pytest.mark.parametrize("typed", ["a" * 3000 + "/bot", "b/" * 2500 + "bot"])
def test_a_path_that_is_too_long_is_cut(desk: Desk, typed: str) -> None:
    for command in (["new", typed, "--yes"], ["status", typed], ["add", "ci", "--project", typed]):
        refused = desk.run(*command)
        assert_refused(refused)
        assert len(refused.stderr) < 300
    assert desk.left() == []


@pytest.mark.parametrize("typed", ["null", "true", "{a: 1}", "docker"])
def test_an_answer_is_echoed_as_it_was_typed(desk: Desk, typed: str) -> None:
    refused = desk.run("bot", "--yes", "--data", f"components={typed}")
    assert_refused(refused, f"components={typed}: give a list")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_an_output_that_is_full_is_not_the_disk(desk: Desk, flags: list[str]) -> None:
    command = ["bash", "-c", f"{' '.join([*COMMAND, 'bot', '--yes', *flags])} >/dev/full"]
    done = subprocess.run(command, cwd=desk.here, env=desk.env, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "the output could not be written" in done.stderr
    assert "is done" in done.stderr
    assert (desk.here / "bot/pyproject.toml").exists()


def test_a_wrong_flag_is_refused(desk: Desk) -> None:
    result = desk.run("bot", "--yess")
    assert result.code == 2
    assert "--yess" in result.stderr


def test_an_error_leaves_stdout_to_json(desk: Desk) -> None:
    assert_refused(desk.run("bot", "--json"), "nobody to ask")


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("help", "--help"),
        ("Upgrade", "update"),
        ("updat", "update"),
    ],
)
@pytest.mark.parametrize("flags", [[], ["--yes"], ["--json", "--yes"]])
def test_a_first_word_near_a_command_is_no_project(
    desk: Desk, word: str, command: str, flags: list[str]
) -> None:
    assert_refused(desk.run(*flags, word), f"did you mean `{command}`?", f"./{word}")
    assert desk.left() == []


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["updat", "."], "update"),
        (["adds", "docker"], "add"),
        (["rm", "docker"], "remove"),
        (["upgrade", "--check"], "update"),
        (["status-", "--bad"], "status"),
    ],
)
def test_so_it_is_with_what_follows_it(desk: Desk, words: list[str], command: str) -> None:
    assert_refused(desk.run(*words), f"{words[0]} is no command", f"did you mean `{command}`?")
    assert desk.left() == []


def test_a_path_that_is_named_like_one_is_a_project(desk: Desk) -> None:
    for words in (["./updat"], ["new", "upgrade"], ["stat/"], ["bots"]):
        assert desk.run(*words, "--yes", "--dry-run").code == 0, words


@pytest.mark.parametrize("where", one_at_once(["src/agent", ".", "src"]))
def test_in_a_project_a_new_one_needs_a_path(desk: Desk, where: str) -> None:
    desk.run("bot", "--yes")
    inside = replace(desk, here=desk.here / "bot" / where)
    before = desk.left(), tree(desk.here)
    named = inside.run("--yes", "--data", "project_name=inner")
    assert_refused(named, "is a project", f"{inside.here / 'inner'}")
    with terminal(COMMAND, inside.here, inside.env) as user:
        assert user.end() == 2
    assert "is a project" in user.seen
    assert str(inside.here / "my-agent") in user.seen.replace("\r\n", "")
    assert "What is" not in user.seen
    assert_refused(inside.run("--yes"), "is a project", "my-agent")
    if where == ".":
        assert_refused(inside.run(".", "--yes"), "not empty", "`update`", "`add`")
    assert (desk.left(), tree(desk.here)) == before
    assert inside.run("./inner", "--yes", "--dry-run").code == 0
