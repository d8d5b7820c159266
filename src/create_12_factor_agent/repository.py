"""The git repository of a new project: one, with one commit."""

import os
import shlex
from pathlib import Path

from .errors import Failure
from .git import git


def enclosing(target: Path) -> Path | None:
    """The repository that a project at `target` would be part of.

    Found by its .git, since git itself denies a repository that another user owns.
    """
    return next((folder for folder in (target, *target.parents) if _has_git(folder)), None)


def _has_git(folder: Path) -> bool:
    return (folder / ".git").exists()


def first_commit(project: Path, message: str) -> str | None:
    """Make the repository; if git will not commit, say why and what to run."""
    git("init", "-q", "-b", "main", cwd=project)
    try:
        git("add", "--all", cwd=project)
        # The user's identity and signature, but not their hooks: those are for their own work.
        settings = ("-c", f"core.hooksPath={os.devnull}", "-c", "maintenance.auto=false")
        git(*settings, "commit", "-q", "-m", message, cwd=project)
    except Failure as failure:
        command = f"git add --all && git commit -m {shlex.quote(message)}"
        return f"the first commit is left to you, run: {command}\ngit said: {failure}"
    return None
