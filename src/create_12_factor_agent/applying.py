"""Put the outcome of a merge into the project, all of it or nothing."""

from dataclasses import replace

from . import undo
from .contents import content_of, is_file, write
from .errors import NotPossible
from .git import to_text
from .index import lines, removed
from .interruption import too_late
from .merging import Outcome
from .project import Project
from .restoring import restore


def require_untouched(project: Project, outcome: Outcome) -> None:
    """What was merged is what is there: nobody saved a file meanwhile, or hid one from git."""
    here = [path for path in outcome.committed if is_file(project.path / path)]
    mine = project.blobs(here)
    for path, entry in outcome.committed.items():
        if mine.get(path) != entry.blob:
            raise NotPossible(
                f"{path} is not as it was committed: commit it (git update-index --no-skip-worktree"
                " --no-assume-unchanged, if git does not see it)"
            )
    for path, content in outcome.untracked.items():
        if content_of(project.path / path) != content:
            raise NotPossible(f"{path} was changed meanwhile: run this again")


def apply(project: Project, what: str, outcome: Outcome) -> None:
    """Write the outcome into the project, or leave everything as it was."""
    undo.require_over(project)
    try:
        before = undo.keep(project, what, outcome)
        for path, content in outcome.files.items():
            write(project.path / path, content)
        _note_conflicts(project, outcome)
    except BaseException:
        if begun := undo.find(project):
            restore(project, begun)
        raise
    too_late()
    if outcome.conflicts:
        replace(before, finished=True).save()
    else:
        before.forget()


def _note_conflicts(project: Project, outcome: Outcome) -> None:
    """Let `git status` show them, as after a merge of git's own."""
    if not outcome.unmerged:
        return
    for _, data in outcome.unmerged:
        project.git("hash-object", "-w", "--stdin", stdin=to_text(data))
    sides = [replace(side, path=f"{project.prefix}{side.path}") for side, _ in outcome.unmerged]
    gone = [removed(path) for path in {side.path for side in sides}]
    project.git("update-index", "-z", "--index-info", stdin=lines(*gone, *sides))
