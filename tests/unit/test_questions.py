"""Flags are checked against the questions before anything is rendered."""

from pathlib import Path
from typing import Any

import pytest

from create_12_factor_agent.errors import NotPossible
from create_12_factor_agent.template import questions
from create_12_factor_agent.template.questions import Question, Replies

COPIER_YML = """
_subdirectory: x
name: {type: str, help: a text}
tested: {type: bool, default: true}
size: {type: int, default: 1}
shape: {choices: {"round (like a ball)": round, "flat": {"value": flat}}, default: round}
colour: {choices: [red], default: red}
parts: {type: str, multiselect: true, choices: [docker, ci], default: []}
"""


@pytest.fixture
def asked(tmp_path: Path) -> dict[str, Question]:
    path = tmp_path / "copier.yml"
    path.write_text(COPIER_YML)
    return questions.load(path)


def test_settings_of_copier_are_no_questions(asked: dict[str, Question]) -> None:
    assert list(asked) == ["name", "tested", "size", "shape", "colour", "parts"]


@pytest.mark.parametrize(
    ("pair", "answer"),
    [
        ("name=Hello: a = b", "Hello: a = b"),
        ("name=", ""),
        ("name=007", "007"),
        ("tested=no", False),
        ("size=3", 3),
        ("shape=flat", "flat"),
        ("parts=[ci, docker, ci]", ["docker", "ci"]),
    ],
)
def test_a_value_is_yaml_but_text_stays_as_typed(
    asked: dict[str, Question], pair: str, answer: Any
) -> None:
    assert list(Replies((pair,)).given(asked).values()) == [answer]


def test_one_question_has_one_answer(asked: dict[str, Question]) -> None:
    with pytest.raises(NotPossible, match="--data name: it is answered twice"):
        Replies(("name=a", "size=1", "name=a")).given(asked)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("name", "write it as KEY=VALUE"),
        ("nmae=x", "no such question; choose from name, tested, size"),
        ("tested=perhaps", "must be of type bool"),
        ("size=true", "must be of type int"),
        ("size=[", "not YAML"),
        ("size=" + "[" * 3000, "not YAML"),
        ("size=2024-13-45", "not YAML"),
        ("shape=square", "choose from round, flat"),
        ("parts=ci", r"give a list, such as \[one,two\]"),
        ("parts=[ci, kubernetes]", "choose from docker, ci"),
        ("_commit=v9", "no such question"),
    ],
)
def test_a_wrong_key_type_or_choice_is_refused(
    asked: dict[str, Question], pair: str, message: str
) -> None:
    with pytest.raises(NotPossible, match=message):
        Replies((pair,)).given(asked)


def test_a_single_choice_is_not_asked(asked: dict[str, Question]) -> None:
    assert questions.settled(asked) == {"colour": "red"}


def test_what_is_missing_is_named_as_flags(asked: dict[str, Question]) -> None:
    known = questions.settled(asked) | {"name": "x", "tested": True, "parts": []}
    with pytest.raises(NotPossible, match="--data size=… --data shape=…, or --yes"):
        Replies().require_all(asked, known)


def test_at_a_terminal_or_with_all_the_defaults_nothing_is_missing(
    asked: dict[str, Question],
) -> None:
    Replies(terminal=True).require_all(asked, {})
    Replies(yes=True).require_all(asked, {})
