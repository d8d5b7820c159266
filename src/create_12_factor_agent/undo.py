"""What was there before a change, kept until its conflicts are solved.

It lies in git's own folder, written before anything else is touched: neither a Ctrl-C nor a
`kill -9` in the middle costs a file.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from .contents import Content, content_of, digest, write
from .errors import Failure, NotPossible
from .index import entries, lines, removed
from .merging import Outcome
from .project import Project

ABORT = "create-12-factor-agent update --abort"
FOLDER = "create-12-factor-agent"


@dataclass(frozen=True)
class Undo:
    """`before` and `after` have the digest of each file, None where there is none.

    The bytes from before lie beside it, numbered; `index` is what git's index said of them.
    `finished` says that all was written, conflicts and all.
    """

    folder: Path
    what: str
    tree: str
    modes: dict[str, str]
    before: dict[str, str | None]
    after: dict[str, str | None]
    conflicts: list[str]
    index: list[str]
    finished: bool = False

    def save(self) -> None:
        shown = {key: value for key, value in asdict(self).items() if key != "folder"}
        beside = self.folder / "state.new"
        beside.write_text(json.dumps(shown, indent=1), encoding="utf-8")
        beside.replace(self.folder / "state.json")

    def content(self, path: str) -> Content | None:
        if path not in self.modes:
            return None
        number = list(self.before).index(path)
        return Content((self.folder / str(number)).read_bytes(), self.modes[path])

    def forget(self) -> None:
        shutil.rmtree(self.folder)
        with suppress(OSError):  # another project of this repository has something kept
            self.folder.parent.rmdir()


def find(project: Project) -> Undo | None:
    """What `--abort` would bring back; a finished change is over once something is committed."""
    folder = _folder(project)
    if not (folder / "state.json").exists():
        return None
    undo = Undo(folder, **json.loads((folder / "state.json").read_text(encoding="utf-8")))
    return undo if not undo.finished or undo.tree == project.tree else None


def keep(project: Project, what: str, outcome: Outcome) -> Undo:
    """Put aside whatever the outcome will overwrite."""
    earlier, folder = find(project), _folder(project)
    if earlier and any(_digest(project, path) != earlier.before[path] for path in earlier.before):
        raise NotPossible(f"{earlier.what} was neither committed nor taken back: {ABORT}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    modes, before = {}, {}
    for number, path in enumerate(outcome.files):
        content = content_of(project.path / path)
        before[path] = digest(content)
        if content:
            modes[path] = content.mode
            (folder / str(number)).write_bytes(content.data)
    undo = Undo(
        folder=folder,
        what=what,
        tree=project.tree,
        modes=modes,
        before=before,
        after={path: digest(content) for path, content in outcome.files.items()},
        conflicts=[conflict.path for conflict in outcome.conflicts],
        index=[line for path, line in _index(project).items() if path in outcome.files],
    )
    undo.save()
    return undo


def restore(project: Project, undo: Undo) -> None:
    """Every file that was written, and what git's index said of it, as it was before."""
    failed = []
    for path in undo.before:
        try:
            write(project.path / path, undo.content(path))
        except OSError as error:
            failed.append(f"{path}: {error.strerror}")
    gone = [removed(f"{project.prefix}{path}") for path in undo.before]
    project.git("update-index", "-z", "--index-info", stdin=lines(*gone, *undo.index))
    if failed:
        raise Failure(f"could not be brought back ({'; '.join(failed)}): mend it, then {ABORT}")
    undo.forget()


def abort(project: Project) -> str:
    """Take back the change that has not come to its end, and say which it was."""
    undo = find(project)
    if undo is None:
        raise NotPossible("nothing to abort: no update is under way here")
    if edited := ", ".join(_edited_since(project, undo)):
        raise NotPossible(f"{undo.what}: edited since ({edited}): commit that or put it back")
    restore(project, undo)
    return undo.what


def _edited_since(project: Project, undo: Undo) -> Iterator[str]:
    """What is neither as it was nor as it was made, and no conflict that is being solved."""
    index = _index(project)
    for path in undo.before:
        # What is not there cannot be lost.
        as_known = _digest(project, path) in (None, undo.before[path], undo.after[path])
        solving = path in undo.conflicts and index.get(path) not in (None, *undo.index)
        if not as_known and not solving:
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


def _folder(project: Project) -> Path:
    """In git's folder of this work tree, apart for each project of a monorepo."""
    return project.git_path(FOLDER) / sha256(project.prefix.encode()).hexdigest()[:16]
