"""Names become what a project can be called, or are refused with a suggestion."""

from keyword import kwlist

import pytest

from create_12_factor_agent.errors import NotPossible
from create_12_factor_agent.names import LONGEST, meant, project_name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("my-agent", "my-agent"),
        ("My Agent", "my-agent"),
        ("my_agent.v2", "my-agent-v2"),
        ("--tidy me--", "tidy-me"),
        ("Agent für Köln", "agent-fur-koln"),
        ("Straße", "strasse"),
        ("a" * LONGEST, "a" * LONGEST),
    ],
)
def test_a_name_is_brought_into_shape(typed: str, name: str) -> None:
    assert project_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [
        ("", "my-agent"),
        ("..", "my-agent"),
        ("智能", "my-agent"),
        ("Привет agent", "agent"),
        ("1x", "agent-1x"),
        ("class", "class-agent"),
        ("a" * 300, "a" * 30),
    ],
)
def test_what_cannot_be_a_name_is_refused_with_one_that_can(typed: str, suggestion: str) -> None:
    with pytest.raises(NotPossible, match=f"; try {suggestion}$") as refused:
        project_name(typed)
    assert "\n" not in str(refused.value)
    assert project_name(suggestion) == suggestion


@pytest.mark.parametrize("word", [word for word in kwlist if word.islower()])
def test_no_word_of_python_is_a_name(word: str) -> None:
    with pytest.raises(NotPossible, match="a word of Python"):
        project_name(word)


COMMANDS = ["new", "update", "add", "remove", "status"]


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("help", "--help"),
        ("hepl", "--help"),
        ("HELP", "--help"),
        ("upgrade", "update"),
        ("upgrad", "update"),
        ("updat", "update"),
        ("pdate", "update"),
        ("Updates", "update"),
        ("ad", "add"),
        ("addd", "add"),
        ("nwe", "new"),
        ("stats", "status"),
        ("remvoe", "remove"),
        ("rm", "remove"),
        ("uninstall", "remove"),
        ("create", "new"),
        ("list", "add --list"),
    ],
)
def test_a_word_near_a_command_is_meant_as_one(word: str, command: str) -> None:
    assert meant(word, COMMANDS) == command


@pytest.mark.parametrize(
    "word",
    ["bot", "my-agent", "helper", "renew", "a/updat", "./help", "add/", "statistics", "x", ""],
)
def test_what_is_a_name_or_a_path_is_not(word: str) -> None:
    assert meant(word, COMMANDS) is None
