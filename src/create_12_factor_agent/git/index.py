"""Git's index and trees, in the form in which git prints them and reads them back."""

from collections.abc import Iterator
from dataclasses import dataclass

LINK, SUBMODULE = "120000", "160000"


@dataclass(frozen=True)
class Entry:
    """`stage` is 0, or a side of a conflict: 1 the base, 2 the user's, 3 the template's."""

    mode: str
    blob: str
    stage: int
    path: str

    @property
    def is_file(self) -> bool:
        return self.mode not in (LINK, SUBMODULE)

    def __str__(self) -> str:
        return f"{self.mode} {self.blob} {self.stage}\t{self.path}"


def entries(listed: str) -> Iterator[Entry]:
    """What `git ls-files -s -z` says, or `git ls-tree -r -z`."""
    for line in filter(None, listed.split("\0")):
        what, path = line.split("\t", 1)
        words = what.split()
        if words[1] in ("blob", "commit"):
            yield Entry(words[0], words[2], 0, path)
        else:
            yield Entry(words[0], words[1], int(words[2]), path)


def removed(path: str, like: str) -> str:
    """The line that takes a path out, in all its stages; `like` is an object of the repository."""
    return f"0 {'0' * len(like)}\t{path}"


def lines(*given: str | Entry) -> str:
    """What `git update-index -z --index-info` reads."""
    return "".join(f"{line}\0" for line in given)
