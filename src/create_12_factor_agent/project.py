"""A generated project as it lies on the disk: where it is, and what it was made from."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .answers import ANSWERS_FILE, answers_file, made_from, without_copiers_own
from .errors import Failure, NotPossible
from .git import git
from .questions import Answers
from .repository import enclosing


@dataclass(frozen=True)
class Project:
    """`prefix` is its place in its git repository, "" or "sub/folder/"."""

    path: Path
    prefix: str
    version: str = ""
    answers: Answers = field(default_factory=dict)

    def git(self, *arguments: str, stdin: str | None = None, fine: Container[int] = (0,)) -> str:
        """Run git in the project's folder; merely looking does not even refresh the index."""
        env = {"GIT_OPTIONAL_LOCKS": "0"}
        return git(*arguments, cwd=self.path, env=env, stdin=stdin, fine=fine)

    def git_path(self, name: str) -> Path:
        """Where git keeps something of this work tree."""
        return self.path / self.git("rev-parse", "--git-path", name).removesuffix("\n")

    def settings(self, pattern: str) -> list[tuple[str, str]]:
        """The settings of this repository whose names match."""
        told = self.git("config", "--local", "-z", "--get-regexp", pattern, fine=(0, 1))
        pairs = (line.partition("\n") for line in told.split("\0") if line)
        return [(name, value) for name, _, value in pairs]

    def blobs(self, paths: Sequence[str]) -> dict[str, str]:
        """What git would store for each of these files now."""
        plain = [path for path in paths if "\n" not in path and not (self.path / path).is_symlink()]
        # Read from the top, unlike paths among the arguments.
        listed = "".join(f"{self.prefix}{path}\n" for path in plain)
        told = self.git("hash-object", "--stdin-paths", stdin=listed)
        found = dict(zip(plain, told.split(), strict=True))
        for path in set(paths) - set(plain):
            file = self.path / path
            if file.is_symlink():
                target = str(file.readlink())
                found[path] = self.git("hash-object", "--stdin", stdin=target).strip()
            else:
                found[path] = self.git("hash-object", "--", path).strip()
        return found

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
    path = Path(directory or ".")
    try:
        if path.is_dir():
            return path.resolve()
    except OSError as error:
        raise NotPossible(f"{path!s:.60}: {error.strerror}") from None
    raise NotPossible(f"{path.absolute()} is no folder: give the folder of a project")


def _prefix(path: Path) -> str:
    try:
        prefix, form = git(
            "rev-parse", "--show-prefix", "--show-object-format", cwd=path
        ).splitlines()
    except Failure as failure:
        # Git also denies a repository that another user owns, and says what to do about it.
        if enclosing(path):
            raise NotPossible(f"{path}: {failure}") from None
        raise NotPossible(f"{path} is in no git repository: git init, add and commit") from None
    if form != "sha1":
        raise NotPossible(f"{path} cannot be updated: copier does not know {form} repositories")
    return prefix


def require_clean(project: Project) -> None:
    """What is not committed could not be told from what the template brings."""
    try:
        _ = project.tree
    except Failure:
        raise NotPossible(f"{project.path} is not committed yet: commit it first") from None
    changed = project.git(
        "status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--", "."
    )
    if names := [line[3:].removeprefix(project.prefix) for line in changed.split("\0") if line]:
        listed = ", ".join(names[:5])
        raise NotPossible(f"there are changes that are not committed: commit them ({listed})")
    if not project.git("ls-files", "--", ANSWERS_FILE):
        raise NotPossible(f"{project.path / ANSWERS_FILE} is not committed: git add and commit it")
