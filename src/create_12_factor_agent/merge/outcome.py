"""What a merge of the template would make of a project, tried in a repository of its own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import yaml

from ..errors import NotPossible
from ..git.contents import Content
from ..git.index import Entry, removed
from ..project import Project
from ..template.answers import ANSWERS_FILE
from ..template.questions import Answers
from ..template.rendering import render, rendered_meanwhile
from ..template.source import Source
from .conflicts import Conflict, described, here
from .three_way import Files, Merged, merge
from .trees import Trees
from .untracked import ignored, require_committed, require_room, untracked

# What becomes of a file that the user edited and that the template no longer has.
Edited = Literal["keep", "refuse", "delete"]
NO_FILTER = ("unspecified", "unset", "set")


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
    defaults: bool,
    edited: Edited,
    diff: bool,
) -> Outcome:
    """Merge what the template makes with these answers into what the project has committed.

    Raises NotPossible where something of the user's stands in the way.
    """
    with TemporaryDirectory(prefix="create-12-factor-agent-") as temporary:
        old, new = (Path(temporary, side, project.path.name) for side in ("old", "new"))
        new.mkdir(parents=True)
        old.parent.mkdir()
        (new / ANSWERS_FILE).write_bytes((project.path / ANSWERS_FILE).read_bytes())
        with rendered_meanwhile(source, old, project.answers, project.version):
            given = render(source, new, answers, version=version, defaults=defaults)
        trees, committed = Trees(Path(temporary, "trees"), project), project.committed()
        # The answers are written anew, and never merged: the user's are what was there before.
        base, theirs = trees.of(old, committed[ANSWERS_FILE]), trees.of(new)
        made, brought = trees.entries(base), trees.entries(theirs)
        require_committed(project, made.keys() - committed.keys())
        unknown = untracked(project, brought.keys() - committed.keys())
        yours = trees.of(
            project.tree,
            *_added(trees, unknown, brought),
            *_filtered(trees, project, committed, made.keys() | brought.keys()),
        )
        merged = merge(trees, base, yours, theirs, version)
        merged, notes = _deleted(trees, merged, edited)
        files = _files(trees, project, yours, merged, unknown)
        conflicts = described(files, merged.unmerged, merged.said)
        marked = [conflict.path for conflict in conflicts if conflict.kind == "lines"]
        clean = files.keys() - {entry.path for entry in merged.unmerged}
        require_room(project, files, unknown, [*marked, *clean])
        return Outcome(
            answers=given,
            files=files,
            committed=[path for path in files if path in committed],
            untracked=unknown,
            conflicts=conflicts,
            unmerged=[*_sides(trees, merged, committed, unknown)],
            notes=[
                *notes,
                *_not_kept(project.path, new),
                *ignored(project, (path for path in files if path not in committed)),
            ],
            diff=trees.diff(yours, merged.tree) if diff else "",
        )


def _added(trees: Trees, unknown: Mapping[str, Content], brought: Files) -> Iterator[Entry]:
    """The user's files that git does not know. Whether one can be run is no conflict."""
    for path, content in unknown.items():
        mode = brought[path].mode if brought[path].is_file and not content.is_link else content.mode
        yield Entry(mode, trees.store(content.data), 0, path)


def _filtered(
    trees: Trees, project: Project, committed: Files, paths: Iterable[str]
) -> Iterator[Entry]:
    """Where a filter has git store another form of a file, the one that its owner sees is merged.

    The template is not asked what a filter would make of it, and the user's own files go through
    none: it may need what only the real repository has, a key or what LFS has fetched.
    """
    listed = "".join(f"{path}\0" for path in paths)
    told = project.git("check-attr", "-z", "--stdin", "filter", stdin=listed).split("\0")
    for path, name in zip(told[0::3], told[2::3], strict=False):
        entry, seen = committed.get(path), here(project, path)
        if name not in NO_FILTER and entry and seen and not seen.is_link:
            text = seen.data.replace(b"\r\n", b"\n")  # the template has no others
            yield replace(entry, blob=trees.store(text))


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
    tree = trees.of(merged.tree, *map(removed, going))
    notes = [f"{path} was edited, and went: git has it still" for path in going]
    return Merged(tree, left, merged.said), notes


def _files(
    trees: Trees, project: Project, yours: str, merged: Merged, unknown: Mapping[str, Content]
) -> dict[str, Content | None]:
    """What is to be written; what stays although it is in conflict is there as well, as it is."""
    changed = trees.changed(yours, merged.tree)
    unmerged = {entry.path for entry in merged.unmerged} - changed.keys()
    files: dict[str, Content | None] = {path: here(project, path) for path in unmerged}
    new = trees.checked_out([entry for entry in changed.values() if entry])
    for path in changed:
        content, mine = new.get(path), unknown.get(path)
        files[path] = replace(content, mode=mine.mode) if content and mine else content
    return {path: files[path] for path in sorted(files)}


def _sides(
    trees: Trees, merged: Merged, committed: Files, unknown: Mapping[str, Content]
) -> Iterator[tuple[Entry, bytes]]:
    """What `git status` will show. Not of files unknown to git: a reset would delete them."""
    for entry in merged.unmerged:
        if entry.path not in unknown:
            mine = committed.get(entry.path) if entry.stage == 2 else None
            yield replace(mine, stage=2) if mine else entry, trees.content(entry)


def _not_kept(old: Path, new: Path) -> Iterator[str]:
    """The answers file is written anew: what a human added to it is told, at least."""
    before, after = ((path / ANSWERS_FILE).read_text(encoding="utf-8") for path in (old, new))
    comments = [line.partition("#")[2] for line in before.splitlines() if "#" in line]
    lost = [f"#{comment}" for comment in comments if comment not in after]
    lost += [key for key in yaml.safe_load(before) if key not in yaml.safe_load(after)]
    if lost:
        yield f"{ANSWERS_FILE} was written anew, without: {' / '.join(lost)}"
