"""Take back a change: every file, and what git's index said of it, as it was before."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from . import undo
from .answers import ANSWERS_FILE
from .conflicts import hunks_in
from .contents import LINK, is_scratch, write
from .errors import Failure, NotPossible
from .index import lines, removed
from .project import Project
from .undo import ABORT, Undo


def restore(project: Project, kept: Undo) -> None:
    failed = []
    _remove_scratch(project, kept)
    for path in kept.before:
        try:
            _restore(project.path / path, path, kept)
        except OSError as error:
            failed.append(f"{path}: {error.strerror}")
    for path in sorted(set(kept.permissions) - set(kept.before)):
        try:
            _restore_folder(project.path / path, kept.permissions[path])
        except OSError as error:
            failed.append(f"{path}: {error.strerror}")
    _restore_index(project, kept)
    if failed:
        raise Failure(f"could not be brought back ({'; '.join(failed)}): mend it, then {ABORT}")
    kept.forget()


def _restore(file: Path, path: str, kept: Undo) -> None:
    content = kept.content(path)
    write(file, content)
    if content and content.mode != LINK:
        file.chmod(kept.permissions[path])


def _restore_folder(folder: Path, permissions: int) -> None:
    """One that was empty, and went with the file that had come into it; or the other way round."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(permissions)


def _remove_scratch(project: Project, kept: Undo) -> None:
    """What a process that was killed has left behind."""
    for folder in {(project.path / path).parent for path in kept.before}:
        for scratch in list(filter(is_scratch, folder.glob("*"))):
            shutil.rmtree(scratch)


def _restore_index(project: Project, kept: Undo) -> None:
    """Where it has become another: the rest keeps even the flags that git has for it."""
    now = undo.index_of(project)
    changed = [path for path in kept.before if now.get(path) != kept.index.get(path)]
    gone = [removed(f"{project.prefix}{path}") for path in changed]
    before = [kept.index[path] for path in changed if path in kept.index]
    project.git("update-index", "-z", "--index-info", stdin=lines(*gone, *before))


def abort(project: Project) -> str:
    """Take back the change that has not come to its end, and say which it was."""
    kept = undo.find(project)
    if kept is None:
        raise NotPossible("nothing to abort: no update is under way here")
    if edited := ", ".join(_edited_since(project, kept)):
        raise NotPossible(f"{kept.what}: edited since ({edited}): commit that or move it away")
    restore(project, kept)
    return kept.what


def _edited_since(project: Project, kept: Undo) -> Iterator[str]:
    """What is neither as it was nor as it was made, and no conflict that is being solved."""
    # Every change writes the answers: where they are not its own, git has taken it back already.
    under_way = undo.digest_of(project, ANSWERS_FILE) == kept.after.get(ANSWERS_FILE)
    index = undo.index_of(project)
    for path in kept.before:
        # What is not there cannot be lost.
        as_known = undo.digest_of(project, path) in (None, kept.before[path], kept.after[path])
        # Git, where it knows the file, has it as a conflict or as solved, not as before.
        known, now = kept.index.get(path), index.get(path)
        being_solved = now != known if known else hunks_in(project.path / path) > 0
        if not as_known and not (under_way and path in kept.conflicts and being_solved):
            yield path
