"""A folder in which an editor or a hosting site was before `new`, and how its files meet ours."""

import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from fnmatch import fnmatchcase
from pathlib import Path

from .errors import Failure, InTheWay
from .git import git, to_bytes
from .git.contents import content_of, exists, first_that_is_no_folder
from .merge.conflicts import Conflict, hunks_in
from .merge.three_way import YOURS

# In lower case. What somebody has written themselves is none of it.
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
TITLE = "README.md"


def strangers(folder: Path) -> list[str]:
    """What is there and is its owner's work."""
    names = sorted(entry.name for entry in folder.iterdir())
    return [name for name in names if not _is_first_commer(name.casefold())]


def _is_first_commer(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in FIRST_COMMERS)


def has_title_alone(folder: Path) -> bool:
    """Whether its README is one line, as a hosting site makes it of the repository's name."""
    file = folder / TITLE
    if file.is_symlink() or not file.is_file():
        return False
    lines = [line for line in file.read_bytes().splitlines() if line.strip()]
    return len(lines) == 1 and lines[0].startswith(b"# ")


def meet(project: Path, folder: Path, files: Iterable[str], version: str) -> list[Conflict]:
    """Make ours, where the folder has such a file already, what git's merge makes of the two.

    Raises InTheWay where one of the two is no text, or no file at all.
    """
    found = []
    for path in files:
        if wrong := first_that_is_no_folder(folder, path):
            raise InTheWay(f"{folder / wrong} is in the way of the template's {path}: move it")
        if exists(folder / path) and (conflict := _meet(project, folder, path, version)):
            found.append(conflict)
    return found


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
    return Conflict(path, hunks, "lines", f"{path} is on both sides") if hunks else None


def place(project: Path, folder: Path) -> None:
    """Move all that is in the project into the folder, or nothing.

    The folder itself stays, because it may be somebody's working directory.
    """
    with ExitStack() as back:
        for entry in project.iterdir():
            _move(entry, folder / entry.name, back)
        back.pop_all()


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
