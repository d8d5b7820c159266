"""What a merge of the template would make of a project, tried in a repository of its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from ..errors import NotPossible
from ..git.contents import Content
from ..git.index import Entry, removed
from ..interruption import temporary_folder
from ..project import Project
from ..template.answers import ANSWERS_FILE
from ..template.questions import Answers
from ..template.source import Source
from .conflicts import Conflict, described
from .sides import Sides, render_both, sides
from .three_way import Merged, merge
from .trees import Trees
from .untracked import ignored, require_room

# What becomes of a file that the user edited and that the template no longer has.
Edited = Literal["keep", "refuse", "delete"]


@dataclass(frozen=True)
class Outcome:
    """`files` has what changes, None where a file goes; git has `committed` some of them.

    `untracked` has the user's own files that it was tried on and that git does not know;
    `unmerged` what git's index will know of the conflicts, with the bytes of each side.
    """

    answers: Answers
    files: dict[str, Content | None]
    committed: list[str]
    untracked: dict[str, Content]
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
    edited: Edited,
    diff: bool,
) -> Outcome:
    """Merge what the template makes with these answers into what the project has committed.

    Raises NotPossible where something of the user's stands in the way.
    """
    with temporary_folder() as folder:
        given = render_both(source, project, version, answers, folder)
        trees = Trees(folder / "trees", project)
        three = sides(trees, project, folder, version)
        merged, notes = _deleted(trees, merge(trees, three), edited)
        notes += _elsewhere(trees, three, merged)
        notes += _not_kept(project.path, folder / "new" / project.path.name)
        return _outcome(trees, project, three, merged, given, notes, diff=diff)


def _outcome(
    trees: Trees,
    project: Project,
    three: Sides,
    merged: Merged,
    answers: Answers,
    notes: list[str],
    *,
    diff: bool,
) -> Outcome:
    files = _files(trees, project, three, merged)
    conflicts = described(files, merged.unmerged, merged.said)
    whole = {conflict.path for conflict in conflicts if conflict.kind != "lines"}
    require_room(project, files, three.unknown, whole)
    new = [path for path in files if path not in three.committed]
    return Outcome(
        answers=answers,
        files=files,
        committed=[path for path in files if path in three.committed],
        untracked=three.unknown,
        conflicts=conflicts,
        unmerged=[*_unmerged(trees, three, merged)],
        notes=[*notes, *ignored(project, new)],
        diff=trees.diff(three.yours, merged.tree) if diff else "",
    )


def _elsewhere(trees: Trees, three: Sides, merged: Merged) -> Iterator[str]:
    """What the template changed in files that are no longer where it made them."""
    changed = trees.changed(three.base, three.theirs)
    gone = [path for path, entry in changed.items() if entry and path not in three.committed]
    moved = trees.moved(three.base, three.yours)
    perhaps = trees.moved(three.base, three.yours, alike=25)
    unmerged = {entry.path for entry in merged.unmerged}
    for path in gone:
        if path in moved:
            yield f"you moved {path} to {moved[path]}: what the template changed in it went there"
        elif path in perhaps and path in unmerged:
            yield f"{path} may be what is {perhaps[path]} now: the template changed it"


def _deleted(trees: Trees, merged: Merged, edited: Edited) -> tuple[Merged, list[str]]:
    """What the user edited and the template no longer has: kept, refused, or deleted as well."""
    stages: dict[str, set[int]] = {}
    for entry in merged.unmerged:
        stages.setdefault(entry.path, set()).add(entry.stage)
    going = [path for path, found in stages.items() if found == {1, 2}]
    if not going or edited == "keep":
        return merged, []
    if edited == "refuse":
        raise NotPossible(
            f"this would delete what you edited ({', '.join(going)}): --force does it"
        )
    left = [entry for entry in merged.unmerged if entry.path not in going]
    tree = trees.of(merged.tree, *(removed(path, merged.tree) for path in going))
    notes = [f"{path} was edited, and went: git has it still" for path in going]
    return Merged(tree, left, merged.said), notes


def _files(
    trees: Trees, project: Project, three: Sides, merged: Merged
) -> dict[str, Content | None]:
    """What is to be written; what stays although it is in conflict is there as well, as it is."""
    changed = trees.changed(three.yours, merged.tree)
    files = {entry.path: project.content(entry.path) for entry in merged.unmerged}
    new = trees.checked_out([entry for entry in changed.values() if entry])
    for path in changed:
        content, mine = new.get(path), three.unknown.get(path)
        files[path] = replace(content, mode=mine.mode) if content and mine else content
    return dict(sorted(files.items()))


def _unmerged(trees: Trees, three: Sides, merged: Merged) -> Iterator[tuple[Entry, bytes]]:
    """What `git status` will show. Not of files unknown to git: a reset would delete them."""
    for entry in merged.unmerged:
        if entry.path not in three.unknown:
            mine = three.committed.get(entry.path) if entry.stage == 2 else None
            yield replace(mine, stage=2) if mine else entry, trees.content(entry)


def _not_kept(old: Path, new: Path) -> Iterator[str]:
    """The answers file is written anew: what a human added to it is told, at least."""
    before, after = ((path / ANSWERS_FILE).read_text(encoding="utf-8") for path in (old, new))
    comments = [line.partition("#")[2] for line in before.splitlines() if "#" in line]
    lost = [f"#{comment}" for comment in comments if comment not in after]
    lost += [key for key in yaml.safe_load(before) if key not in yaml.safe_load(after)]
    if lost:
        yield f"{ANSWERS_FILE} was written anew, without: {' / '.join(lost)}"
