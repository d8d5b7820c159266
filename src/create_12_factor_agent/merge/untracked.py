"""What git does not know of the user's, where the template has or brings a file."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from ..errors import NotPossible
from ..git.contents import Content, content_of, exists, first_that_is_no_folder, is_file
from ..project import Project
from ..visible import quoted


def require_committed(project: Project, paths: Iterable[str]) -> None:
    """Refuse files of the template's that git does not know: they would look deleted."""
    here = [path for path in sorted(paths) if _is_there(project.path, path)]
    files = [path for path in here if not (project.path / path).is_symlink()]
    if unknown := [path for path in files if not _is_within_another(project.path, path)]:
        raise NotPossible(
            f"git does not know what the template made ({', '.join(unknown)}): "
            f"git add --force {' '.join(map(quoted, unknown))} && git commit -m Add, or move it"
        )


def untracked(project: Project, paths: Iterable[str]) -> dict[str, Content]:
    """The files and links that the user has at these paths, of which git knows none."""
    here = (path for path in sorted(paths) if _is_there(project.path, path))
    contents = ((path, content_of(project.path / path)) for path in here)
    return {path: content for path, content in contents if content}


def _is_there(root: Path, path: str) -> bool:
    """A file or a link, and not seen through a link."""
    around = any((root / folder).is_symlink() for folder in Path(path).parents[:-1])
    return not around and is_file(root / path)


def _is_within_another(root: Path, path: str) -> bool:
    """Within a repository of its own."""
    return any((root / folder / ".git").exists() for folder in Path(path).parents[:-1])


def require_room(
    project: Project,
    files: Mapping[str, Content | None],
    unknown: Collection[str],
    whole: Collection[str],
) -> None:
    """Refuse to write where something stands that git could not bring back.

    An `unknown` file can be met by the template's between marks, but not where `whole` files meet.
    """
    for path, content in files.items():
        if content is None:
            continue
        if folder := first_that_is_no_folder(project.path, path):
            raise NotPossible(f"{folder} is in the way of the template's {path}: move it")
        if exists(project.path / path) and not is_file(project.path / path):
            raise NotPossible(f"{path} is a folder, in the way of the template's file: move it")
        if path in unknown and path in whole:
            raise NotPossible(f"{path} is in the way of the template's: move it")


def ignored(project: Project, added: Iterable[str]) -> Iterator[str]:
    """Say which of the template's new files git would not add by itself."""
    listed = "".join(f"{path}\0" for path in added)
    told = project.git("check-ignore", "-z", "--stdin", stdin=listed, fine=(0, 1))
    if paths := [path for path in told.split("\0") if path]:
        yield f"git ignores {', '.join(paths)}: git add --force {' '.join(map(quoted, paths))}"
