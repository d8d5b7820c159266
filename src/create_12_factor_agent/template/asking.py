"""The questions of copier.yml, put to a human: all of them before anything is made.

Copier asks while it writes, and puts a default into the line, where typing is added to it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import yaml

from .. import interruption
from ..errors import NotPossible
from . import questions
from .questions import Answers, Question

# What brings an answer into shape, or refuses it with a NotPossible; by the name of its question.
Shape = Callable[[str], str]
Shapes = Mapping[str, Shape]
NO_SHAPES: Shapes = {}
FOLDER = "my-agent"  # while its name has yet to be asked


class Form:
    """The questions of one version of the template, with what copier.yml says of each."""

    def __init__(self, copier_yml: str) -> None:
        from jinja2.sandbox import SandboxedEnvironment
        from jinja2_ansible_filters import (  # type: ignore[import-untyped]
            AnsibleCoreFiltersExtension,
        )

        self.questions = questions.read(copier_yml)
        self.config = yaml.safe_load(copier_yml)
        envops = self.config.get("_envops", {})
        self.jinja = SandboxedEnvironment(extensions=[AnsibleCoreFiltersExtension], **envops)

    def require_valid(self, given: Answers) -> None:
        """Refuse what a flag has answered and the template's validator does not take."""
        for name, answer in given.items():
            if problem := self._problem(name, answer, given):
                raise self.questions[name].refused(answer, problem)

    def wrong(self, answers: Answers) -> tuple[str, str] | None:
        """The first of the questions that these do not answer as they could, and why."""
        for name, question in self.questions.items():
            if name in answers:
                answer = answers[name]
                problem = question.problem(answer) or self._problem(name, answer, answers)
                if problem:
                    return name, problem
        return None

    def ask(self, known: Answers, shapes: Shapes = NO_SHAPES) -> Answers:
        """The answers to all the questions, once a human has given those that are not `known`.

        Raises KeyboardInterrupt for Ctrl-C, and for Ctrl-D where nothing is typed.
        """
        answers = dict(known)
        for name, question in self.questions.items():
            if name not in answers:
                shape = shapes.get(name, str)
                answers[name] = self._asked(question, shape, answers)
        return {name: answers[name] for name in self.questions}

    def _asked(self, question: Question, shape: Shape, answers: Answers) -> Any:
        import questionary

        default = self._default(question.name, answers)
        message = f"{self.config[question.name].get('help', question.name)}\n "
        if not question.choices:

            def validate(text: str) -> bool | str:
                try:
                    shaped = shape(text or default)
                except NotPossible as refusal:
                    return str(refusal)
                return self._problem(question.name, shaped, answers) or True

            # Dim, and gone with the first letter that is typed.
            hint = [("class:placeholder fg:ansibrightblack", default)]
            text = questionary.text(message, placeholder=hint, validate=validate)
            return shape(_answer(text) or default)
        chosen = default if question.several else [default]
        choices = [
            questionary.Choice(label, value, checked=question.several and value in chosen)
            for label, value in zip(question.labels, question.choices, strict=True)
        ]
        if question.several:
            return question.in_order(_chosen(questionary.checkbox(message, choices)))
        return _chosen(questionary.select(message, choices, default=default))

    def _default(self, name: str, answers: Answers) -> Any:
        default = self.config[name].get("default", "")
        answers = {"_folder_name": FOLDER, **answers}
        return self._rendered(default, answers) if isinstance(default, str) else default

    def _problem(self, name: str, answer: Any, answers: Answers) -> str:
        validator = self.config[name].get("validator", "")
        return self._rendered(validator, {**answers, name: answer}).strip()

    def _rendered(self, text: str, answers: Answers) -> str:
        return self.jinja.from_string(text).render(answers)


def confirm(question: str) -> bool:
    """No, unless a human says yes."""
    import questionary

    return bool(_answer(questionary.confirm(question, default=False)))


def _chosen(question: Any) -> Any:
    """Ctrl-D ends a list as it ends a line."""
    bindings = question.application.key_bindings
    bindings.add("c-d", eager=True)(lambda event: event.app.exit(exception=EOFError))
    return _answer(question)


def _answer(question: Any) -> Any:
    """Of a question of questionary's; the end of the input is the end of the command."""
    application = question.application

    def leave() -> None:
        if interruption.came and not application.future.done():
            application.exit(exception=EOFError)

    def end() -> None:
        if application.is_running:
            application.loop.call_soon_threadsafe(leave)

    application.pre_run_callables.append(leave)  # for what comes before it runs
    try:
        with interruption.ended_by(end):
            return question.unsafe_ask()
    except EOFError:
        raise KeyboardInterrupt from None
