"""What was there before a change, kept until its conflicts are solved.

It lies in git's own folder, written before anything else is touched: neither a Ctrl-C nor a
`kill -9` in the middle costs a file.
"""

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from .contents import Content, content_of, digest
from .errors import NotPossible
from .index import entries
from .merging import Outcome
from .project import Project

ABORT = "create-12-factor-agent update --abort"
FOLDER = "create-12-factor-agent"
STATE = "state.json"


@dataclass(frozen=True)
class Undo:
    """`before` and `after` have the digest of each file, None where there is none.

    The bytes from before lie beside it, numbered; `index` is what git's index said of each path.
    `permissions` are those of the files and of the folders that they were in. `finished` says that
    all was written, conflicts and all.
    """

    folder: Path
    what: str
    tree: str
    modes: dict[str, str]
    permissions: dict[str, int]
    before: dict[str, str | None]
    after: dict[str, str | None]
    conflicts: list[str]
    index: dict[str, str]
    finished: bool = False

    def save(self) -> None:
        shown = {key: value for key, value in asdict(self).items() if key != "folder"}
        beside = self.folder / f"{STATE}.new"
        beside.write_text(json.dumps(shown, indent=1), encoding="utf-8")
        beside.replace(self.folder / STATE)

    def content(self, path: str) -> Content | None:
        if path not in self.modes:
            return None
        number = list(self.before).index(path)
        return Content((self.folder / str(number)).read_bytes(), self.modes[path])

    def forget(self) -> None:
        _remove(self.folder)
        with suppress(OSError):  # another project of this repository has something kept
            self.folder.parent.rmdir()


def find(project: Project) -> Undo | None:
    """What `--abort` would bring back; a finished change is over once something is committed."""
    undo = _kept(project)
    return undo if undo and (not undo.finished or undo.tree == project.tree) else None


def conflicts(project: Project) -> Sequence[str]:
    """The paths that the last change has told of as conflicts, solved or not."""
    undo = _kept(project)
    return undo.conflicts if undo else ()


def require_over(project: Project) -> None:
    """Refuse to drop what an earlier change has kept, unless all of it is there again."""
    earlier = find(project)
    if earlier and any(digest_of(project, path) != earlier.before[path] for path in earlier.before):
        raise NotPossible(f"{earlier.what} is neither committed here nor taken back: {ABORT}")


def keep(project: Project, what: str, outcome: Outcome) -> Undo:
    """Put aside whatever the outcome will overwrite."""
    folder = _folder(project)
    _remove(folder)
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
        permissions=_permissions(project, outcome),
        before=before,
        after={path: digest(content) for path, content in outcome.files.items()},
        conflicts=[conflict.path for conflict in outcome.conflicts],
        index={path: line for path, line in index_of(project).items() if path in outcome.files},
    )
    undo.save()
    return undo


def index_of(project: Project) -> dict[str, str]:
    """What git's index says of each path; of an unmerged one, the last of its sides."""
    listed = project.git("ls-files", "-s", "-z", "--full-name", "--", ".")
    return {entry.path.removeprefix(project.prefix): str(entry) for entry in entries(listed)}


def digest_of(project: Project, path: str) -> str | None:
    try:
        return digest(content_of(project.path / path))
    except OSError:
        return "a folder"


def _permissions(project: Project, outcome: Outcome) -> dict[str, int]:
    folders = {str(folder) for path in outcome.files for folder in Path(path).parents}
    files = {path: project.path / path for path in sorted({*folders, *outcome.files})}
    there = {path: file for path, file in files.items() if file.exists() and not file.is_symlink()}
    return {path: file.stat().st_mode & 0o7777 for path, file in there.items()}


def _kept(project: Project) -> Undo | None:
    folder = _folder(project)
    if not (folder / STATE).exists():
        return None
    try:
        return Undo(folder, **json.loads((folder / STATE).read_text(encoding="utf-8")))
    except TypeError:
        raise NotPossible(
            f"begun by another version of this command: end it there ({folder})"
        ) from None


def _remove(folder: Path) -> None:
    """Its state first: without that, what a kill leaves behind says nothing."""
    (folder / STATE).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _folder(project: Project) -> Path:
    """In git's folder of this work tree, apart for each project of a monorepo."""
    return project.git_path(FOLDER) / sha256(project.prefix.encode()).hexdigest()[:16]
