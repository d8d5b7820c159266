"""What is left for a human to decide: where the user's edit and the template meet."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

# How copier marks them; `copier update` and our own update leave the same bytes.
YOURS, THEIRS = "<<<<<<< before updating", ">>>>>>> after updating"
REJECTED = ".rej"


@dataclass(frozen=True)
class Conflict:
    """`hunks` is 0 where whole files meet: the template has deleted what the user edited."""

    path: str
    hunks: int

    def __str__(self) -> str:
        if not self.hunks:
            return f"{self.path}: the template no longer has it, your edited file was kept"
        return f"{self.path}: {self.hunks} hunk{'s' if self.hunks > 1 else ''}"


def find(folder: Path, git: Callable[..., str]) -> list[Conflict]:
    """The conflicts in a folder of a repository, whoever left them; `git` runs there.

    A path that git calls unmerged, a file that still has copier's markers, and a rejected patch.
    """
    unmerged = {line.split("\t")[1] for line in _split(git("ls-files", "-u", "-z"))}
    # It exits with 1 when it finds nothing.
    marked = _split(git("grep", "-l", "-z", "--no-color", "-e", f"^{YOURS}", fine=(0, 1)))
    tracked = set(_split(git("ls-files", "-z")))
    others = _split(git("ls-files", "-z", "-c", "-o", "--", f"*{REJECTED}"))
    # An ignored folder may hold foreign ones: what counts is a patch of a file that is ours.
    rejected = {path for path in others if path in tracked or _patched(path) in tracked}
    return described(folder, unmerged | set(marked) | rejected)


def described(folder: Path, paths: Iterable[str]) -> list[Conflict]:
    return [Conflict(path, _hunks(folder / path)) for path in sorted(paths)]


def _patched(path: str) -> str:
    return path.removesuffix(REJECTED)


def _hunks(file: Path) -> int:
    if file.is_symlink() or not file.is_file():
        return 0
    begins = rb"^@@ " if file.name.endswith(REJECTED) else rb"^%b\r?$" % YOURS.encode()
    return len(re.findall(begins, file.read_bytes(), re.MULTILINE))


def _split(listed: str) -> list[str]:
    return [line for line in listed.split("\0") if line]
