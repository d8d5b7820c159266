"""A merge is tried on a copy: the project itself is touched when the outcome is known."""

import os
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from .git import git
from .project import Project

# How the user's files are written; a repository may say it for itself alone.
TEXT_SETTINGS = ("core.autocrlf", "core.eol", "core.fileMode")
NOBODY = (
    "-c",
    "user.name=create-12-factor-agent",
    "-c",
    "user.email=template@create-12-factor-agent.invalid",
    "-c",
    f"core.hooksPath={os.devnull}",
)


@dataclass(frozen=True)
class Entry:
    """What git's index holds for one side of a conflict: 1 base, 2 the user's, 3 the template's."""

    mode: str
    blob: str
    stage: int
    path: str

    def __str__(self) -> str:
        return f"{self.mode} {self.blob} {self.stage}\t{self.path}"


@dataclass(frozen=True)
class Copy:
    """A repository with nothing but what the project has committed, and borrowed objects."""

    path: Path

    def git(self, *arguments: str, stdin: str | None = None, fine: Container[int] = (0,)) -> str:
        return git(*arguments, cwd=self.path, stdin=stdin, fine=fine)

    @cached_property
    def before(self) -> dict[str, Entry]:
        """The project's committed files."""
        return {entry.path: entry for entry in entries(self.git("ls-files", "-s", "-z"))}

    def unmerged(self) -> list[Entry]:
        return list(entries(self.git("ls-files", "-u", "-z")))

    def changed(self) -> list[str]:
        """The paths that are no longer as they were committed, new and deleted ones included."""
        told = self.git(
            "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignored"
        )
        return sorted(line[3:] for line in told.split("\0") if line)

    def unmerge(self, *entries: Entry) -> None:
        """Note a conflict where git's status shows it."""
        lines = [f"0 {'0' * 40}\t{entries[0].path}", *map(str, entries)]
        self.git("update-index", "-z", "--index-info", stdin="\0".join(lines) + "\0")

    def write_blob(self, content: bytes) -> str:
        with TemporaryDirectory() as folder:
            file = Path(folder, "content")
            file.write_bytes(content)
            return self.git("hash-object", "-w", "--no-filters", "--", str(file)).strip()

    def diff(self) -> str:
        """Everything that changed, as a patch for the project's folder."""
        self.git("add", "--all", "--force")
        # The user's own settings for diffs are for their eyes; this is for `git apply` too.
        plain = ("--no-ext-diff", "--no-textconv", "--no-renames", "--binary", "--no-color")
        return self.git("diff", "--cached", *plain, "--src-prefix=a/", "--dst-prefix=b/", "HEAD")


def entries(listed: str) -> Iterator[Entry]:
    """What `git ls-files -s -z` says."""
    for line in filter(None, listed.split("\0")):
        what, path = line.split("\t", 1)
        mode, blob, stage = what.split()
        yield Entry(mode, blob, int(stage), path)


@contextmanager
def staged(project: Project) -> Iterator[Copy]:
    """A copy of what the project has committed, gone afterwards."""
    with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
        copy = Copy(Path(folder, project.path.name))
        copy.path.mkdir()
        copy.git("init", "-q", "-b", "main")
        objects = project.path / project.git("rev-parse", "--git-path", "objects").strip()
        alternates = copy.path / ".git/objects/info/alternates"
        alternates.write_text(f"{objects.resolve()}\n", encoding="utf-8")
        for name in TEXT_SETTINGS:
            if value := project.setting(name):
                copy.git("config", name, value)
        copy.git("read-tree", project.tree)
        copy.git("checkout-index", "--all", "--quiet")
        copy.git(*NOBODY, "commit", "-q", "--no-verify", "--no-gpg-sign", "-m", "The project")
        yield copy
