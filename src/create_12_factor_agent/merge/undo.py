"""What was there before a change, brought back where it is taken back.

It lies in git's own folder, written before anything else is touched: neither a Ctrl-C nor a
`kill -9` in the middle costs a file. Where there are conflicts it stays until the next change: it
has what was said of them.
"""

import json
import shutil
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..errors import Failure, NotPossible
from ..git import to_bytes
from ..git.contents import Content, content_of, digest, is_scratch, write
from ..git.index import entries, lines, removed
from ..project import Project
from ..template.answers import ANSWERS_FILE
from .conflicts import Conflict, hunks_in

ABORT = "create-12-factor-agent update --abort"
FOLDER = "create-12-factor-agent"


@dataclass(frozen=True)
class Undo:
    """`before` has each file as it was, `after` the digest of what it became; None is no file.

    `index` is what git's index said of each path. `permissions` are those of the files and of the
    folders that they were in. `conflicts` has what was said of each; `finished` says that all was
    written, conflicts and all.
    """

    file: Path
    what: str
    tree: str
    before: dict[str, Content | None]
    after: dict[str, str | None]
    permissions: dict[str, int]
    index: dict[str, str]
    conflicts: dict[str, str]
    finished: bool = False

    def save(self) -> None:
        kept = {path: content and _packed(content) for path, content in self.before.items()}
        shown = {**asdict(self), "before": kept}
        del shown["file"]
        beside = self.file.with_suffix(".new")
        beside.write_text(json.dumps(shown), encoding="utf-8")
        beside.replace(self.file)

    def forget(self) -> None:
        self.file.unlink(missing_ok=True)
        self.file.with_suffix(".new").unlink(missing_ok=True)
        with suppress(OSError):  # another project of this repository has something kept
            self.file.parent.rmdir()


def _packed(content: Content) -> list[str]:
    return [content.mode, b64encode(content.data).decode()]


def _read(file: Path) -> Undo:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    try:
        undo = Undo(file=file, **found)
    except TypeError:
        raise NotPossible(
            f"begun by another version of this command: end it there ({file})"
        ) from None
    packed: Mapping[str, Any] = undo.before
    before = {
        path: Content(b64decode(one[1]), one[0]) if one else None for path, one in packed.items()
    }
    return replace(undo, before=before)


def kept(project: Project) -> Undo | None:
    """What the last change has kept, over or not."""
    file = _file(project)
    return _read(file) if file.exists() else None


def find(project: Project) -> Undo | None:
    """What `--abort` would bring back; a finished change is over once something is committed."""
    undo = kept(project)
    return undo if undo and (not undo.finished or undo.tree == project.tree) else None


def keep(
    project: Project, what: str, files: Mapping[str, Content | None], conflicts: list[Conflict]
) -> Undo:
    """Put aside whatever these files will overwrite."""
    file = _file(project)
    file.parent.mkdir(parents=True, exist_ok=True)
    undo = Undo(
        file=file,
        what=what,
        tree=project.tree,
        before={path: content_of(project.path / path) for path in files},
        after={path: digest(content) for path, content in files.items()},
        permissions=_permissions(project, files),
        index={path: line for path, line in _index(project).items() if path in files},
        conflicts={conflict.path: conflict.said for conflict in conflicts},
    )
    undo.save()
    return undo


def require_over(project: Project) -> None:
    """Refuse to drop what an earlier change has kept, unless all of it is there again."""
    earlier = find(project)
    if earlier and any(
        _digest(project, path) != digest(one) for path, one in earlier.before.items()
    ):
        raise NotPossible(f"{earlier.what} is neither committed here nor taken back: {ABORT}")


def restore(project: Project, undo: Undo) -> None:
    """Every file, and what git's index said of it, as it was before."""
    failed = []
    _remove_scratch(project, undo)
    folders = sorted(set(undo.permissions) - set(undo.before))
    for path in [*undo.before, *folders]:
        try:
            _restore(project.path / path, path, undo)
        except OSError as error:
            failed.append(f"{path}: {error.strerror}")
    _restore_index(project, undo)
    if failed:
        raise Failure(f"could not be brought back ({'; '.join(failed)}): mend it, then {ABORT}")
    undo.forget()


def _restore(file: Path, path: str, undo: Undo) -> None:
    if path in undo.before:
        write(file, undo.before[path])
    else:  # a folder that was empty, and went with the file that had come into it
        file.mkdir(parents=True, exist_ok=True)
    if path in undo.permissions:
        file.chmod(undo.permissions[path])


def _remove_scratch(project: Project, undo: Undo) -> None:
    """What a process that was killed has left behind."""
    for folder in {(project.path / path).parent for path in undo.before}:
        for scratch in list(filter(is_scratch, folder.glob("*"))):
            shutil.rmtree(scratch)


def _restore_index(project: Project, undo: Undo) -> None:
    """Where it has become another: the rest keeps even the flags that git has for it."""
    now = _index(project)
    changed = [path for path in undo.before if now.get(path) != undo.index.get(path)]
    gone = [removed(f"{project.prefix}{path}", undo.tree) for path in changed]
    before = [undo.index[path] for path in changed if path in undo.index]
    project.git("update-index", "-z", "--index-info", stdin=lines(*gone, *before))


def abort(project: Project) -> str:
    """Take back the change that has not come to its end, and say which it was."""
    undo = find(project)
    if undo is None:
        raise NotPossible("nothing to abort: no update is under way here")
    if edited := ", ".join(_edited_since(project, undo)):
        raise NotPossible(f"{undo.what}: edited since ({edited}): commit that or move it away")
    restore(project, undo)
    return undo.what


def _edited_since(project: Project, undo: Undo) -> Iterator[str]:
    """What is neither as it was nor as it was made, and no conflict that is being solved."""
    # Every change writes the answers: where they are not its own, git has taken it back already.
    under_way = _digest(project, ANSWERS_FILE) == undo.after.get(ANSWERS_FILE)
    index = _index(project)
    for path, before in undo.before.items():
        # What is not there cannot be lost.
        as_known = _digest(project, path) in (None, digest(before), undo.after[path])
        # Git, where it knows the file, has it as a conflict or as solved, not as before.
        known, now = undo.index.get(path), index.get(path)
        being_solved = now != known if known else hunks_in(project.content(path)) > 0
        if not as_known and not (under_way and path in undo.conflicts and being_solved):
            yield path


def _index(project: Project) -> dict[str, str]:
    """What git's index says of each path; of an unmerged one, the last of its sides."""
    listed = project.git("ls-files", "-s", "-z", "--full-name", "--", ".")
    return {entry.path.removeprefix(project.prefix): str(entry) for entry in entries(listed)}


def _digest(project: Project, path: str) -> str | None:
    try:
        return digest(content_of(project.path / path))
    except OSError:
        return "a folder"


def _permissions(project: Project, paths: Mapping[str, object]) -> dict[str, int]:
    folders = {str(folder) for path in paths for folder in Path(path).parents}
    files = {path: project.path / path for path in sorted({*folders, *paths})}
    there = {path: file for path, file in files.items() if file.exists() and not file.is_symlink()}
    return {path: file.stat().st_mode & 0o7777 for path, file in there.items()}


def _file(project: Project) -> Path:
    """In git's folder of this work tree, apart for each project of a monorepo."""
    name = sha256(to_bytes(project.prefix)).hexdigest()[:16]
    return project.git_path(FOLDER) / f"{name}.json"
