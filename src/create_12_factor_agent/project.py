"""A generated project as it lies on the disk: where it is, and what it was made from."""

import os
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import Failure, NotPossible
from .git import git
from .git.contents import Content, content_of, exists, is_file
from .git.index import Entry, entries
from .git.repository import enclosing
from .interruption import temporary_folder
from .template.answers import (
    ANSWERS_FILE,
    answers_file,
    around_us,
    made_from,
    without_copiers_own,
)
from .template.questions import Answers

# What to do where there is nothing to merge with, in the project's folder.
COMMIT = "git add --all . && git commit -m Begin"
MAKE_REPOSITORY = f"git init && {COMMIT}"


@dataclass(frozen=True)
class Project:
    """`prefix` is its place in its git repository, "" or "sub/folder/"."""

    path: Path
    prefix: str
    version: str = ""
    answers: Answers = field(default_factory=dict)

    def git(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        fine: Container[int] = (0,),
    ) -> str:
        """Run git in the project's folder; merely looking does not even refresh the index."""
        env = {"GIT_OPTIONAL_LOCKS": "0", **(env or {})}
        return git(*arguments, cwd=self.path, env=env, stdin=stdin, fine=fine)

    def git_path(self, name: str) -> Path:
        """Where git keeps something of this work tree."""
        return self.path / self.git("rev-parse", "--git-path", name).removesuffix("\n")

    def quietly(self, *, filters: bool) -> list[str]:
        """Settings with which git writes nothing into the repository, and runs no hook."""
        settings = ["core.splitIndex=false", "core.fsmonitor=false", f"core.hooksPath={os.devnull}"]
        if not filters:
            told = self.git(
                "config", "-z", "--name-only", "--get-regexp", r"^filter\.", fine=(0, 1)
            )
            drivers = sorted({name.rpartition(".")[0] for name in told.split("\0") if name})
            off = ("smudge=", "process=", "required=false")
            settings += [f"{driver}.{how}" for driver in drivers for how in off]
        return [word for setting in settings for word in ("-c", setting)]

    def content(self, path: str) -> Content | None:
        """A file as it lies there; None where there is none."""
        file = self.path / path
        return content_of(file) if is_file(file) else None

    def committed(self) -> dict[str, Entry]:
        """The files that are committed, by their paths in the project."""
        found = entries(self.git("ls-tree", "--full-tree", "-r", "-z", self.tree))
        return {entry.path: entry for entry in found}

    def edited(self, paths: Sequence[str]) -> list[str]:
        """Which committed files are no longer so, whatever git was told not to see of them."""
        if not paths:
            return []
        with temporary_folder() as folder:
            env = {"GIT_INDEX_FILE": f"{folder}/index"}
            quiet = [*self.quietly(filters=True), "--literal-pathspecs"]
            self.git(*quiet, "read-tree", "HEAD", env=env)
            look = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--")
            return self.names(self.git(*quiet, *look, *paths, env=env))

    def hidden(self) -> dict[str, list[str]]:
        """The files of whose changes git was told to see nothing, and what unsays it."""
        told = self.git("ls-files", "-v", "-z", "--", ".").split("\0")
        flags = {line[2:]: line[0] for line in told if line}
        ways = {"S": ["--no-skip-worktree"], "h": ["--no-assume-unchanged"]}
        ways["s"] = [*ways["S"], *ways["h"]]  # git takes one of them at a time
        return {path: ways[flag] for path, flag in flags.items() if flag in ways}

    def left_out(self) -> set[str]:
        """The files that are not checked out: in a sparse checkout they look like deleted ones."""
        sparse = {path for path, ways in self.hidden().items() if "--no-skip-worktree" in ways}
        return {path for path in sparse if not exists(self.path / path)}

    def names(self, status: str) -> list[str]:
        """The paths of which `git status --porcelain -z` tells."""
        return [line[3:].removeprefix(self.prefix) for line in status.split("\0") if line]

    @property
    def tree(self) -> str:
        """The tree of what is committed in the project's folder, as git names it."""
        return self.git("rev-parse", "--verify", "-q", f"HEAD:{self.prefix.rstrip('/')}").strip()

    @property
    def components(self) -> list[str]:
        return list(self.answers.get("components", []))


def open_project(directory: str | None) -> Project:
    """The project in that folder; one that cannot be merged into is refused."""
    path = _folder(directory)
    recorded = answers_file(path)
    return Project(path, _prefix(path), made_from(recorded), without_copiers_own(recorded))


def open_repository(directory: str | None) -> Project:
    """The same for what is left of it: without a look at its answers, which may be in conflict."""
    path = _folder(directory)
    return Project(path, _prefix(path))


def _folder(directory: str | None) -> Path:
    """The folder that is named, or the project that we are somewhere in."""
    path = Path(directory) if directory else around_us() or Path()
    try:
        if path.is_dir():
            return path.resolve()
    except OSError as error:
        raise NotPossible(f"{path}: {error.strerror}") from None
    raise NotPossible(f"{path.absolute()} is no folder: give the folder of a project")


def _prefix(path: Path) -> str:
    try:
        return git("rev-parse", "--show-prefix", cwd=path).removesuffix("\n")
    except Failure as failure:
        # Git also denies a repository that another user owns, and says what to do about it.
        if enclosing(path):
            raise NotPossible(f"{path}: {failure}") from None
        raise NotPossible(f"{path} is in no git repository: {MAKE_REPOSITORY}") from None


def require_checked_out(project: Project, paths: Iterable[str]) -> None:
    """What is not there cannot be merged."""
    if left_out := sorted(project.left_out() & {*paths}):
        raise NotPossible(
            f"{left_out[0]} is not checked out here, as in a sparse checkout: "
            "git sparse-checkout disable, then run this again"
        )


def require_clean(project: Project) -> None:
    """What is not committed could not be told from what the template brings."""
    try:
        _ = project.tree
    except Failure:
        raise NotPossible(f"{project.path} is not committed yet: {COMMIT}") from None
    changed = project.git(
        "status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--", "."
    )
    if names := project.names(changed):
        listed = ", ".join(names[:5])
        raise NotPossible(f"there are changes that are not committed: commit them ({listed})")
    if not project.git("ls-files", "--", ANSWERS_FILE):
        command = f"git add --force {ANSWERS_FILE} && git commit -m 'Add the answers'"
        raise NotPossible(f"{project.path / ANSWERS_FILE} is not committed: {command}")
