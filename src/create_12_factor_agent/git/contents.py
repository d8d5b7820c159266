"""A file as git keeps it: its bytes, and whether it is a link or can be run."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from .index import LINK

SCRATCH = ".create-12-factor-agent-write-"


@dataclass(frozen=True)
class Content:
    """Of a file; `mode` is git's: 100644, 100755, or that of a link and where it leads."""

    data: bytes
    mode: str

    @property
    def is_link(self) -> bool:
        return self.mode == LINK


def digest(content: Content | None) -> str | None:
    return sha256(content.mode.encode() + content.data).hexdigest() if content else None


def exists(file: Path) -> bool:
    """A broken link is there as well."""
    return file.is_symlink() or file.exists()


def is_file(file: Path) -> bool:
    """As git sees it: a link is one, wherever it leads."""
    return file.is_symlink() or file.is_file()


def first_that_is_no_folder(root: Path, path: str) -> str | None:
    """Of the folders that a file at `path` needs; a link is none, as it leads elsewhere."""
    for folder in reversed(Path(path).parents[:-1]):
        around = root / folder
        if around.is_symlink() or (around.exists() and not around.is_dir()):
            return str(folder)
    return None


def content_of(file: Path) -> Content | None:
    """None where there is nothing. Raises OSError for a folder."""
    if file.is_symlink():
        return Content(os.fsencode(file.readlink()), LINK)
    if not file.exists():
        return None
    return Content(file.read_bytes(), "100755" if os.access(file, os.X_OK) else "100644")


def is_scratch(folder: Path) -> bool:
    """What `write` leaves behind when it is killed, and nothing else of such a name."""
    if folder.is_symlink() or not folder.is_dir() or not folder.name.startswith(SCRATCH):
        return False
    return all(file.name == "new" and not file.is_dir() for file in folder.iterdir())


def write(file: Path, content: Content | None) -> None:
    """Make the file so in one step; None deletes it, and the folders that it leaves empty."""
    if content is None:
        file.unlink(missing_ok=True)
        _remove_empty(file.parent)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=SCRATCH, dir=file.parent) as folder:
        new = Path(folder, "new")
        if content.mode == LINK:
            new.symlink_to(os.fsdecode(content.data))
        else:
            new.write_bytes(content.data)
            new.chmod(_permissions(file, content))
        new.replace(file)


def _permissions(file: Path, content: Content) -> int:
    """As the user has it, but for the one bit that git keeps."""
    known = file.is_file() and not file.is_symlink()
    now = file.stat().st_mode & 0o777 if known else 0o666 & ~_umask()
    return now | (now & 0o444) >> 2 if content.mode == "100755" else now & ~0o111


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _remove_empty(folder: Path) -> None:
    """Folders that hold nothing any more, up to the project's own."""
    while folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
