"""What copier would take from the user without a word: here it is kept, as a conflict.

Copier deletes an edited file that the template no longer has, replaces one that git cannot merge
line by line, and drops what the template has where the user has a link.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from .answers import read_answers
from .contents import LINK, Content, content_of, exists, is_file, write
from .index import Entry
from .obstacles import in_the_way
from .project import Project
from .rendering import rendered
from .source import Source
from .staged import Copy

SUBMODULE = "160000"
PLAIN_FILES = {"100644", "100755"}


@dataclass(frozen=True)
class Meeting:
    """An edited file: as the template had made it, as the user has it, as the template has it now.

    None where the template has no such file.
    """

    old: Entry | None
    mine: Entry
    new: Entry | None

    @property
    def path(self) -> str:
        return self.mine.path

    @property
    def is_passed_by(self) -> bool:
        """It is a link, and the template has there what it had."""
        return _is_barrier(self.mine) and _same(self.old, self.new)

    def keep(self, copy: Copy) -> None:
        """The user's file stays as it is, and is a conflict where the template has changed it."""
        copy.git("--literal-pathspecs", "checkout", "-q", "HEAD", "--", self.path)
        if not _same(self.old, self.new):
            copy.unmerge(*(side for side in (self.old, self.mine, self.new) if side))


def meetings(source: Source, project: Project, copy: Copy, version: str) -> list[Meeting]:
    """The edited files of which copier has lost either the user's side or the template's."""
    gone = {path for path in copy.changed() if not exists(copy.path / path)} & copy.before.keys()
    others = _no_text(copy) - gone | _barriers(source, project, copy, version)
    if not gone | others:
        return []
    with rendered(source, project.path.name, project.answers, project.version) as made:
        old = {path: _side(copy, made, path, 1) for path in gone | others}
    new: dict[str, Entry | None] = dict.fromkeys(gone)
    if others:
        with rendered(source, project.path.name, read_answers(copy.path), version) as made:
            _require_no_barrier(copy, made)
            new |= {path: _side(copy, made, path, 3) for path in others}
    mine = {path: replace(copy.before[path], stage=2) for path in sorted(new)}
    met = [Meeting(old[path], mine[path], new[path]) for path in mine]
    return [each for each in met if not _same(each.old, each.mine) and not each.is_passed_by]


def keep_modes(source: Source, project: Project, copy: Copy, version: str) -> None:
    """What the template made executable, or no longer: lost where copier merges the whole file."""
    old, new = source.modes(project.version), source.modes(version)
    for path in copy.changed():
        here, entry = copy.path / path, copy.before.get(path)
        modes = {old.get(path), new.get(path)}
        if entry and entry.mode == old.get(path) and modes == PLAIN_FILES and here.is_file():
            write(here, Content(here.read_bytes(), new[path]))


def _no_text(copy: Copy) -> set[str]:
    """What became another though git says that it is no text."""
    told = copy.git("diff", "--numstat", "-z", "--no-renames", "--no-ext-diff", "HEAD")
    rows = (row.split("\t", 2) for row in told.split("\0") if row)
    return {path for added, _, path in rows if added == "-"} & copy.before.keys()


def _barriers(source: Source, project: Project, copy: Copy, version: str) -> set[str]:
    """The links and submodules where the template can have a file, or a folder with files."""
    barriers = {path for path, entry in copy.before.items() if _is_barrier(entry)}
    if not barriers:
        return set()
    files = source.paths(project.version) | source.paths(version)
    return barriers & (files | _folders(files))


def _folders(files: Iterable[str]) -> set[str]:
    return {str(folder) for file in files for folder in Path(file).parents}


def _require_no_barrier(copy: Copy, made: Path) -> None:
    for file in sorted(path.relative_to(made) for path in made.rglob("*") if is_file(path)):
        for folder in file.parents:
            if _is_barrier(copy.before.get(str(folder))):
                raise in_the_way(str(folder), str(file))


def _same(one: Entry | None, other: Entry | None) -> bool:
    return (one and one.content) == (other and other.content)


def _is_barrier(entry: Entry | None) -> bool:
    return entry is not None and entry.mode in (LINK, SUBMODULE)


def _side(copy: Copy, made: Path, path: str, stage: int) -> Entry | None:
    file = made / path
    content = content_of(file) if is_file(file) else None
    if content is None or content.mode == LINK:
        return None
    return Entry(content.mode, copy.blob(file, as_path=path), stage, path)
