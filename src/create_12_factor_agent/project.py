"""A generated project as it lies on the disk: where it is, and what it was made from."""

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .errors import Failure, NotPossible
from .git import git
from .questions import Answers
from .repository import enclosing
from .source import public_url

ANSWERS_FILE = ".copier-answers.yml"


@dataclass(frozen=True)
class Project:
    """`prefix` is its place in its git repository, "" or "sub/folder/"."""

    path: Path
    prefix: str
    version: str
    answers: Answers

    def git(self, *arguments: str, stdin: str | None = None, fine: Container[int] = (0,)) -> str:
        """Run git in the project's folder; merely looking does not even refresh the index."""
        env = {"GIT_OPTIONAL_LOCKS": "0"}
        return git(*arguments, cwd=self.path, env=env, stdin=stdin, fine=fine)

    @property
    def tree(self) -> str:
        """The tree of what is committed in the project's folder, as git names it."""
        return self.git("rev-parse", "--verify", "-q", f"HEAD:{self.prefix.rstrip('/')}").strip()

    def setting(self, name: str) -> str:
        """A setting of git's as it holds in this repository; empty if there is none."""
        return self.git("config", "--get", name, fine=(0, 1)).strip()

    @property
    def components(self) -> list[str]:
        return list(self.answers.get("components") or [])


def open_project(directory: str | None) -> Project:
    """The project in that folder; one that cannot be merged into is refused."""
    path = Path(directory or ".").resolve()
    if not path.is_dir():
        raise NotPossible(f"{path} is no folder: give the folder of a project")
    raw = _answers_file(path)
    return Project(
        path=path,
        prefix=_prefix(path),
        version=_version(raw),
        answers={key: value for key, value in raw.items() if not key.startswith("_")},
    )


def read_answers(path: Path) -> Answers:
    """The answers that the project in this folder was made with, without copier's own entries."""
    return {key: value for key, value in _answers_file(path).items() if not key.startswith("_")}


def _answers_file(path: Path) -> dict[str, Any]:
    file = path / ANSWERS_FILE
    try:
        answers = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise NotPossible(f"{path} is no generated project: it has no {ANSWERS_FILE}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise NotPossible(f"{file} is broken: restore it with git") from None
    if not isinstance(answers, dict) or not all(isinstance(key, str) for key in answers):
        raise NotPossible(f"{file} holds no answers: restore it with git")
    return answers


def _version(raw: dict[str, Any]) -> str:
    source, version = raw.get("_src_path"), raw.get("_commit")
    if source != public_url():
        made = f"it was made from {source}" if source else "it does not say what it was made from"
        raise NotPossible(f"{ANSWERS_FILE}: {made}, not from {public_url()}")
    if not isinstance(version, str) or not version:
        raise NotPossible(
            f"{ANSWERS_FILE} has no _commit, the version it was made from: restore it"
        )
    return version


def _prefix(path: Path) -> str:
    try:
        return git("rev-parse", "--show-prefix", cwd=path).strip("\n")
    except Failure as failure:
        # Git also denies a repository that another user owns, and says what to do about it.
        why = failure if enclosing(path) else "it is in no git repository: git init, add and commit"
        raise NotPossible(f"{path} cannot be updated: {why}") from None


def require_clean(project: Project) -> None:
    """What is not committed could not be told from what the template brings."""
    try:
        _ = project.tree
    except Failure:
        raise NotPossible(f"{project.path} is not committed yet: commit it first") from None
    changed = project.git(
        "status", "--porcelain", "--no-renames", "--untracked-files=no", "--", "."
    )
    if names := [line[3:].removeprefix(project.prefix) for line in changed.splitlines()]:
        listed = ", ".join(names[:5])
        raise NotPossible(f"there are changes that are not committed: commit them ({listed})")
