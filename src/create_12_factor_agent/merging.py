"""What a merge of the template would make of a project, tried on a copy of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import conflicts
from .conflicts import Conflict
from .contents import Content, content_of, exists
from .errors import NotPossible
from .git import to_bytes
from .project import ANSWERS_FILE, Project, read_answers
from .questions import Answers
from .rendering import merge, rendered
from .source import Source
from .staged import Copy, Entry, staged


@dataclass(frozen=True)
class Outcome:
    """`files` has what changes, None where a file goes; `index` what git knows as unmerged."""

    answers: Answers
    files: dict[str, Content | None]
    conflicts: list[Conflict]
    index: list[Entry]
    blobs: list[bytes]
    deleted_edits: list[str]
    notes: list[str]
    diff: str


def try_merge(
    source: Source,
    project: Project,
    version: str,
    answers: Mapping[str, Any],
    *,
    defaults: bool,
    keep_edits: bool = True,
) -> Outcome:
    """Merge a version of the template, with these answers, into a copy of the project.

    A file that the user edited and that the template no longer has stays, as a conflict, unless
    `keep_edits` is false: copier itself would delete it without a word.
    """
    with staged(project) as copy:
        before = copy.before
        header = (copy.path / ANSWERS_FILE).read_text(encoding="utf-8")
        merge(source, copy.path, answers, version, defaults=defaults)
        gone = [path for path in copy.changed() if path in before and not exists(copy.path / path)]
        edited = list(_edited(source, project, copy, gone)) if gone else []
        if keep_edits:
            for old, mine in edited:
                copy.git("checkout", "-q", "HEAD", "--", mine.path)
                copy.unmerge(*filter(None, [old, mine]))
        added = [path for path in copy.changed() if path not in before]
        for path in added:
            _meet(project, copy, path)
        return _outcome(copy, header, [mine.path for _, mine in edited])


def _edited(
    source: Source, project: Project, copy: Copy, paths: list[str]
) -> Iterator[tuple[Entry | None, Entry]]:
    """Those of the paths that are not as the template made them, with what it had made."""
    with rendered(source, project) as made:
        for path in paths:
            mine = copy.before[path]
            old = None
            if exists(made / path):
                blob = copy.git("hash-object", "-w", "--path", path, "--", str(made / path)).strip()
                old = Entry(mine.mode, blob, 1, path)
            if old is None or old.blob != mine.blob:
                yield old, Entry(mine.mode, mine.blob, 2, path)


def _meet(project: Project, copy: Copy, path: str) -> None:
    """A new file of the template's where the user has one that git does not know."""
    mine, theirs = project.path / path, copy.path / path
    blocking = next((part for part in mine.parents if exists(part)), None)
    if blocking is None or not blocking.is_dir():
        raise NotPossible(f"{blocking} is in the way of {path}: move it")
    if not exists(mine) or (mine.is_file() and mine.read_bytes() == theirs.read_bytes()):
        return
    if mine.is_symlink() or not mine.is_file():
        raise NotPossible(f"{mine} is in the way: move it")
    sides = mine.read_bytes(), theirs.read_bytes()
    with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
        base, new = Path(folder, "base"), Path(folder, "new")
        base.touch()
        new.write_bytes(sides[1])
        theirs.write_bytes(sides[0])
        labels = ("-L", "before updating", "-L", "last update", "-L", "after updating")
        # It exits with the number of conflicts, or with 255 where it has met no text.
        copy.git("merge-file", *labels, "--", path, str(base), str(new), fine=range(255))
    copy.unmerge(
        *(Entry("100644", copy.write_blob(side), 2 + n, path) for n, side in enumerate(sides))
    )


def _outcome(copy: Copy, header: str, deleted_edits: list[str]) -> Outcome:
    changed = [path for path in copy.changed() if copy.before.get(path) or exists(copy.path / path)]
    index = copy.unmerged()
    answers = read_answers(copy.path)
    rejected = {path for path in changed if path.endswith(conflicts.REJECTED)} - set(copy.before)
    return Outcome(
        answers=answers,
        files={path: content_of(copy.path / path) for path in changed},
        conflicts=conflicts.described(copy.path, {entry.path for entry in index} | rejected),
        index=index,
        blobs=[to_bytes(copy.git("cat-file", "blob", entry.blob)) for entry in index],
        deleted_edits=deleted_edits,
        notes=list(_not_kept(copy, header)),
        diff=copy.diff(),
    )


def _not_kept(copy: Copy, before: str) -> Iterator[str]:
    """The answers file is written anew: what a human added to it is told, at least."""
    after = (copy.path / ANSWERS_FILE).read_text(encoding="utf-8").splitlines()
    lost = [
        line for line in before.splitlines() if line.lstrip().startswith("#") and line not in after
    ]
    if lost:
        yield f"{ANSWERS_FILE} was written anew, without: {' / '.join(lost)}"
