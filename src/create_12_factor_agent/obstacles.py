"""What of the user's, unknown to git or not, stands where the template has a file."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from .contents import LINK, Content, content_of, exists, is_file, write
from .errors import InTheWay, NotPossible
from .project import Project
from .rendering import rendered
from .source import Source
from .staged import Copy


def meet(project: Project, copy: Copy, path: str) -> Content | None:
    """A new file of the template's, where the user may have one that git does not know.

    Returns what the user has. Both are between marks afterwards, in the copy. Git's index is told
    of no conflict: a reset would delete, as the template's, what git has never known.
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
    write(theirs, Content(merged, found.mode))
    return found


def require_committed(source: Source, project: Project, committed: Iterable[str]) -> None:
    """Refuse files of the template's that git does not know: copier would pass them by."""
    paths = sorted(source.paths(project.version) - set(committed))
    unknown = [path for path in paths if _is_there(project.path, path)]
    if not unknown:
        return
    with rendered(source, project.path.name, project.answers, project.version) as made:
        if theirs := ", ".join(path for path in unknown if exists(made / path)):
            raise NotPossible(
                f"git does not know what the template made ({theirs}): "
                "git add --force and commit, or move it"
            )


def _is_there(root: Path, path: str) -> bool:
    """A file, and not seen through a link or within another repository."""
    folders = [root / folder for folder in Path(path).parents[:-1]]
    around = any(folder.is_symlink() or (folder / ".git").exists() for folder in folders)
    return not around and (root / path).is_file() and not (root / path).is_symlink()


def ignored(project: Project, added: Iterable[str]) -> Iterator[str]:
    """Say which of the template's new files git would not add by itself."""
    listed = "".join(f"{path}\0" for path in added)
    told = project.git("check-ignore", "-z", "--stdin", stdin=listed, fine=(0, 1))
    if paths := told.rstrip("\0").replace("\0", ", "):
        yield f"git ignores {paths}: git add --force"


def require_room(project: Project, made: Path) -> None:
    """Say what stands where the project that was `made` has another thing: copier does not."""
    for file in sorted(path for path in made.rglob("*") if is_file(path)):
        _require_room(project, file.relative_to(made).as_posix())


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
