"""What copier would take from the user without a word: here it is kept, as a conflict.

Copier deletes an edited file that the template no longer has, replaces one that git cannot merge
line by line, drops what the template has where the user has a link, and overwrites a file that
git does not know.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .answers import read_answers
from .conflicts import LABELS
from .contents import Content, content_of, exists, is_file
from .errors import Failure, NotPossible
from .index import Entry
from .project import Project
from .rendering import rendered
from .source import Source
from .staged import Copy

LINK = "120000"


@dataclass(frozen=True)
class Meeting:
    """An edited file: as the template had made it, as the user has it, as the template has it now.

    None where the template has no such file.
    """

    old: Entry | None
    mine: Entry
    new: Entry | None

    def keep(self, copy: Copy) -> None:
        """The user's file stays as it is, and is a conflict where the template has changed it."""
        copy.git("checkout", "-q", "HEAD", "--", self.mine.path)
        if not _same(self.old, self.new):
            copy.unmerge(*(side for side in (self.old, self.mine, self.new) if side))


def meetings(source: Source, project: Project, copy: Copy, version: str) -> list[Meeting]:
    """The edited files of which copier has lost either the user's side or the template's."""
    links = {path for path, entry in copy.before.items() if entry.mode == LINK}
    lost = sorted({*_lost(copy), *links})
    if not lost:
        return []
    with rendered(source, project.path.name, project.answers, project.version) as made:
        old = {path: _side(copy, made / path, path, 1) for path in lost}
    new = {path: _side(copy, copy.path / path, path, 3) for path in lost}
    if links:
        # Copier has put the user's link back in the place of the template's file.
        with rendered(source, project.path.name, read_answers(copy.path), version) as made:
            _require_room_for(project, made)
            new |= {path: _side(copy, made / path, path, 3) for path in links}
    met = [Meeting(old[path], replace(copy.before[path], stage=2), new[path]) for path in lost]
    return [
        each
        for each in met
        if not _same(each.old, each.mine)
        and not (each.mine.mode == LINK and _same(each.old, each.new))
    ]


def _same(one: Entry | None, other: Entry | None) -> bool:
    return (one and one.content) == (other and other.content)


def _lost(copy: Copy) -> Iterator[str]:
    """What is there no longer, or became another though git cannot merge it: it is no text."""
    told = copy.git("diff", "--numstat", "-z", "--no-renames", "--no-ext-diff", "HEAD")
    rows = [row.split("\t", 2) for row in told.split("\0") if row]
    no_text = {path for added, _, path in rows if added == "-"}
    for path in copy.changed():
        if path in copy.before and (path in no_text or not exists(copy.path / path)):
            yield path


def _side(copy: Copy, file: Path, path: str, stage: int) -> Entry | None:
    content = content_of(file) if is_file(file) else None
    if content is None or content.mode == LINK:
        return None
    return Entry(content.mode, copy.blob(file, as_path=path), stage, path)


def require_room(
    source: Source, project: Project, answers: Mapping[str, Any], version: str
) -> None:
    """Refuse what stands where the template has another thing: copier does not say which."""
    with rendered(source, project.path.name, {**project.answers, **answers}, version) as made:
        _require_room_for(project, made)


def _require_room_for(project: Project, made: Path) -> None:
    for file in sorted(made.rglob("*")):
        if not file.is_dir():
            _require_room(project, file.relative_to(made).as_posix())


def meet(project: Project, copy: Copy, path: str) -> Content | None:
    """A new file of the template's, where the user may have one that git does not know.

    Returns what the user has. Both are between marks afterwards, in the copy.
    """
    mine, theirs = project.path / path, copy.path / path
    _require_room(project, path)
    found = content_of(mine)
    if found is None or found == content_of(theirs):
        return found
    if found.mode == LINK or theirs.is_symlink():
        raise NotPossible(f"{path} is in the way of the template's: move it")
    with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
        base, new = Path(folder, "base"), Path(folder, "new")
        base.touch()
        new.write_bytes(theirs.read_bytes())
        theirs.write_bytes(found.data)
        sides = [
            Entry(found.mode, copy.blob(file), stage, path)
            for stage, file in ((2, theirs), (3, new))
        ]
        labels = [word for label in LABELS for word in ("-L", label)]
        try:
            # It exits with the number of conflicts, or with 255 where it has met no text.
            copy.git("merge-file", *labels, "--", path, str(base), str(new), fine=range(255))
        except Failure:
            raise NotPossible(f"{path} is in the way of the template's: move it") from None
    copy.unmerge(*sides)
    return found


def _require_room(project: Project, path: str) -> None:
    """No folder where the file goes, and no file or link where its folders go."""
    for part in reversed(Path(path).parents[:-1]):
        around = project.path / part
        if around.is_symlink() or (around.exists() and not around.is_dir()):
            raise NotPossible(f"{part} is in the way of the template's {path}: move it")
    if exists(project.path / path) and not is_file(project.path / path):
        raise NotPossible(f"{path} is a folder, in the way of the template's file: move it")
