"""Put the outcome of a merge into the project; take it back, until its conflicts are solved.

What was there is kept in git's own folder before anything is touched, so that neither a Ctrl-C
nor a power cut in the middle costs a file.
"""

import json
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from .contents import Content, content_of, write
from .errors import NotPossible
from .git import to_text
from .merging import Outcome
from .project import Project
from .staged import entries

ABORT = "create-12-factor-agent update --abort"


@dataclass(frozen=True)
class Kept:
    """What was there before: `modes` by path, None where nothing was; the bytes lie beside it."""

    folder: Path
    what: str
    tree: str
    modes: dict[str, str | None]
    index: list[str]
    whole: bool = False

    def save(self) -> None:
        shown = {key: value for key, value in asdict(self).items() if key != "folder"}
        beside = self.folder / "state.new"
        beside.write_text(json.dumps(shown, indent=1), encoding="utf-8")
        beside.replace(self.folder / "state.json")

    def content(self, number: int) -> Path:
        return self.folder / str(number)

    def forget(self) -> None:
        shutil.rmtree(self.folder)
        with suppress(OSError):  # another project of this repository has something kept
            self.folder.parent.rmdir()


def kept(project: Project) -> Kept | None:
    """What `--abort` would bring back; nothing if the project was committed since."""
    folder = _folder(project)
    if not (folder / "state.json").exists():
        return None
    state = Kept(folder, **json.loads((folder / "state.json").read_text(encoding="utf-8")))
    if state.tree == project.tree:
        return state
    state.forget()
    return None


def apply(project: Project, what: str, outcome: Outcome) -> None:
    """Write the outcome into the project, or leave everything as it was."""
    state = _keep(project, what, outcome)
    try:
        for path, content in outcome.files.items():
            write(project.path / path, content)
        _note_conflicts(project, outcome)
    except BaseException:
        restore(project, state)
        raise
    if outcome.conflicts:
        Kept(**{**vars(state), "whole": True}).save()
    else:
        state.forget()


def restore(project: Project, state: Kept) -> None:
    """Every file that was written, and what git's index said of it, as it was before."""
    for number, (path, mode) in enumerate(state.modes.items()):
        before = Content(state.content(number).read_bytes(), mode) if mode else None
        write(project.path / path, before)
    removed = [f"0 {'0' * 40}\t{project.prefix}{path}" for path in state.modes]
    _update_index(project, [*removed, *state.index])
    state.forget()


def abort(project: Project) -> str:
    """Take back the merge that was not finished, and say which it was."""
    state = kept(project)
    if state is None:
        raise NotPossible("nothing to abort: no update is under way here")
    restore(project, state)
    return state.what


def _keep(project: Project, what: str, outcome: Outcome) -> Kept:
    folder = _folder(project)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    modes: dict[str, str | None] = {}
    found = {path: content_of(project.path / path) for path in outcome.files}
    listed = project.git("ls-files", "-s", "-z", "--full-name", "--", ".")
    index = [
        str(entry) for entry in entries(listed) if entry.path.removeprefix(project.prefix) in found
    ]
    state = Kept(folder, what, project.tree, modes, index)
    for number, (path, content) in enumerate(found.items()):
        modes[path] = content.mode if content else None
        if content:
            state.content(number).write_bytes(content.data)
    state.save()
    return state


def _note_conflicts(project: Project, outcome: Outcome) -> None:
    """Let `git status` show them, as after a merge of git's own."""
    for blob in outcome.blobs:
        project.git("hash-object", "-w", "--stdin", stdin=to_text(blob))
    paths = {entry.path for entry in outcome.index}
    removed = [f"0 {'0' * 40}\t{project.prefix}{path}" for path in paths]
    noted = [f"{e.mode} {e.blob} {e.stage}\t{project.prefix}{e.path}" for e in outcome.index]
    if noted:
        _update_index(project, [*removed, *noted])


def _update_index(project: Project, lines: list[str]) -> None:
    project.git("update-index", "-z", "--index-info", stdin="\0".join([*lines, ""]))


def _folder(project: Project) -> Path:
    """In git's folder of this work tree, apart for each project of a monorepo."""
    named = project.git("rev-parse", "--git-path", "create-12-factor-agent").removesuffix("\n")
    return project.path / named / (project.prefix.strip("/").replace("/", "%") or "%")
