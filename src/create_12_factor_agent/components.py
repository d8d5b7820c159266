"""Add components to a project and remove them, at the template's version that it is at."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import yaml

from . import git
from .errors import NotPossible
from .git.contents import exists
from .interruption import interruptible
from .merge.change import Changed, Effect, change, require_settled, unchanged
from .merge.outcome import Edited
from .project import Project, open_project
from .steps import notes_at_the_root
from .template import questions
from .template.answers import around_us
from .template.questions import Question, Replies
from .template.source import Source, carried
from .versions import require_known


@dataclass(frozen=True)
class Component:
    """What a component brings; `added` says whether the project has it."""

    name: str
    about: str
    files: list[str]
    dependencies: list[str]
    variables: list[str]
    added: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def listed(directory: str | None) -> list[Component]:
    """The components of the project's version, or of our own where there is no project."""
    git.require()
    with carried() as source:
        if directory is None and not around_us():
            return _known(source, source.version, ())
        project = open_project(directory)
        require_known(source, project)
        return _known(source, project.version, project.components)


def add(names: Sequence[str], directory: str | None, effect: Effect) -> Changed:
    git.require()
    with interruptible("changed"), carried() as source:
        project = _project(source, directory, names)
        missing = {*names} & {*absent(source, project)}
        there = [name for name in project.components if name not in missing]
        project = replace(project, answers={**project.answers, "components": there})
        wanted = [*there, *names]
        added = _change(source, project, effect, wanted, f"add {' '.join(names)}", "keep")
        notes = notes_at_the_root(project.path, project.prefix, added.files)
        return replace(added, notes=[*added.notes, *notes])


def absent(source: Source, project: Project) -> list[str]:
    """The components that its answers name, and of whose files the project has none."""
    if not project.components:
        return []
    brought = yaml.safe_load(source.components(project.version))
    left_out = project.left_out()

    def is_there(file: str) -> bool:
        return exists(project.path / file) or file in left_out

    return [
        name
        for name in project.components
        if name in brought and not any(map(is_there, brought[name]["files"]))
    ]


def remove(
    names: Sequence[str], directory: str | None, effect: Effect, *, force: bool = False
) -> Changed:
    git.require()
    with interruptible("changed"), carried() as source:
        project = _project(source, directory, names)
        wanted = [name for name in project.components if name not in names]
        edited: Edited = "delete" if force else "refuse"
        return _change(source, project, effect, wanted, f"remove {' '.join(names)}", edited)


def _project(source: Source, directory: str | None, names: Sequence[str]) -> Project:
    """The project, once it is sure that its version of the template knows the components."""
    project = open_project(directory)
    require_settled(project)
    require_known(source, project)
    known = _question(source, project.version).choices
    if unknown := [name for name in names if name not in known]:
        listed = ", ".join(known)
        raise NotPossible(f'"{unknown[0]}": {project.version} has no such component, only {listed}')
    return project


def _change(
    source: Source,
    project: Project,
    effect: Effect,
    wanted: Sequence[str],
    what: str,
    edited: Edited,
) -> Changed:
    components = [name for name in _question(source, project.version).choices if name in wanted]
    if set(components) == set(project.components):
        return unchanged(project)
    return change(
        source,
        project,
        project.version,
        Replies(yes=True),
        effect,
        what=what,
        answers={"components": components},
        edited=edited,
    )


def _question(source: Source, version: str) -> Question:
    found = questions.read(source.read(version, "copier.yml"))
    if "components" not in found:
        raise NotPossible(f"{version} of the template has no components: update the project first")
    return found["components"]


def _known(source: Source, version: str, added: Sequence[str]) -> list[Component]:
    brought = yaml.safe_load(source.components(version))
    question = _question(source, version)
    return [
        Component(name, label.partition(": ")[2], **brought[name], added=name in added)
        for name, label in zip(question.choices, question.labels, strict=True)
    ]
