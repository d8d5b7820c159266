"""From what git stores to what lies in the work tree."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from .contents import Content, content_of
from .git import git
from .index import lines
from .project import Project
from .staged import Copy

# They would have git write into the project's repository.
PLAIN = ("-c", "core.splitIndex=false", "-c", "core.fsmonitor=false")


def checked_out(project: Project, copy: Copy, paths: Iterable[str]) -> dict[str, Content | None]:
    """The files of the copy as git checks them out in the project; None for what is gone.

    With the line ends, the encoding and the filters that hold there. What is as it was committed
    stays as it lies there.
    """
    after = copy.after()
    files: dict[str, Content | None] = dict.fromkeys(paths)
    there = [after[path] for path in files if path in after]
    kept = [entry.path for entry in there if copy.has_committed(entry)]
    new = [entry for entry in there if not copy.has_committed(entry)]
    files |= {path: content_of(project.path / path) for path in kept}
    with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
        top = Path(folder, "files")
        env = {
            "GIT_INDEX_FILE": str(Path(folder, "index")),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(copy.path / ".git/objects"),
        }
        listed = lines(*(replace(entry, path=f"{project.prefix}{entry.path}") for entry in new))
        git(*PLAIN, "update-index", "-z", "--index-info", cwd=project.path, env=env, stdin=listed)
        git(*PLAIN, "checkout-index", "--all", f"--prefix={top}/", cwd=project.path, env=env)
        return files | {entry.path: content_of(top / project.prefix / entry.path) for entry in new}
