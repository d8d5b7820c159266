"""What cannot be done ends with 2 and one line that says what to do; nothing is written."""

import sys
from dataclasses import replace

import pytest
from conftest import COMMAND, Desk, Result, tree
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


@pytest.mark.parametrize("where", [".", "src", "src/agent"])
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
    assert (desk.left(), tree(desk.here)) == before
    assert inside.run("./inner", "--yes", "--dry-run").code == 0
