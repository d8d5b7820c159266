"""The git repository of a new project: one, with one commit."""

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import Failure, NotPossible
from ..visible import quoted
from .command import git

SHOWN = 5
DENIED = 128  # a repository that another user owns
UNKNOWN = "git does not know who you are: git config --global user.name and user.email say it"


def enclosing(target: Path) -> Path | None:
    """The repository that a project at `target` would be part of.

    Found by its .git, since git itself denies a repository that another user owns.
    """
    return next((folder for folder in (target, *target.parents) if _has_git(folder)), None)


def subfolder(target: Path) -> str:
    """The place of a project at `target` in that repository: "" or "sub/folder/"."""
    repository = enclosing(target) or target
    return "" if repository == target else f"{target.relative_to(repository).as_posix()}/"


def _has_git(folder: Path) -> bool:
    return (folder / ".git").exists()


def require_sound(repository: Path) -> None:
    """Refuse a .git that is none: nothing could be committed there. One of another user may be."""
    place = git("rev-parse", "--git-dir", cwd=repository, fine=(0, DENIED))
    if not place.strip() and not (repository / ".git" / "HEAD").exists():
        raise NotPossible(f"{repository / '.git'} is no git repository: repair it or remove it")


def surrounded(repository: Path, target: Path, files: Sequence[str]) -> str:
    """What to know about a project in somebody's repository."""
    require_sound(repository)
    within = target.relative_to(repository)
    listed = "".join(f"{within / file}\0" for file in files)
    told = git("check-ignore", "-z", "--stdin", cwd=repository, stdin=listed, fine=(0, 1, DENIED))
    note = f"{repository} is a git repository already: none was made, commit there"
    if ignored := [Path(path).relative_to(within).as_posix() for path in told.split("\0") if path]:
        more = f" and {len(ignored) - SHOWN} more" if len(ignored) > SHOWN else ""
        shown = ", ".join(ignored[:SHOWN])
        note += f"; it ignores {shown}{more}: git add --force . there, or no update can be merged"
    return note


def first_commit(project: Path, message: str) -> str | None:
    """Make the repository; if git will not commit, say why and what to run."""
    chosen = git("config", "--get", "init.defaultBranch", cwd=project, fine=(0, 1)).strip()
    git("init", "-q", "-b", chosen or "main", cwd=project)
    command = f"git commit -m {quoted(message)}"
    try:
        # All that the template made, whatever the user's own gitignore says: updates merge it.
        git("add", "--all", "--force", cwd=project)
    except Failure as failure:
        return f"git said: {failure}; left to you, run: git add --all --force && {command}"
    try:
        # The user's identity and signature, but not their hooks: those are for their own work.
        settings = ("-c", f"core.hooksPath={os.devnull}", "-c", "maintenance.auto=false")
        git(*settings, "commit", "-q", "-m", message, cwd=project)
    except Failure as failure:
        # Of what is staged, and of nothing that comes meanwhile, such as a .env with a key.
        why = f"git said: {failure}" if _knows_who_commits(project) else UNKNOWN
        return f"{why}; the first commit is left to you, run: {command}"
    return None


def _knows_who_commits(project: Path) -> bool:
    """git says it in eight lines, and in the user's language."""
    both = ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
    return all(git("var", each, cwd=project, fine=(0, DENIED)) for each in both)
