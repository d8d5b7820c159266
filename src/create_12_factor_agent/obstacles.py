"""What of the user's, unknown to git or not, stands where the template has a file."""

from pathlib import Path

from .conflicts import hunks_in
from .contents import LINK, Content, content_of, exists, is_file
from .errors import InTheWay
from .index import Entry
from .project import Project
from .source import Source
from .staged import Copy


def meet(project: Project, copy: Copy, path: str) -> Content | None:
    """A new file of the template's, where the user may have one that git does not know.

    Returns what the user has. Both are between marks afterwards, in the copy.
    """
    mine, theirs = project.path / path, copy.path / path
    _require_room(project, path)
    found = content_of(mine)
    if found is None or found == content_of(theirs):
        return found
    links = found.mode == LINK or theirs.is_symlink()
    merged = None if links else copy.merged(found.data, b"", theirs.read_bytes())
    if merged is None:
        raise InTheWay(f"{path} is in the way of the template's: move it")
    new = Entry(found.mode, copy.blob(theirs), 3, path)
    theirs.write_bytes(found.data)
    old = Entry(found.mode, copy.blob(theirs), 2, path)
    theirs.write_bytes(merged)
    if hunks_in(theirs):
        copy.unmerge(old, new)
    return found


def require_room(source: Source, project: Project, version: str) -> None:
    """Say what stands where the template has another thing: copier does not."""
    for path in sorted(source.paths(version)):
        _require_room(project, path)


def _require_room(project: Project, path: str) -> None:
    """No folder where the file goes, and no file or link where its folders go."""
    for folder in reversed(Path(path).parents[:-1]):
        around = project.path / folder
        if around.is_symlink() or (around.exists() and not around.is_dir()):
            raise in_the_way(str(folder), path)
    if exists(project.path / path) and not is_file(project.path / path):
        raise InTheWay(f"{path} is a folder, in the way of the template's file: move it")


def in_the_way(what: str, path: str) -> InTheWay:
    return InTheWay(f"{what} is in the way of the template's {path}: move it")
