"""The questions of copier.yml: what an answer may be, and what a flag of that name says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import NotPossible

Answers = dict[str, Any]

TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
}


@dataclass(frozen=True)
class Question:
    name: str
    type: str
    choices: tuple[Any, ...]
    several: bool
    labels: tuple[str, ...] = ()

    def parse(self, text: str) -> Any:
        """The answer that `--data name=text` gives: YAML, but plain text stays as typed."""
        if self.type == "str" and not self.several:
            answer = text
        else:
            try:
                answer = yaml.safe_load(text)
            except (yaml.YAMLError, ValueError, RecursionError):
                raise self.refused(text, "this is not YAML") from None
        if problem := self.problem(answer):
            raise self.refused(text, problem)
        return self.in_order(answer)

    def in_order(self, answer: Any) -> Any:
        """Of the choices, so that the order of typing makes no difference."""
        return [choice for choice in self.choices if choice in answer] if self.several else answer

    def problem(self, answer: Any) -> str | None:
        """Why this is no answer, and what would be one."""
        if not self.several:
            return self._problem_of_one(answer)
        if not isinstance(answer, list):
            return "give a list, such as [one,two]"
        return next(filter(None, map(self._problem_of_one, answer)), None)

    def _problem_of_one(self, answer: Any) -> str | None:
        if self.choices and answer not in self.choices:
            return f"choose from {_listed(self.choices)}"
        # To Python a bool is an int.
        wrong_bool = isinstance(answer, bool) and self.type != "bool"
        if wrong_bool or not isinstance(answer, TYPES.get(self.type, (object,))):
            return f"this must be of type {self.type}"
        return None

    def refused(self, text: Any, why: str) -> NotPossible:
        return NotPossible(f"--data {self.name}={text}: {why}")


def load(copier_yml: Path) -> dict[str, Question]:
    return read(copier_yml.read_text(encoding="utf-8"))


def read(copier_yml: str) -> dict[str, Question]:
    config = yaml.safe_load(copier_yml)
    return {
        name: Question(
            name=name,
            type=details.get("type", "str"),
            choices=tuple(_values(details.get("choices", []))),
            several=details.get("multiselect", False),
            labels=tuple(str(label) for label in details.get("choices", [])),
        )
        for name, details in config.items()
        if not name.startswith("_")
    }


@dataclass(frozen=True)
class Replies:
    """How the user answers: by flags such as `KEY=VALUE`, by `yes` to all defaults, at a terminal.

    `terminal` says whether there is a human at one.
    """

    data: tuple[str, ...] = ()
    yes: bool = False
    terminal: bool = False

    @property
    def by_hand(self) -> bool:
        return self.terminal and not self.yes

    def given(self, questions: Mapping[str, Question]) -> Answers:
        """The answers in `data`; refused if there is no such question, or it takes no such one."""
        answers: Answers = {}
        for pair in self.data:
            key, equals, text = pair.partition("=")
            if not equals:
                raise NotPossible(f"--data {pair}: write it as KEY=VALUE")
            if key not in questions:
                listed = _listed(questions)
                raise NotPossible(f"--data {key}: no such question; choose from {listed}")
            if key in answers:
                raise NotPossible(f"--data {key}: it is answered twice; give one answer")
            answers[key] = questions[key].parse(text)
        return answers

    def require_all(self, questions: Mapping[str, Question], known: Answers) -> None:
        """Refuse to go on where nobody is there to ask for what is missing."""
        missing = " ".join(f"--data {name}=…" for name in questions if name not in known)
        if missing and not self.terminal and not self.yes:
            raise NotPossible(f"nobody to ask: give {missing}, or --yes for all the defaults")


def settled(questions: Mapping[str, Question]) -> Answers:
    """What need not be asked: a single choice is no choice."""
    return {
        question.name: question.choices[0]
        for question in questions.values()
        if len(question.choices) == 1 and not question.several
    }


def _values(choices: Any) -> Iterable[Any]:
    listed = choices.items() if isinstance(choices, dict) else choices
    for choice in listed:
        value = choice[1] if isinstance(choice, (tuple, list)) else choice
        yield value["value"] if isinstance(value, dict) else value


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(str(name) for name in names)
