"""What a process tells its disk, written down, and what a power cut may leave of it at any moment.

What was flushed is there. Of what a file was told since, any beginning is: the last write of it in
part, with what was there or with zeros for the rest of it, which may be its beginning. Of what the
folder was told, likewise.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedRandom, BufferedWriter, FileIO
from pathlib import Path
from typing import Any

import pytest

from agent import files


@dataclass(frozen=True)
class Write:
    file: int
    place: int
    data: bytes

    def on(self, content: bytes) -> bytes:
        before = content[: self.place].ljust(self.place, b"\0")
        return before + self.data + content[self.place + len(self.data) :]

    def torn(self) -> Iterator["Write"]:
        for length in {1, len(self.data) // 2, len(self.data) - 1} - {0}:
            yield Write(self.file, self.place, self.data[:length])  # behind it, what was there
            yield Write(self.file, self.place, self.data[:length].ljust(len(self.data), b"\0"))
            if self.data.count(b"\n{") < 2:  # or its end alone, with no whole event in it
                yield Write(self.file, self.place + length, self.data[length:])


@dataclass(frozen=True)
class Cut:
    file: int
    length: int

    def on(self, content: bytes) -> bytes:
        return content[: self.length].ljust(self.length, b"\0")


@dataclass(frozen=True)
class Flush:
    """Of a file, or of the folder."""

    file: int | None


@dataclass(frozen=True)
class Name:
    """From now on the name is that of this file, or of none."""

    name: str
    file: int | None


@dataclass(frozen=True)
class Told:
    """Whoever asked for it was told that so much is stored."""

    what: Any


Step = Write | Cut | Flush | Name | Told


@dataclass
class Disk:
    """Of one folder, whose process does one thing at a time."""

    steps: list[Step] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    inodes: dict[int, int] = field(default_factory=dict)

    def told(self, what: Any) -> None:
        self.steps.append(Told(what))

    def name(self, name: str, file: int | None) -> None:
        self.steps.append(Name(name, file))
        self.names.pop(name, None)
        self.names |= {} if file is None else {name: file}

    def open(self, path: Path, mode: str, buffering: int = -1, opener: Any = None) -> Any:
        is_new = not path.exists()
        raw = Recorded(path, mode, opener=opener)
        if is_new:
            self.name(path.name, len(self.steps))
        raw.disk, raw.number = self, self.names[path.name]
        self.inodes[os.fstat(raw.fileno()).st_ino] = raw.number
        if not buffering:
            return raw
        return BufferedRandom(raw) if "+" in mode else BufferedWriter(raw)

    def flush(self, place: int) -> None:
        of = os.fstat(place)
        self.steps.append(Flush(None if stat.S_ISDIR(of.st_mode) else self.inodes[of.st_ino]))

    def replace(self, path: Path, target: Path) -> Path:
        self.name(target.name, self.names[path.name])
        self.name(path.name, None)
        os.replace(path, target)
        return target

    @contextmanager
    def recorded(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files, "open", self.open, raising=False)
            patch.setattr(Path, "replace", lambda *arguments: self.replace(*arguments))
            for name in ("fsync", "fdatasync"):
                patch.setattr(os, name, self.flush, raising=False)
            yield

    def after_a_power_cut(self) -> Iterator[tuple[list[Any], dict[str, bytes]]]:
        """What somebody was told by then, and what files there may be: for any moment."""
        for end in range(len(self.steps) + 1):
            done = self.steps[:end]
            told = [step.what for step in done if isinstance(step, Told)]
            for names in beginnings([s for s in done if isinstance(s, Name | Flush)], None):
                there = {step.name: step.file for step in names if isinstance(step, Name)}
                may_be = {
                    name: contents([s for s in done if not isinstance(s, Name | Told)], file)
                    for name, file in there.items()
                    if file is not None
                }
                for turn in range(max(map(len, may_be.values()), default=1)):
                    yield told, {name: each[turn % len(each)] for name, each in may_be.items()}


def beginnings(steps: Sequence[Any], file: int | None) -> Iterator[Sequence[Any]]:
    """Of what a file was told, or the folder: with all that was flushed."""
    flushed = [place for place, step in enumerate(steps) if step == Flush(file)]
    for end in range(flushed[-1] if flushed else 0, len(steps) + 1):
        yield steps[:end]


def contents(steps: Sequence[Write | Cut | Flush], file: int) -> list[bytes]:
    of_it, found = [step for step in steps if step.file == file], list[bytes]()
    for kept in beginnings(of_it, file):
        content = b""
        for step in kept:
            content = content if isinstance(step, Flush) else step.on(content)
        found.append(content)
        following = of_it[len(kept) :][:1]
        found += [
            torn.on(content)
            for step in following
            if isinstance(step, Write)
            for torn in step.torn()
        ]
    return found


class Recorded(FileIO):
    disk: Disk
    number: int

    def write(self, data: Any, /) -> int:
        place, count = self.tell(), super().write(data)
        self.disk.steps.append(Write(self.number, place, bytes(data)[:count]))
        return count

    def truncate(self, size: int | None = None, /) -> int:
        length = super().truncate(size)
        self.disk.steps.append(Cut(self.number, length))
        return length
