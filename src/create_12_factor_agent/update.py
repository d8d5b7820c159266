"""Bring a project to a newer version of the template."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import git
from .interruption import interruptible
from .merge import undo
from .merge.change import Changed, Effect, change, require_settled, unchanged
from .project import Project, open_project, open_repository
from .template.changelog import release_notes
from .template.questions import Replies
from .template.source import Source, carried
from .versions import version_for


@dataclass(frozen=True)
class Available:
    """What `update --check` says."""

    path: Path
    version: str
    available: str

    @property
    def is_newer(self) -> bool:
        return self.version != self.available

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path), "update_available": self.is_newer}


def update(directory: str | None, to: str | None, replies: Replies, effect: Effect) -> Changed:
    """Merge the CLI's own version of the template, or the one asked for, into the project."""
    git.require()
    with interruptible("changed"), carried() as source:
        project = open_project(directory)
        require_settled(project)
        version = version_for(source, project, to)
        if version == project.version and not replies.data:
            return unchanged(project)
        return change(
            source,
            project,
            version,
            replies,
            effect,
            what=f"update from {project.version} to {version}",
            release_notes=_notes(source, project, version),
        )


def check(directory: str | None, to: str | None) -> Available:
    """Whether there is a newer version; nothing is touched."""
    git.require()
    with carried() as source:
        project = open_project(directory)
        require_settled(project)
        return Available(project.path, project.version, version_for(source, project, to))


def abort(directory: str | None) -> str:
    """Take back an update, an `add` or a `remove` whose conflicts are not solved."""
    git.require()
    return undo.abort(open_repository(directory))


def _notes(source: Source, project: Project, version: str) -> str:
    text = source.changelog.read_text(encoding="utf-8")
    return release_notes(text, after=project.version, to=version)
