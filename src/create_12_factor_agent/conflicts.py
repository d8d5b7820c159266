"""What is left for a human to decide: where the user's edit and the template meet."""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from .contents import exists
from .index import Entry, entries
from .project import Project

# How copier marks them; `copier update` and our own update leave the same bytes.
LABELS = ("before updating", "last update", "after updating")
YOURS, THEIRS = f"<<<<<<< {LABELS[0]}", f">>>>>>> {LABELS[2]}"
HUNK = re.compile(rf"^{YOURS}\r?$.*?^=======\r?$.*?^{THEIRS}\r?$".encode(), re.M | re.S)
REJECTED = ".rej"

Kind = Literal["lines", "deleted", "whole", "rejected", "unmerged"]
SAID: dict[Kind, str] = {
    "deleted": "the template no longer has it, your edited file was kept",
    "whole": "the template has changed it too, your file was kept whole",
    "rejected": "a patch that did not fit, do what it says and delete it",
    "unmerged": "git calls it unmerged",
}


@dataclass(frozen=True)
class Conflict:
    """`lines` meet in so many hunks; where whole files meet, the user's was kept.

    `unmerged` is what was left by a merge of the user's own.
    """

    path: str
    hunks: int
    kind: Kind

    def __str__(self) -> str:
        if self.kind != "lines":
            return f"{self.path}: {SAID[self.kind]}"
        return f"{self.path}: {self.hunks} hunk{'' if self.hunks == 1 else 's'}"


def find(project: Project, told: Sequence[str]) -> list[Conflict]:
    """The conflicts in a project, whoever left them.

    A path that git calls unmerged, a file that still has copier's hunks, if git knows it or it was
    `told` to the user as a conflict, and a rejected patch of a file that git knows.
    """
    unmerged = list(entries(project.git("ls-files", "-u", "-z")))
    tracked = set(_split(project.git("ls-files", "-z")))
    # The user's own settings for grep are for their eyes. It exits with 1 when it finds nothing.
    search = ("-c", "grep.fullName=false", "grep", "-G", "-l", "-z", "--no-color", "-e")
    marked = _split(project.git(*search, f"^{YOURS}", fine=(0, 1)))
    others = _split(project.git("ls-files", "-z", "-c", "-o", "--", f"*{REJECTED}"))
    # An ignored folder may hold foreign ones.
    rejected = {path for path in others if path.removesuffix(REJECTED) in tracked}
    left = {path for path in {*marked, *told} if hunks_in(project.path / path)}
    found = described(project.path, unmerged, left | rejected)
    return [
        replace(conflict, kind="unmerged") if _is_foreign(project, conflict, told) else conflict
        for conflict in found
    ]


def described(folder: Path, unmerged: Iterable[Entry], others: Iterable[str]) -> list[Conflict]:
    """What was left in that folder by a merge of the template."""
    stages: dict[str, set[int]] = {path: set() for path in others}
    for entry in unmerged:
        stages.setdefault(entry.path, set()).add(entry.stage)
    return [_described(folder, path, stages[path]) for path in sorted(stages)]


def _described(folder: Path, path: str, stages: set[int]) -> Conflict:
    hunks = hunks_in(folder / path)
    if path.endswith(REJECTED):
        return Conflict(path, hunks, "rejected")
    if hunks or not stages:
        return Conflict(path, hunks, "lines")
    return Conflict(path, 0, "whole" if 3 in stages else "deleted")


def _is_foreign(project: Project, conflict: Conflict, told: Container[str]) -> bool:
    """Not of ours, or no longer: of whole files there is nothing else to know it by."""
    ours = conflict.path in told and exists(project.path / conflict.path)
    return conflict.kind in ("deleted", "whole") and not ours


def hunks_in(file: Path) -> int:
    if file.is_symlink() or not file.is_file():
        return 0
    if file.name.endswith(REJECTED):
        return len(re.findall(rb"^@@ ", file.read_bytes(), re.MULTILINE))
    # Without the zeros of UTF-16.
    return len(HUNK.findall(file.read_bytes().replace(b"\0", b"")))


def _split(listed: str) -> list[str]:
    return [line for line in listed.split("\0") if line]
