"""What copier would take from the user without a word: here it is kept, as a conflict.

Copier deletes an edited file that the template no longer has, replaces one that git cannot merge
line by line, and overwrites one that git does not know.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .conflicts import LABELS
from .contents import Content, content_of, exists
from .errors import Failure, NotPossible
from .index import Entry
from .project import Project
from .rendering import rendered
from .source import Source
from .staged import Copy


def gone(copy: Copy) -> list[str]:
    """The user's files that are there no longer."""
    return [path for path in copy.changed() if path in copy.before and not exists(copy.path / path)]


def replaced(copy: Copy) -> list[str]:
    """The user's files that became others and that cannot have been merged: links, and no text."""
    told = copy.git("diff", "--numstat", "-z", "--no-renames", "--no-ext-diff", "HEAD")
    rows = [row.split("\t", 2) for row in told.split("\0") if row]
    no_text = {path for added, _, path in rows if added == "-"}
    links = {path for _, _, path in rows if _is_link(copy.before.get(path))}
    return sorted(path for path in no_text | links if path in copy.before)


def keep_edited(source: Source, project: Project, copy: Copy, paths: list[str]) -> list[str]:
    """Put back those of the paths that are not as the template had made them."""
    sides = list(_edited(source, project, copy, paths)) if paths else []
    for old, mine, new in sides:
        copy.git("checkout", "-q", "HEAD", "--", mine.path)
        copy.unmerge(*(side for side in (old, mine, new) if side))
    return [mine.path for _, mine, _ in sides]


def edited(source: Source, project: Project, copy: Copy, paths: list[str]) -> list[str]:
    return [mine.path for _, mine, _ in _edited(source, project, copy, paths)] if paths else []


def _edited(
    source: Source, project: Project, copy: Copy, paths: list[str]
) -> Iterator[tuple[Entry | None, Entry, Entry | None]]:
    """What the template had made of each, what the user has, and what the template has now."""
    with rendered(source, project) as made:
        for path in paths:
            mine = copy.before[path]
            old = _side(copy, made / path, path, 1)
            new = _side(copy, copy.path / path, path, 3)
            if old is None or (old.blob, old.mode) != (mine.blob, mine.mode):
                yield old, Entry(mine.mode, mine.blob, 2, path), new


def _side(copy: Copy, file: Path, path: str, stage: int) -> Entry | None:
    content = content_of(file)
    if content is None or content.mode == "120000":
        return None
    return Entry(content.mode, copy.blob(file, as_path=path), stage, path)


def _is_link(entry: Entry | None) -> bool:
    return entry is not None and entry.mode == "120000"


def meet(project: Project, copy: Copy, path: str) -> Content | None:
    """A new file of the template's, where the user may have one that git does not know.

    Returns what the user has. Both are between marks afterwards, in the copy.
    """
    mine, theirs = project.path / path, copy.path / path
    _require_room(project, path)
    found = content_of(mine)
    if found is None or found == content_of(theirs):
        return found
    if "120000" in (found.mode, Content(b"", "120000").mode if theirs.is_symlink() else ""):
        raise NotPossible(f"{mine} is in the way: move it")
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
            raise NotPossible(f"{mine} is in the way: move it") from None
    copy.unmerge(*sides)
    return found


def _require_room(project: Project, path: str) -> None:
    """No folder where the file goes, and no file or link where its folders go."""
    around = [project.path / part for part in reversed(Path(path).parents[:-1])]
    blocking = [
        part for part in around if part.is_symlink() or (part.exists() and not part.is_dir())
    ]
    if (project.path / path).is_dir():
        blocking.append(project.path / path)
    if blocking:
        raise NotPossible(f"{blocking[0]} is in the way of {path}: move it")
