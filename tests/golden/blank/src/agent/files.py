"""Files that are written whole or not at all, that survive a crash of the machine, and that nobody
but their owner reads.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from io import FileIO
from pathlib import Path
from stat import S_IMODE, S_ISDIR, S_ISREG, S_ISVTX
from tempfile import mkstemp
from typing import BinaryIO

TEMPORARY = ".unfinished-"
OF_ONE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.")
Fingerprint = tuple[int, int, int]


def fingerprint(path: Path) -> Fingerprint:
    """Another one when the file has changed: threads only grow, so the size alone would tell."""
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def content(path: Path) -> bytes:
    """Of a file, and of nothing that lets its reader wait. Raises OSError and ValueError.

    No more of it than there is when it is opened: who reads on to the end while another appends
    reads the end of before, and behind it a part of what came in its place.
    """
    if not S_ISREG(path.stat().st_mode):
        raise ValueError(f"{path.name} is no file")
    with open(path, "rb") as file:
        return file.read(os.fstat(file.fileno()).st_size)


def private_folder(path: Path) -> None:
    """Make it, or close it to others. What is more than a folder of ours stays as it is: one that
    is shared by its nature, one that we are in, and one that holds something else.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = 0
    if not S_ISDIR(mode):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = path.stat().st_mode
    if os.name == "nt" or not S_IMODE(mode) & 0o077 or mode & S_ISVTX:
        return
    if not Path.cwd().is_relative_to(path.resolve()) and is_ours(path):
        with suppress(PermissionError):  # it is somebody else's, and what we write there is not
            path.chmod(0o700)


@lru_cache(maxsize=64)  # what holds something else is asked about for each event
def is_ours(folder: Path) -> bool:
    """Whether nothing is in there that a store does not keep: what is about one thread."""
    return all(name.startswith(".") or OF_ONE.match(name) for name in os.listdir(folder))


def private(path: str | Path, flags: int) -> int:
    """An opener of files that are their owner's alone; a link is not followed."""
    descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
    if os.name != "nt":
        with suppress(PermissionError):
            os.fchmod(descriptor, 0o600)
    return descriptor


def append(path: Path, end: bytes, addition: bytes) -> bool:
    """Put the addition in place of the end of a file, all or nothing; it is on the disk when this
    returns. False, and nothing was done, where the file does not end so, or is no plain file.
    """
    if not is_plain(path):
        return False
    with open(path, "r+b", buffering=0, opener=private) as file:
        place = file.seek(0, os.SEEK_END) - len(end)
        if place < 0 or read_at(file, place) != end:
            return False
        try:
            write_at(file, place, addition)
            getattr(os, "fdatasync", os.fsync)(file.fileno())
        except BaseException:
            with suppress(OSError):  # as it was: that takes no room
                write_at(file, place, end)
                file.truncate(place + len(end))
            raise
    return True


def read_at(file: FileIO, place: int) -> bytes:
    file.seek(place)
    return file.read()


def write_at(file: FileIO, place: int, data: bytes) -> None:
    """In one go, unless the disk takes less."""
    file.seek(place)
    while data:
        data = data[file.write(data) or 0 :]


def replace(path: Path, text: str) -> None:
    """Write all or nothing; it is on the disk, folder entry included, when this returns."""
    private_folder(path.parent)
    temporary = path.with_name(f".{path.name}{TEMPORARY}{os.getpid()}")
    try:
        with open(temporary, "wb", opener=private) as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # it is there already, and everybody reads it
        sync_folder(path.parent)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """What is written here takes the file's place when it is whole and on the disk, and never else.

    Its folder is anybody's: it stays as it is, and nobody there can guess the name beforehand.
    """
    # Not TEMPORARY: a store that it is written beside sweeps those away.
    descriptor, name = mkstemp(prefix=f".{path.name}.new-", dir=path.parent)
    temporary = Path(name)
    try:
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # it is there already, and everybody reads it
        sync_folder(path.parent)


def overwrite(path: Path, text: str) -> None:
    """In place: what can be made again need survive no crash. What leads elsewhere, as links and
    pipes do, is replaced.
    """
    written = text.encode("utf-8")
    if not is_plain(path):
        path.unlink(missing_ok=True)
    with open(path, "r+b" if path.exists() else "wb", opener=private) as file:
        file.write(written)
        file.truncate()


def is_plain(path: Path) -> bool:
    """Whether it is a file that has no other name."""
    try:
        stat = path.lstat()
    except FileNotFoundError:
        return False
    return S_ISREG(stat.st_mode) and stat.st_nlink == 1


def sync_folder(folder: Path) -> None:
    if os.name == "nt":  # where a folder cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
