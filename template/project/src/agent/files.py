"""Files that are written whole or not at all, and that survive a crash of the machine."""

import os
from contextlib import suppress
from pathlib import Path

TEMPORARY = ".unfinished-"
Fingerprint = tuple[int, int, int]


def fingerprint(path: Path) -> Fingerprint:
    """Another one when the file has changed: threads only grow, so the size alone would tell."""
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def replace(path: Path, text: str) -> None:
    """Write all or nothing; it is on the disk, folder entry included, when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}{TEMPORARY}{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # it is there already, and everybody reads it
        sync_folder(path.parent)


def overwrite(path: Path, text: str) -> None:
    """In place: what can be made again need survive no crash."""
    content = text.encode("utf-8")
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(content)
        file.truncate()


def sync_folder(folder: Path) -> None:
    if os.name == "nt":  # where a folder cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
