"""From what the template renders to what lies in the project's work tree."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from .contents import LINK, Content, content_of
from .git import git
from .index import Entry, lines
from .project import Project
from .staged import Copy


def checked_out(project: Project, copy: Copy, paths: Iterable[str]) -> dict[str, Content | None]:
    """The files of the copy with the line ends and the encoding of the project.

    None for what is gone. What is as it was committed stays as it lies there.
    """
    after = copy.after()
    files: dict[str, Content | None] = dict.fromkeys(paths)
    there = [after[path] for path in files if path in after]
    kept = [entry.path for entry in there if copy.has_committed(entry)]
    new = [entry for entry in there if not copy.has_committed(entry)]
    files |= {path: content_of(project.path / path) for path in kept}
    with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
        made = _check_out(project, copy, new, Path(folder))
        for entry in new:
            content = content_of(made / entry.path)
            files[entry.path] = content and replace(content, mode=entry.mode)
    return files


def _check_out(project: Project, copy: Copy, entries: Sequence[Entry], folder: Path) -> Path:
    """Let git do it, in a folder and with an index of our own; where the project's files are."""
    objects = folder / "objects"
    (objects / "info").mkdir(parents=True)
    (objects / "info/alternates").write_text(f"{copy.path}/.git/objects\n", encoding="utf-8")
    env = {"GIT_INDEX_FILE": str(folder / "index"), "GIT_OBJECT_DIRECTORY": str(objects)}
    plain = [word for setting in _settings(project) for word in ("-c", setting)]
    listed = lines(*_as_they_lie(project, copy, entries))
    git(*plain, "update-index", "-z", "--index-info", cwd=project.path, env=env, stdin=listed)
    git(*plain, "checkout-index", "--all", f"--prefix={folder}/files/", cwd=project.path, env=env)
    return folder / "files" / project.prefix


def _as_they_lie(project: Project, copy: Copy, entries: Sequence[Entry]) -> Iterator[Entry]:
    """In the copy, filters have had their way already."""
    files = [entry.path for entry in entries if entry.mode != LINK]
    blobs = copy.blobs(files)
    for entry in entries:
        blob = blobs.get(entry.path, entry.blob)
        yield replace(entry, blob=blob, path=f"{project.prefix}{entry.path}")


def _settings(project: Project) -> list[str]:
    """Nothing is written into the project's repository, no hook is run, and no filter."""
    told = project.git("config", "-z", "--name-only", "--get-regexp", r"^filter\.", fine=(0, 1))
    drivers = {name.rpartition(".")[0] for name in told.split("\0") if name}
    off = [f"{driver}.{what}=" for driver in sorted(drivers) for what in ("smudge", "process")]
    off += [f"{driver}.required=false" for driver in sorted(drivers)]
    return ["core.splitIndex=false", "core.fsmonitor=false", f"core.hooksPath={os.devnull}", *off]
