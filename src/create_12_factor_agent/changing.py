"""Change a project that exists: what `update`, `add` and `remove` have in common."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from . import conflicts, questions, undo
from .applying import apply, require_untouched
from .conflicts import Conflict
from .contents import content_of, exists
from .errors import CONFLICTS, Failure, NotPossible
from .merging import Edited, Outcome, try_merge
from .project import Project, require_clean
from .questions import Answers
from .source import Source
from .undo import ABORT

Kind = Literal["added", "changed", "deleted"]


@dataclass(frozen=True)
class Request:
    """What the user wants; `ask` says whether there is a human to put questions to."""

    directory: str | None = None
    data: tuple[str, ...] = ()
    yes: bool = False
    dry_run: bool = False
    diff: bool = False
    ask: bool = False

    @property
    def asks(self) -> bool:
        return self.ask and not self.yes

    @property
    def writes(self) -> bool:
        return not (self.dry_run or self.diff)


@dataclass(frozen=True)
class Changed:
    """What became of a project or, where nothing was to be written, what would."""

    path: Path
    from_version: str
    to_version: str
    components: list[str]
    files: dict[str, Kind] = field(default_factory=dict)
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
    if found := conflicts.find(project, undo.conflicts(project)):
        listed = "; ".join(map(str, found))
        way = f", or {ABORT}" if undo.find(project) else ""
        raise Failure(f"conflicts are left ({listed}): edit and `git add` them{way}", CONFLICTS)


def require_whole(project: Project) -> None:
    if (earlier := undo.find(project)) and not earlier.finished:
        raise NotPossible(f"{earlier.what} was cut off in the middle: {ABORT}")


def change(
    source: Source,
    project: Project,
    request: Request,
    version: str,
    answers: Mapping[str, Any],
    *,
    what: str,
    release_notes: str = "",
    edited: Edited = "keep",
) -> Changed:
    """Merge this version with these answers into the project, or only say what would change."""
    require_clean(project)
    given = _given(source, project, request, version, answers)
    outcome = try_merge(
        source,
        project,
        version,
        given,
        defaults=not request.asks,
        edited=edited,
        diff=request.diff,
    )
    require_untouched(project, outcome)
    files = _kinds(project, outcome)
    if request.writes:
        apply(project, what, outcome)
    return Changed(
        path=project.path,
        from_version=project.version,
        to_version=version,
        components=list(outcome.answers.get("components", [])),
        files=files,
        conflicts=outcome.conflicts,
        notes=outcome.notes,
        release_notes=release_notes,
        written=request.writes,
        diff=outcome.diff,
    )


def _given(
    source: Source, project: Project, request: Request, version: str, answers: Mapping[str, Any]
) -> Answers:
    """The answers that are new; whatever nobody is there to ask for is refused."""
    asked = questions.read(source.read(version, "copier.yml"))
    given = {**answers, **questions.parse(request.data, asked)}
    if not request.asks and not request.yes:
        questions.require_all(asked, {**project.answers, **given})
    return given


def _kinds(project: Project, outcome: Outcome) -> dict[str, Kind]:
    def kind(path: str) -> Kind:
        if outcome.files[path] is None:
            return "deleted"
        return "changed" if exists(project.path / path) else "added"

    changed = (
        path for path in outcome.files if content_of(project.path / path) != outcome.files[path]
    )
    return {path: kind(path) for path in changed}
