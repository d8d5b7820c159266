"""Create a project: check, render beside the target, make the repository, put it in place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Literal

from . import git
from .errors import NotPossible
from .git.repository import enclosing, first_commit, subfolder, surrounded
from .interruption import interruptible, temporary_folder, too_late
from .merge.conflicts import Conflict
from .names import project_name, require_free
from .steps import next_steps, notes_on, shown
from .taken import TITLE, has_title_alone, meet, place, strangers
from .template import questions
from .template.answers import around_us, is_ours
from .template.asking import Form, confirm
from .template.questions import Answers, Replies
from .template.rendering import render
from .template.rooms import Room, rooms
from .template.source import Source, carried

Git = Literal["created", "existing", "none"]
SHOWN = 5


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
        target = _target(directory or known.get("project_name"))
        if replies.by_hand:
            known = form.ask(known, {"project_name": partial(_folder, source)})
        target = target or _target(known["project_name"])
        assert target is not None
        replaced = _replaced(target, replies)
        with _made_beside(Path(gettempdir()) if dry_run else target) as project:
            answers = render(source, project, known, subfolder=subfolder(target))
            files = _files(project)
            how = _commit(project, target, source.version, files, dry_run, repository)
            met = [path for path in files if path not in replaced]
            conflicts = meet(project, target, met, source.version)
            created = _described(source, directory, target, answers, files, how, dry_run)
            created = replace(created, conflicts=conflicts)
            if not dry_run:
                too_late()
                _place(project, target)
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
    name = project_name(typed)
    require_free(name, source.requirements(source.version))
    return name


def _folder(source: Source, typed: str) -> str:
    """A name that is asked is that of the folder as well; below the line there is little room."""
    try:
        name = _name(source, typed)
    except NotPossible as refusal:
        raise NotPossible(str(refusal).rpartition(": ")[2]) from None
    _target(name)
    return name


def _last_part(directory: str) -> str:
    return directory and Path(os.path.realpath(directory)).name  # a link may lead in a circle


def _target(directory: str | None) -> Path | None:
    """Where the project goes; not known while its name has yet to be asked."""
    if directory is None:
        return None
    # Not resolve(): a link is shown, and checked, as it was typed.
    target = Path(os.path.abspath(directory))  # noqa: PTH100
    if directory.startswith("~"):
        raise NotPossible(
            f"{directory}: no shell has put your home there: write it out, or ./{directory}"
        )
    if ".git" in target.parts:
        raise NotPossible(f"{shown(target)} is in git's own folder: choose another one")
    _require_no_work_of_others(target)
    return target


def _require_no_work_of_others(target: Path) -> None:
    """Refuse what holds somebody's work, and what is no folder."""
    way = (target, *target.parents)
    try:
        broken = next((path for path in way if path.is_symlink() and not path.exists()), None)
    except OSError as error:  # longer than a path can be, in a folder that is another user's
        raise NotPossible(f"{shown(target)}: {error.strerror}: choose another folder") from None
    if broken:
        raise NotPossible(f"{shown(broken)} is a broken link: remove it or choose another folder")
    if not (existing := _existing(target)).is_dir():
        raise NotPossible(f"{shown(existing)} is a file: choose another folder")
    if existing == target and (found := strangers(target)):
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        listed = ", ".join(found[:SHOWN])
        ways = (
            "`update` and `add` are for the project that is there, or " if is_ours(target) else ""
        )
        raise NotPossible(
            f"{shown(target)} is not empty ({listed}{more}): {ways}choose another folder"
        )


def _replaced(target: Path, replies: Replies) -> set[str]:
    """The files that a human gives up for the template's."""
    if not replies.by_hand or not has_title_alone(target):
        return set()
    return {TITLE} if confirm(f"{TITLE} there is one line: replace it?") else set()


def _existing(target: Path) -> Path:
    return next(path for path in (target, *target.parents) if path.exists())


@contextmanager
def _made_beside(target: Path) -> Iterator[Path]:
    """A folder on the target's own file system, gone afterwards whatever happens."""
    beside = _existing(target)
    try:
        with temporary_folder(beside, ".create-12-factor-agent-") as folder:
            yield folder / "project"
    except OSError as error:
        raise NotPossible(f"cannot write to {beside}: {error.strerror}") from error


def _files(project: Path) -> list[str]:
    found = (path.relative_to(project) for path in project.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found)


def _commit(
    project: Path, target: Path, version: str, files: list[str], dry_run: bool, repository: bool
) -> tuple[Git, str | None]:
    """Make the repository, unless there is one; and what its owner should know about it."""
    if not repository:
        return "none", None
    if found := enclosing(target):
        return "existing", surrounded(found, target, files)
    if dry_run:
        return "created", None
    return "created", first_commit(project, f"Create from create-12-factor-agent {version}")


def _described(
    source: Source,
    directory: str | None,
    target: Path,
    answers: Answers,
    files: list[str],
    how: tuple[Git, str | None],
    dry_run: bool,
) -> Created:
    made, warning = how
    return Created(
        path=target,
        project_name=answers["project_name"],
        template_version=source.version,
        answers=answers,
        files=files,
        rooms=rooms(source.read(source.version, "template/rooms.yml"), files),
        git=made,
        warnings=[
            *_notes(directory, answers, source.version),
            *filter(None, [warning]),
            *notes_on(target, subfolder(target), files),
        ],
        next_steps=next_steps(target, answers["example"]),
        dry_run=dry_run,
    )


def _notes(directory: str | None, answers: Answers, version: str) -> Iterator[str]:
    name = answers["project_name"]
    typed = _last_part(directory) if directory else name
    if typed != name:
        yield f'the project is named {name}, its folder "{typed}"'
    if version.endswith(".dev0"):
        yield f"{version} is no release: plain `copier update` will not know this project"


def _place(project: Path, target: Path) -> None:
    """Move the finished project to its target."""
    if target.exists():
        place(project, target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    project.rename(target)
