"""A project is made beside its target and put there in one step, or not at all."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import NotPossible

SHOWN = 5


def check_target(target: Path) -> None:
    """Refuse what is no empty or new folder. A repository without files is empty."""
    if target.is_symlink() and not target.exists():
        raise NotPossible(f"{target} is a broken link: remove it or choose another folder")
    if not (existing := _existing(target)).is_dir():
        raise NotPossible(f"{existing} is a file: choose another folder")
    if existing != target:
        return
    found = sorted(entry.name for entry in target.iterdir() if entry.name != ".git")
    if found:
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        listed = ", ".join(found[:SHOWN])
        raise NotPossible(f"{target} is not empty ({listed}{more}): choose another folder")


def _existing(target: Path) -> Path:
    return next(path for path in (target, *target.parents) if path.exists())


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """A folder on the target's own file system, gone afterwards whatever happens."""
    beside = _existing(target)
    try:
        with TemporaryDirectory(prefix=".create-12-factor-agent-", dir=beside) as folder:
            yield Path(folder, "project")
    except OSError as error:
        raise NotPossible(f"cannot write to {beside}: {error.strerror}") from error


def place(project: Path, target: Path) -> None:
    """Move the finished project to its target, which is new or an empty folder."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        project.rename(target)
        return
    # The folder itself stays, because it may be somebody's working directory.
    with ExitStack() as undo:
        for entry in project.iterdir():
            moved = entry.rename(target / entry.name)
            undo.callback(moved.rename, entry)
        undo.pop_all()
