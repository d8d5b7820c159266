"""Create a project: check, render beside the target, make the repository, put it in place."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Literal

from . import git, questions
from .errors import NotPossible
from .interruption import interruptible, too_late
from .names import project_name, require_free
from .placing import check_target, place, staging
from .questions import Answers
from .rendering import render
from .repository import enclosing, first_commit, surrounded
from .source import Source, carried
from .steps import next_steps

Git = Literal["created", "existing", "none"]


@dataclass(frozen=True)
class Request:
    """What the user wants; `ask` says whether there is a human to put questions to."""

    directory: str | None = None
    data: tuple[str, ...] = ()
    yes: bool = False
    dry_run: bool = False
    git: bool = True
    ask: bool = False

    @property
    def asks(self) -> bool:
        return self.ask and not self.yes


@dataclass(frozen=True)
class Created:
    """What was written or, on a dry run, what would be."""

    path: Path
    project_name: str
    template_version: str
    answers: Answers
    files: list[str]
    git: Git
    warnings: list[str]
    next_steps: list[str]
    dry_run: bool

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}


def new(request: Request) -> Created:
    git.require()
    with interruptible("written"), carried() as source:
        return _create(source, request, _answers(source, request))


def _answers(source: Source, request: Request) -> Answers:
    """The answers that are known before copier asks for the others."""
    asked = questions.load(source.copier_yml)
    answers = questions.settled(asked) | questions.parse(request.data, asked)
    if "project_name" in answers:
        answers["project_name"] = project_name(answers["project_name"])
    elif request.directory is not None:
        answers["project_name"] = project_name(_last_part(request.directory))
    elif not request.asks:
        raise NotPossible("give DIR, the folder to create, such as my-agent")
    if not request.asks and not request.yes:
        questions.require_all(asked, answers)
    return answers


def _create(source: Source, request: Request, known: Answers) -> Created:
    target = _target(request, known)
    beside = Path(gettempdir()) if request.dry_run else target or Path.cwd()
    with staging(beside) as project:
        answers = render(source, project, known, defaults=request.yes)
        require_free(answers["project_name"], project, source.components(source.version))
        target = target or _target(request, answers)
        assert target is not None
        created = _describe(source, request, project, target, answers)
        if not request.dry_run:
            too_late()
            place(project, target)
    return created


def _target(request: Request, answers: Answers) -> Path | None:
    """Where the project goes; not known while its name has yet to be asked."""
    directory = request.directory or answers.get("project_name")
    if directory is None:
        return None
    # Not resolve(): a link is shown, and checked, as it was typed.
    target = Path(os.path.abspath(directory))  # noqa: PTH100
    check_target(target)
    return target


def _describe(
    source: Source, request: Request, project: Path, target: Path, answers: Answers
) -> Created:
    files = sorted(
        path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()
    )
    version = source.version
    state, warning = _repository(request, project, target, version, files)
    return Created(
        path=target,
        project_name=answers["project_name"],
        template_version=version,
        answers=answers,
        files=files,
        git=state,
        warnings=[*_notes(request, answers, version), *filter(None, [warning])],
        next_steps=next_steps(target, answers["example"]),
        dry_run=request.dry_run,
    )


def _repository(
    request: Request, project: Path, target: Path, version: str, files: list[str]
) -> tuple[Git, str | None]:
    if not request.git:
        return "none", None
    if found := enclosing(target):
        return "existing", surrounded(found, target, files)
    if request.dry_run:
        return "created", None
    return "created", first_commit(project, f"Create from create-12-factor-agent {version}")


def _notes(request: Request, answers: Answers, version: str) -> list[str]:
    notes = []
    name = answers["project_name"]
    typed = _last_part(request.directory) if request.directory else name
    if typed != name:
        notes.append(f'the project is named {name}, its folder "{typed}"')
    if version.endswith(".dev0"):
        notes.append(f"{version} is no release: plain `copier update` will not know this project")
    return notes


def _last_part(directory: str) -> str:
    return directory and Path(directory).resolve().name
