"""What is the template's in a project, what was edited, and what is its owner's alone."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from . import git
from .components import absent
from .git.contents import exists
from .merge.change import require_whole, unsolved
from .merge.conflicts import Conflict
from .project import Project, open_project
from .template.rendering import rendered
from .template.source import carried
from .versions import require_known

State = Literal["template", "edited", "yours", "deleted", "sparse"]


@dataclass(frozen=True)
class Status:
    path: Path
    project_name: str
    example: str
    version: str
    available: str
    components: list[str]
    files: dict[str, State]
    conflicts: list[Conflict]
    absent: list[str]

    @property
    def update_available(self) -> bool:
        return self.version != self.available

    def as_json(self) -> dict[str, Any]:
        found = {"path": str(self.path), "update_available": self.update_available}
        return {**asdict(self), **found}


def status(directory: str | None) -> Status:
    git.require()
    with carried() as source:
        project = open_project(directory)
        require_whole(project)
        require_known(source, project)
        here = project.path.name, project.answers, project.version, project.prefix
        with rendered(source, *here) as made:
            files = _files(project, made)
        without = absent(source, project)
    return Status(
        path=project.path,
        project_name=str(project.answers.get("project_name", "")),
        example=str(project.answers.get("example", "")),
        version=project.version,
        available=source.version,
        components=project.components,
        files=files,
        conflicts=unsolved(project),
        absent=without,
    )


def _files(project: Project, made: Path) -> dict[str, State]:
    """Every file of the template's, and every other that git does not ignore."""
    theirs = {file.relative_to(made).as_posix() for file in made.rglob("*") if not file.is_dir()}
    listed = project.git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    here = {path for path in listed.split("\0") if path and exists(project.path / path)}
    found: dict[str, State] = dict.fromkeys(here - theirs, "yours")
    left_out = project.left_out()
    modes = project.git("config", "--type=bool", "core.fileMode", fine=(0, 1)) != "false\n"
    for path in theirs:
        same = _is_same(project.path / path, made / path, modes=modes)
        if exists(project.path / path):
            found[path] = "template" if same else "edited"
        else:
            found[path] = "sparse" if path in left_out else "deleted"
    return dict(sorted(found.items()))


def _is_same(mine: Path, theirs: Path, *, modes: bool) -> bool:
    """How lines end is git's business (autocrlf), and no edit; so are modes that it passes over."""
    if mine.is_symlink() or not mine.is_file():
        return False
    one, other = (file.read_bytes().replace(b"\r\n", b"\n") for file in (mine, theirs))
    can_run = {os.access(file, os.X_OK) for file in (mine, theirs)}
    return one == other and (len(can_run) == 1 or not modes)
