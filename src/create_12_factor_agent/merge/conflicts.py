"""What is left for a human to decide: where the user's edit and the template meet."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ..git.contents import Content
from ..git.index import Entry, entries
from ..project import Project
from .three_way import MEET, YOURS

# Ours, and those that a colleague's `copier update` leaves.
MARKS = (f"<<<<<<< {YOURS}", "<<<<<<< before updating")
FIRST = rf"(?:{'|'.join(MARKS)})(?::[^\r\n]*)?"
LAST = r">>>>>>> (?:v\d+\.\d+\.\d+|after updating)[^\r\n]*"
HUNK = re.compile(rf"^{FIRST}\r?$.*?^=======\r?$.*?^{LAST}\r?$".encode(), re.MULTILINE | re.DOTALL)

Kind = Literal["lines", "deleted", "restored", "renamed", "whole", "unmerged"]


@dataclass(frozen=True)
class Conflict:
    """`lines` meet in so many hunks; `said` is what git says.

    `deleted` by the template what you edited, and it was kept; `restored` what you deleted and the
    template changed; `renamed` on both sides; `whole` files meet, and yours was kept. `unmerged`
    is what was left by a merge of the user's own.
    """

    path: str
    hunks: int
    kind: Kind
    said: str

    def __str__(self) -> str:
        if self.kind != "lines":
            return self.said if self.path in self.said else f"{self.path}: {self.said}"
        hunks = f"{self.path}: {self.hunks} hunk{'' if self.hunks == 1 else 's'}"
        return f"{hunks} ({self.said})" if self.said and not self.said.startswith(MEET) else hunks


def described(
    files: Mapping[str, Content | None], unmerged: Iterable[Entry], said: Mapping[str, str]
) -> list[Conflict]:
    """The conflicts of a merge whose outcome these files are."""
    sides: dict[str, dict[int, Entry]] = {}
    for entry in unmerged:
        sides.setdefault(entry.path, {})[entry.stage] = entry
    return [
        _described(path, hunks_in(files.get(path)), sides[path], said.get(path, ""))
        for path in sorted(sides)
    ]


def _described(path: str, hunks: int, sides: Mapping[int, Entry], said: str) -> Conflict:
    if hunks:
        return Conflict(path, hunks, "lines", said)
    if len(sides) == 1:
        return Conflict(path, 0, "renamed", said)
    if 3 not in sides:
        return Conflict(path, 0, "deleted", said)
    if 2 not in sides:
        return Conflict(path, 0, "restored", said)
    if sides[2].blob == sides[3].blob:
        said = f"{path} can be run on one side only, yours was kept"
    return Conflict(path, 0, "whole", said)


def find(project: Project, told: Mapping[str, str]) -> list[Conflict]:
    """The conflicts in a project, whoever left them.

    A path that git calls unmerged, and a file that still has hunks, if git knows it or it was
    `told` to the user as a conflict, with what was said.
    """
    unmerged = list(entries(project.git("ls-files", "-u", "-z")))
    # The user's own settings for grep are for their eyes. It exits with 1 when it finds nothing.
    search = ["-c", "grep.fullName=false", "grep", "-G", "-l", "-z", "--no-color"]
    for mark in MARKS:
        search += ["-e", f"^{mark}"]
    marked = [path for path in project.git(*search, fine=(0, 1)).split("\0") if path]
    paths = {*marked, *told, *(entry.path for entry in unmerged)}
    files = {path: project.content(path) for path in paths}
    found = described(files, unmerged, {path: told.get(path, "") for path in paths})
    left = {path: hunks_in(files[path]) for path in {*marked, *told} - {one.path for one in found}}
    found += [Conflict(path, hunks, "lines", "") for path, hunks in left.items() if hunks]
    return [
        one
        if one.kind == "lines" or one.path in told
        else Conflict(one.path, 0, "unmerged", "git calls it unmerged")
        for one in sorted(found, key=lambda one: one.path)
    ]


def hunks_in(content: Content | None) -> int:
    """How often both sides stand between marks; without the zeros of UTF-16."""
    if content is None or content.is_link:
        return 0
    return len(HUNK.findall(content.data.replace(b"\0", b"")))
