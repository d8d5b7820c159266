"""Change a project, all of it or nothing: what `update`, `add` and `remove` have in common."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..errors import CONFLICTS, Failure, NotPossible
from ..git import to_text
from ..git.contents import content_of, exists, write
from ..git.index import lines, removed
from ..interruption import too_late
from ..project import Project, require_clean
from ..template.asking import Form
from ..template.questions import Answers, Replies
from ..template.source import Source
from ..visible import quoted
from . import conflicts, undo
from .conflicts import Conflict
from .outcome import Edited, Outcome, try_merge
from .undo import ABORT

FileChange = Literal["added", "changed", "deleted"]
# Whether a project is written to, or only shown what would become of it, as a patch or not.
Effect = Literal["write", "list", "diff"]


@dataclass(frozen=True)
class Changed:
    """What became of a project or, where nothing was to be written, what would."""

    path: Path
    from_version: str
    to_version: str
    components: list[str]
    files: dict[str, FileChange] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    release_notes: str = ""
    written: bool = False
    diff: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}


def unchanged(project: Project) -> Changed:
    return Changed(project.path, project.version, project.version, project.components)


def require_settled(project: Project) -> None:
    """Refuse to go on while an earlier change has not come to its end."""
    require_whole(project)
    if found := unsolved(project):
        listed = "; ".join(map(str, found))
        way = f", or {ABORT}" if undo.find(project) else ""
        raise Failure(f"conflicts are left ({listed}): edit and `git add` them{way}", CONFLICTS)


def require_whole(project: Project) -> None:
    if (earlier := undo.find(project)) and not earlier.finished:
        raise NotPossible(f"{earlier.what} was cut off in the middle: {ABORT}")


def unsolved(project: Project) -> list[Conflict]:
    """The conflicts that are left in a project, of the last change or of others."""
    last = undo.kept(project)
    return conflicts.find(project, last.conflicts if last else {})


def change(
    source: Source,
    project: Project,
    version: str,
    replies: Replies,
    effect: Effect,
    *,
    what: str,
    answers: Mapping[str, Any] | None = None,
    release_notes: str = "",
    edited: Edited = "keep",
) -> Changed:
    """Merge this version of the template into the project, or only say what would change.

    `answers` are known beside what the user replies.
    """
    require_clean(project)
    given = _answered(source.read(version, "copier.yml"), project, replies, answers or {})
    outcome = try_merge(
        source,
        project,
        version,
        given,
        edited=edited,
        diff=effect == "diff",
    )
    _require_untouched(project, outcome)
    files = _kinds(project, outcome)
    if effect == "write":
        _apply(project, what, outcome)
    notes = [*outcome.notes, *_unseen(project, outcome.committed)]
    if effect == "write":
        notes += _restored(outcome)
    return Changed(
        path=project.path,
        from_version=project.version,
        to_version=version,
        components=list(outcome.answers.get("components", [])),
        files=files,
        conflicts=outcome.conflicts,
        notes=notes,
        release_notes=release_notes,
        written=effect == "write",
        diff=outcome.diff,
    )


def _answered(
    copier_yml: str, project: Project, replies: Replies, answers: Mapping[str, Any]
) -> Answers:
    """What is known, and what a human says of the rest."""
    form = Form(copier_yml)
    given = {**answers, **replies.given(form.questions)}
    known = {**project.answers, **given}
    replies.require_all(form.questions, known)
    form.require_valid(given)
    return form.ask(known) if replies.by_hand else given


def _kinds(project: Project, outcome: Outcome) -> dict[str, FileChange]:
    def kind(path: str) -> FileChange:
        if outcome.files[path] is None:
            return "deleted"
        return "changed" if exists(project.path / path) else "added"

    changed = (
        path for path in outcome.files if content_of(project.path / path) != outcome.files[path]
    )
    return {path: kind(path) for path in changed}


def _require_untouched(project: Project, outcome: Outcome) -> None:
    """What was merged is what is there: nobody has saved a file meanwhile, or hid one from git."""
    for path in project.edited(outcome.committed):
        hint = "; ".join(_unseen(project, [path]))
        raise NotPossible(f"{path} is not as it was committed: {hint or 'commit it'}")
    for path, content in outcome.untracked.items():
        if content_of(project.path / path) != content:
            raise NotPossible(f"{path} was changed meanwhile: run this again")


def _restored(outcome: Outcome) -> Iterator[str]:
    """How to see what the template changed in what the user has deleted."""
    for path in (found.path for found in outcome.conflicts if found.kind == "restored"):
        base, theirs = (quoted(f":{stage}:./{path}") for stage in (1, 3))
        yield f"what the template changed in {path}: git diff {base} {theirs}"


def _unseen(project: Project, paths: Iterable[str]) -> Iterator[str]:
    """What git was told not to see changes of would not be committed: how to unsay it."""
    hidden = project.hidden()
    for path in (path for path in paths if path in hidden):
        ways = [f"git update-index {way} {quoted(path)}" for way in hidden[path]]
        yield f"git was told not to see changes of {path}: {' && '.join(ways)}, and commit it"


def _apply(project: Project, what: str, outcome: Outcome) -> None:
    """Write the outcome into the project, or leave everything as it was."""
    undo.require_over(project)
    try:
        before = undo.keep(project, what, outcome.files, outcome.conflicts)
        for path, content in outcome.files.items():
            write(project.path / path, content)
        _note_conflicts(project, outcome)
    except BaseException:
        if begun := undo.find(project):
            undo.restore(project, begun)
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
    gone = [removed(side.path, side.blob) for side in sides]
    project.git("update-index", "-z", "--index-info", stdin=lines(*gone, *sides))
