"""What a merge of the template would make of a project, tried on a copy of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from . import conflicts, losses, obstacles
from .answers import ANSWERS_FILE, read_answers
from .checkout import checked_out
from .conflicts import Conflict
from .contents import Content, exists
from .errors import InTheWay, NotPossible
from .index import Entry
from .project import Project
from .questions import Answers
from .rendering import merge, rendered
from .source import Source
from .staged import Copy, staged

# What becomes of a file that the user edited and that the template no longer has.
Edited = Literal["keep", "refuse", "delete"]


@dataclass(frozen=True)
class Outcome:
    """`files` has what changes, None where a file goes.

    `committed` and `untracked` say what it was tried on; `unmerged` is what git's index will know
    of the conflicts, with the bytes of each side.
    """

    answers: Answers
    files: dict[str, Content | None]
    committed: dict[str, Entry]
    untracked: dict[str, Content | None]
    conflicts: list[Conflict]
    unmerged: list[tuple[Entry, bytes]]
    notes: list[str]
    diff: str


def try_merge(
    source: Source,
    project: Project,
    version: str,
    answers: Mapping[str, Any],
    *,
    defaults: bool,
    edited: Edited,
    diff: bool,
) -> Outcome:
    """Merge a version of the template, with these answers, into a copy of the project."""
    with staged(project, source.paths(project.version) | source.paths(version)) as copy:
        before = copy.before
        obstacles.require_committed(source, project, before)
        header = (copy.path / ANSWERS_FILE).read_text(encoding="utf-8")
        try:
            merge(source, copy.path, answers, version, defaults=defaults)
        except InTheWay:
            known = {**project.answers, **answers}
            with rendered(source, project.path.name, known, version) as made:
                obstacles.require_room(project, made)
            raise
        losses.keep_modes(source, project, copy, version)
        notes = list(_not_kept(copy, header))
        going = []
        for meeting in losses.meetings(source, project, copy, version):
            if meeting.new or edited == "keep":
                meeting.keep(copy)
            else:
                going.append(meeting.path)
        if going and edited == "refuse":
            raise NotPossible(
                f"this would delete what you edited ({', '.join(going)}): --force does it"
            )
        for path in going:
            (copy.path / path).unlink(missing_ok=True)
            notes.append(f"{path} was edited, and went: git has it still")
        added = [path for path in copy.changed() if path not in before]
        untracked = {path: obstacles.meet(project, copy, path) for path in added}
        return _outcome(project, copy, untracked, notes, diff)


def _outcome(
    project: Project,
    copy: Copy,
    untracked: dict[str, Content | None],
    notes: list[str],
    diff: bool,
) -> Outcome:
    changed = [path for path in copy.changed() if path in copy.before or exists(copy.path / path)]
    unmerged = copy.unmerged()
    # A patch that was rejected, and a file of the user's that git does not know.
    met = [path for path, mine in untracked.items() if mine or path.endswith(conflicts.REJECTED)]
    between_marks = [path for path in met if conflicts.hunks_in(copy.path / path)]
    return Outcome(
        answers=read_answers(copy.path),
        files=checked_out(project, copy, changed),
        committed={path: copy.before[path] for path in changed if path in copy.before},
        untracked=untracked,
        conflicts=conflicts.described(copy.path, unmerged, between_marks),
        unmerged=[(side, copy.content(side)) for side in unmerged],
        notes=[*notes, *obstacles.ignored(project, untracked)],
        diff=copy.diff() if diff else "",
    )


def _not_kept(copy: Copy, before: str) -> Iterator[str]:
    """The answers file is written anew: what a human added to it is told, at least."""
    after = (copy.path / ANSWERS_FILE).read_text(encoding="utf-8")
    comments = [line.partition("#")[2] for line in before.splitlines() if "#" in line]
    lost = [f"#{comment}" for comment in comments if comment not in after]
    lost += [key for key in yaml.safe_load(before) if key not in yaml.safe_load(after)]
    if lost:
        yield f"{ANSWERS_FILE} was written anew, without: {' / '.join(lost)}"
