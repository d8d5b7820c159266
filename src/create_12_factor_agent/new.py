"""Create a project: ask, render beside the target, make the repository, put it in place."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from . import git
from .errors import NotPossible
from .interruption import interruptible, too_late
from .merge.conflicts import Conflict
from .names import project_name
from .steps import next_steps, notes_on
from .target import TITLE, Git, Target
from .template import questions
from .template.answers import around_us, is_ours
from .template.asking import Form, confirm
from .template.questions import Answers, Replies
from .template.rendering import render
from .template.rooms import Room, rooms
from .template.source import Source, carried


@dataclass(frozen=True)
class Created:
    """What was written or, on a dry run, what would be."""

    path: Path
    project_name: str
    template_version: str
    answers: Answers
    files: list[str]
    rooms: list[Room]
    git: Git
    warnings: list[str]
    next_steps: list[str]
    dry_run: bool
    conflicts: list[Conflict] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}


def new(
    directory: str | None, replies: Replies, *, dry_run: bool = False, repository: bool = True
) -> Created:
    """Create a project in that folder, with a git repository or, if there is one already, in it.

    Raises NotPossible for a folder that holds somebody's work, and for what cannot be answered.
    """
    git.require()
    with interruptible("written"), carried() as source:
        form = Form(source.copier_yml.read_text(encoding="utf-8"))
        known = _known(source, form, directory, replies)
        place = directory or known.get("project_name")
        target = Target.at(place) if place else None
        if replies.by_hand:
            known = form.ask(known, {"project_name": partial(_folder, source)})
        target = target or Target.at(known["project_name"])
        replaced = _replaced(target, replies)
        with target.beside(dry_run=dry_run) as project:
            answers = render(source, project, known, subfolder=target.subfolder)
            files = _files(project)
            made: Git = "none"
            note = None
            if repository:
                made, note = target.commit(project, files, source.version, dry_run=dry_run)
            met = [path for path in files if path not in replaced]
            conflicts = target.meet(project, met, source.version)
            created = Created(
                path=target.path,
                project_name=answers["project_name"],
                template_version=source.version,
                answers=answers,
                files=files,
                rooms=rooms(source.read(source.version, "template/rooms.yml"), files),
                git=made,
                warnings=[
                    *_notes(directory, answers["project_name"], source.version),
                    *filter(None, [note]),
                    *notes_on(target.path, target.subfolder, files),
                ],
                next_steps=next_steps(target.path, answers["example"]),
                dry_run=dry_run,
                conflicts=conflicts,
            )
            if not dry_run:
                too_late()
                target.place(project)
        return created


def _known(source: Source, form: Form, directory: str | None, replies: Replies) -> Answers:
    """What the flags answer, and the folder's name."""
    answers = questions.settled(form.questions) | replies.given(form.questions)
    if "project_name" in answers:
        answers["project_name"] = _name(source, answers["project_name"])
    elif directory is not None:
        answers["project_name"] = _name(source, _last_part(directory))
    if directory is None:
        _require_no_project(answers.get("project_name", "my-agent"))
        if "project_name" not in answers and not replies.by_hand:
            raise NotPossible("give DIR, the folder to create, such as my-agent")
    form.require_valid(answers)
    replies.require_all(form.questions, answers)
    return answers


def _require_no_project(name: str) -> None:
    """Who is in a project and names no folder may well think of that project."""
    if (around := around_us()) and is_ours(around):
        nested = Path.cwd() / name
        raise NotPossible(
            f"{around} is a project, and a new one would be in it, at {nested}: "
            f"give ./{name} if you mean that; `update` and `add` are for the one that is there"
        )


def _name(source: Source, typed: str) -> str:
    return project_name(typed, source.requirements(source.version))


def _folder(source: Source, typed: str) -> str:
    """A name that is asked is that of the folder as well; below the line there is little room."""
    try:
        name = _name(source, typed)
    except NotPossible as refusal:
        raise NotPossible(str(refusal).rpartition(": ")[2]) from None
    Target.at(name)
    return name


def _last_part(directory: str) -> str:
    return directory and Path(os.path.realpath(directory)).name  # a link may lead in a circle


def _replaced(target: Target, replies: Replies) -> set[str]:
    """The files that a human gives up for the template's."""
    if not replies.by_hand or not target.has_title_alone:
        return set()
    return {TITLE} if confirm(f"{TITLE} there is one line: replace it?") else set()


def _files(project: Path) -> list[str]:
    found = (path.relative_to(project) for path in project.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found)


def _notes(directory: str | None, name: str, version: str) -> Iterator[str]:
    typed = _last_part(directory) if directory else name
    if typed != name:
        yield f'the project is named {name}, its folder "{typed}"'
    if version.endswith(".dev0"):
        yield f"{version} is no release: plain `copier update` will not know this project"
