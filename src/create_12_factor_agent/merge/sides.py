"""The three trees of a merge: what the template made, what it makes now, and what the user has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..git.contents import Content
from ..git.index import Entry
from ..project import Project, require_checked_out
from ..template.answers import ANSWERS_FILE
from ..template.questions import Answers
from ..template.rendering import render, rendered_meanwhile
from ..template.source import Source
from .trees import Trees
from .untracked import require_committed, untracked

NO_FILTER = ("unspecified", "unset", "set")


@dataclass(frozen=True)
class Sides:
    """`base`, `yours` and `theirs` are trees; `name` is what theirs are called in the marks.

    `yours` has what is `committed` and the files of the user's that are `unknown` to git.
    """

    base: str
    yours: str
    theirs: str
    name: str
    committed: dict[str, Entry]
    unknown: dict[str, Content]


def render_both(
    source: Source,
    project: Project,
    version: str,
    answers: Mapping[str, Any],
    folder: Path,
) -> Answers:
    """Render into the `folder`, as old and new, what the template made and what it makes now.

    Returns all the answers of the new one.
    """
    old, new = (folder / side / project.path.name for side in ("old", "new"))
    new.mkdir(parents=True)
    old.parent.mkdir()
    (new / ANSWERS_FILE).write_bytes((project.path / ANSWERS_FILE).read_bytes())
    place = project.prefix
    with rendered_meanwhile(source, old, project.answers, project.version, place):
        return render(source, new, answers, version=version, subfolder=place)


def sides(trees: Trees, project: Project, folder: Path, name: str) -> Sides:
    """The trees of what was `rendered` into a folder, and between them the user's own.

    Raises NotPossible for what the template made and git does not know.
    """
    committed = project.committed()
    # The answers are written anew, and never merged: the user's are what was there before.
    base = trees.of(folder / "old" / project.path.name, committed[ANSWERS_FILE])
    theirs = trees.of(folder / "new" / project.path.name)
    made, brought = trees.entries(base), trees.entries(theirs)
    require_committed(project, made.keys() - committed.keys())
    unknown = untracked(project, brought.keys() - committed.keys())
    changeable = [path for path in committed if path in made or path in brought]
    require_checked_out(project, changeable)
    filtered = _filtered(trees, project, [committed[path] for path in changeable])
    mine = [*_added(trees, unknown, brought), *filtered]
    return Sides(base, trees.of(project.tree, *mine), theirs, name, committed, unknown)


def _added(
    trees: Trees, unknown: Mapping[str, Content], brought: Mapping[str, Entry]
) -> Iterator[Entry]:
    """The user's files that git does not know. Whether one can be run is no conflict."""
    for path, content in unknown.items():
        mode = brought[path].mode if brought[path].is_file and not content.is_link else content.mode
        yield Entry(mode, trees.store(content.data), 0, path)


def _filtered(trees: Trees, project: Project, committed: Sequence[Entry]) -> Iterator[Entry]:
    """Where a filter has git store another form of a file, the one that its owner sees is merged.

    The template is not asked what a filter would make of it, and the user's own files go through
    none: it may need what only the real repository has, a key or what LFS has fetched.
    """
    listed = "".join(f"{entry.path}\0" for entry in committed)
    told = project.git("check-attr", "-z", "--stdin", "filter", stdin=listed).split("\0")
    for entry, name in zip(committed, told[2::3], strict=True):
        seen = None if name in NO_FILTER else project.content(entry.path)
        if entry.is_file and seen and not seen.is_link:
            text = seen.data.replace(b"\r\n", b"\n")  # the template has no others
            yield replace(entry, blob=trees.store(text))
