"""Git's own merge of three trees: what comes of it, and what git says of each conflict."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..errors import NotPossible
from ..git import to_bytes, version
from ..git.index import SUBMODULE, Entry, entries, removed
from .sides import Sides
from .trees import Trees

YOURS = "yours"
# Before, `git merge-tree` knew no `--write-tree`. The same merge needs a work tree then, and calls
# its own side HEAD.
WITHOUT_WORK_TREE = (2, 38)
HEAD = "HEAD"
MEET = "Merge conflict in "  # git's words where lines meet and there is nothing else to say

Files = Mapping[str, Entry]


@dataclass(frozen=True)
class Merged:
    """A tree, with marks where lines meet; the sides of each conflict, and git's words for it."""

    tree: str
    unmerged: list[Entry]
    said: dict[str, str]


def merge(trees: Trees, three: Sides) -> Merged:
    """Merge yours and theirs, which have the base in common.

    Raises NotPossible where one side has a folder and the other a file, a link or a submodule.
    """
    trees.commit(three.base, **{YOURS: three.yours, three.name: three.theirs})
    merged = _merge_tree if version() >= WITHOUT_WORK_TREE else _merge_in_work_tree
    found = merged(trees, three.name)
    mark = re.compile(rf"~(?:{YOURS}|{HEAD}|{re.escape(three.name)})(?:_\d+)?\Z")
    paths = {entry.path for entry in found.unmerged if mark.search(entry.path)}
    if not paths:
        return found
    base, yours, theirs = map(trees.entries, (three.base, three.yours, three.theirs))
    # What git puts aside gets a name that no side has: what a side has there is its own.
    aside = {path: mark.sub("", path) for path in sorted(paths - {*base, *yours, *theirs})}
    return _in_their_place(trees, found, yours, theirs, aside)


def _merge_tree(trees: Trees, name: str) -> Merged:
    command = ("merge-tree", "--write-tree", "--messages", "-z", YOURS, name)
    tree, rest = trees.git(*command, env={"LC_ALL": "C"}, fine=(0, 1)).split("\0", 1)
    sides, _, messages = f"\0{rest}".partition("\0\0")
    said: dict[str, list[str]] = {}
    for paths, message in _messages(messages):
        for path in paths:
            said.setdefault(path, []).append(message)
    unmerged = list(entries(sides))
    words = {entry.path: _in_short(said.get(entry.path, [])) for entry in unmerged}
    return Merged(tree, unmerged, words)


def _messages(told: str) -> Iterator[tuple[list[str], str]]:
    """How many paths, the paths, a name for the kind, and a sentence: as often as there are."""
    words = iter(told.split("\0"))
    for number in filter(None, words):
        paths = [next(words) for _ in range(int(number))]
        _, message = next(words), next(words)
        yield paths, message


def _merge_in_work_tree(trees: Trees, name: str) -> Merged:
    trees.git("checkout", "-q", "-f", YOURS)
    command = ("merge", "--no-commit", "--no-ff", "--no-verify", "--no-log", "-s", "ort", name)
    told = trees.git(*command, env={"LC_ALL": "C"}, fine=(0, 1))
    unmerged = list(entries(trees.git("ls-files", "-u", "-z")))
    paths = sorted({entry.path for entry in unmerged})
    for file in (trees.folder / path for path in paths):
        if file.is_file() and not file.is_symlink():
            mark = re.compile(rf"^<<<<<<< {HEAD}(?=[:\r\n])".encode(), re.MULTILINE)
            file.write_bytes(mark.sub(to_bytes(f"<<<<<<< {YOURS}"), file.read_bytes()))
    if settled := [path for path in paths if not (trees.folder / path).is_dir()]:
        trees.git("--literal-pathspecs", "add", "--all", "--force", "--", *settled)
    if submodules := set(paths) - set(settled):
        trees.git("update-index", "--force-remove", "--", *submodules)
    lines = re.sub(rf"(?<=[ (]){HEAD}\b", YOURS, told).splitlines()
    said = {path: _in_short(line for line in lines if _names(line, path)) for path in paths}
    return Merged(trees.git("write-tree").strip(), unmerged, said)


def _names(line: str, path: str) -> bool:
    return re.search(rf"(?<!\S){re.escape(path)}(?![^\s.;,]|\.\S)", line) is not None


def _in_short(told: Iterable[str]) -> str:
    """What git says of one conflict, and not that there is one."""
    words = (re.match(r"(?:CONFLICT \([\w/ ]+\)|warning): (.*)", line.strip()) for line in told)
    sentences = [" ".join(found[1].split()) for found in words if found]
    more = [sentence for sentence in sentences if not sentence.startswith(MEET)]
    return " ".join(dict.fromkeys(more or sentences))


def _in_their_place(
    trees: Trees, merged: Merged, yours: Files, theirs: Files, aside: Mapping[str, str]
) -> Merged:
    """A file and a link of one name: git puts one of them aside. Here the user's keeps its place.

    The template's is known to git's index alone, as the other side of the conflict. `aside` says
    of each path whose place it is beside.
    """
    lines: list[str | Entry] = []
    kept = {}
    for path, place in aside.items():
        _require_no_folder(place, yours, theirs)
        lines += [removed(one, merged.tree) for one in (path, place)]
        lines += [*filter(None, [yours.get(place)])]
        kept[place] = f"{place} is of different types on each side, yours was kept"
    unmerged = [replace(one, path=aside.get(one.path, one.path)) for one in merged.unmerged]
    return Merged(trees.of(merged.tree, *lines), unmerged, {**merged.said, **kept})


def _require_no_folder(place: str, yours: Files, theirs: Files) -> None:
    """No folder where a file goes, and no file, link or submodule where its folders go."""
    below = f"{place}/"
    if inside := next((path for path in sorted(theirs) if path.startswith(below)), None):
        raise NotPossible(f"{place} is in the way of the template's {inside}: move it")
    submodule = place in yours and yours[place].mode == SUBMODULE
    if submodule or any(path.startswith(below) for path in yours):
        raise NotPossible(f"{place} is a folder, in the way of the template's file: move it")
