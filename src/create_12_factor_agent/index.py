"""Git's index, in the form in which git prints it and reads it back."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """`stage` is 0, or a side of a conflict: 1 the base, 2 the user's, 3 the template's."""

    mode: str
    blob: str
    stage: int
    path: str

    @property
    def content(self) -> tuple[str, str]:
        return self.mode, self.blob

    def __str__(self) -> str:
        return f"{self.mode} {self.blob} {self.stage}\t{self.path}"


def entries(listed: str) -> Iterator[Entry]:
    """What `git ls-files -s -z` says."""
    for line in filter(None, listed.split("\0")):
        what, path = line.split("\t", 1)
        mode, blob, stage = what.split()
        yield Entry(mode, blob, int(stage), path)


def removed(path: str) -> str:
    """The line that takes a path out, in all its stages."""
    return f"0 {'0' * 40}\t{path}"


def lines(*given: str | Entry) -> str:
    """What `git update-index -z --index-info` reads."""
    return "".join(f"{line}\0" for line in given)
