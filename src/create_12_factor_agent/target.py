"""The folder that a new project goes to: what stands there and how it meets ours; git around it."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import gettempdir
from typing import Literal

from .errors import Failure, InTheWay, NotPossible
from .git import git, repository, to_bytes
from .git.contents import content_of, exists, first_that_is_no_folder
from .interruption import temporary_folder
from .merge.conflicts import Conflict, hunks_in
from .merge.three_way import MEET, YOURS
from .steps import shown
from .template.answers import is_ours

Git = Literal["created", "existing", "none"]
TITLE = "README.md"
SHOWN = 5

# An editor's and a hosting site's, in lower case. What somebody has written is none of it.
FIRST_COMMERS = """
    .git .gitignore .gitattributes .gitkeep .github .gitlab .gitlab-ci.yml .gitea .forgejo
    readme readme.* license license.* license-* licence licence.* copying copying.* unlicense
    notice notice.* contributing.md code_of_conduct.md security.md codeowners
    .idea .vscode .vs .zed .fleet .settings .project .pydevproject *.iml *.code-workspace
    *.sublime-project *.sublime-workspace .devcontainer .editorconfig
    .ds_store ._* thumbs.db desktop.ini .directory
    .python-version .tool-versions .mise.toml mise.toml .envrc .venv
    .create-12-factor-agent-*
""".split()


@dataclass(frozen=True)
class Target:
    """A folder, there or not yet, in which nobody's work is."""

    path: Path

    @classmethod
    def at(cls, directory: str) -> "Target":
        """Raises NotPossible for a folder that holds somebody's work, and for what is none."""
        # Not resolve(): a link is shown, and checked, as it was typed.
        path = Path(os.path.abspath(directory))  # noqa: PTH100
        if directory.startswith("~"):
            raise NotPossible(
                f"{directory}: no shell has put your home there: write it out, or ./{directory}"
            )
        if ".git" in path.parts:
            raise NotPossible(f"{shown(path)} is in git's own folder: choose another one")
        _require_no_work_of_others(path)
        return cls(path)

    @property
    def subfolder(self) -> str:
        """Its place in the repository that it will be part of: "" or "sub/folder/"."""
        return repository.subfolder(self.path)

    @property
    def has_title_alone(self) -> bool:
        """Whether its README is one line, as a hosting site makes it of the repository's name."""
        file = self.path / TITLE
        if file.is_symlink() or not file.is_file():
            return False
        lines = [line for line in file.read_bytes().splitlines() if line.strip()]
        return len(lines) == 1 and lines[0].startswith(b"# ")

    @contextmanager
    def beside(self, *, dry_run: bool) -> Iterator[Path]:
        """Where the project is made, on the same file system; gone afterwards whatever happens."""
        folder = _existing(Path(gettempdir()) if dry_run else self.path)
        try:
            with temporary_folder(folder, ".create-12-factor-agent-") as made:
                yield made / "project"
        except OSError as error:
            raise NotPossible(f"cannot write to {folder}: {error.strerror}") from error

    def commit(
        self, project: Path, files: list[str], version: str, *, dry_run: bool
    ) -> tuple[Git, str | None]:
        """Make the repository, unless there is one; and what its owner should know about it."""
        if around := repository.enclosing(self.path):
            return "existing", repository.surrounded(around, self.path, files)
        if dry_run:
            return "created", None
        message = f"Create from create-12-factor-agent {version}"
        return "created", repository.first_commit(project, message)

    def meet(self, project: Path, files: Iterable[str], version: str) -> list[Conflict]:
        """Make ours, where such a file is there already, what git's merge makes of the two.

        Raises InTheWay where one of the two is no text, or no file at all.
        """
        found = []
        for path in files:
            if wrong := first_that_is_no_folder(self.path, path):
                raise InTheWay(
                    f"{self.path / wrong} is in the way of the template's {path}: move it"
                )
            if exists(self.path / path) and (conflict := _meet(project, self.path, path, version)):
                found.append(conflict)
        return found

    def place(self, project: Path) -> None:
        """Move all that is in the project there, or nothing.

        A folder that is there stays, because it may be somebody's working directory.
        """
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            project.rename(self.path)
            return
        with ExitStack() as back:
            for entry in project.iterdir():
                _move(entry, self.path / entry.name, back)
            back.pop_all()


def _require_no_work_of_others(path: Path) -> None:
    """Refuse what holds somebody's work, and what is no folder."""
    way = (path, *path.parents)
    try:
        broken = next((step for step in way if step.is_symlink() and not step.exists()), None)
    except OSError as error:  # longer than a path can be, in a folder that is another user's
        raise NotPossible(f"{shown(path)}: {error.strerror}: choose another folder") from None
    if broken:
        raise NotPossible(f"{shown(broken)} is a broken link: remove it or choose another folder")
    if not (existing := _existing(path)).is_dir():
        raise NotPossible(f"{shown(existing)} is a file: choose another folder")
    if existing == path and (found := _strangers(path)):
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        listed = ", ".join(found[:SHOWN])
        ways = "`update` and `add` are for the project that is there, or " if is_ours(path) else ""
        raise NotPossible(
            f"{shown(path)} is not empty ({listed}{more}): {ways}choose another folder"
        )


def _existing(path: Path) -> Path:
    return next(step for step in (path, *path.parents) if step.exists())


def _strangers(folder: Path) -> list[str]:
    """What is there and is its owner's work."""
    names = sorted(entry.name for entry in folder.iterdir())
    return [name for name in names if not _is_first_commer(name.casefold())]


def _is_first_commer(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in FIRST_COMMERS)


def _meet(project: Path, folder: Path, path: str, version: str) -> Conflict | None:
    ours, theirs = project / path, folder / path
    if theirs.is_symlink() or not theirs.is_file():
        raise InTheWay(f"{theirs} is in the way of the template's {path}: move it")
    how = ("-c", "merge.conflictStyle=merge", "merge-file", "-p", "-L", YOURS, "-L", "", "-L")
    try:
        sides = (str(theirs), os.devnull, str(ours))
        merged = git(*how, version, *sides, cwd=project, fine=range(128))
    except Failure as failure:
        raise InTheWay(f"{theirs} and the template's do not merge ({failure}): move it") from None
    ours.write_bytes(to_bytes(merged))
    shutil.copymode(theirs, ours)
    hunks = hunks_in(content_of(ours))
    return Conflict(path, hunks, "lines", f"{MEET}{path}") if hunks else None


def _move(entry: Path, to: Path, back: ExitStack) -> None:
    if to.is_dir():
        for inside in list(entry.iterdir()):
            _move(inside, to / inside.name, back)
    elif to.exists():
        before = entry.with_name(f"{entry.name}.before")
        shutil.copy2(to, before)
        entry.replace(to)
        back.callback(before.replace, to)
    else:
        entry.rename(to)
        back.callback(to.rename, entry)
