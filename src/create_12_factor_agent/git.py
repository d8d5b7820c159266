"""Git as a subprocess: one way to call it, deaf to a repository that surrounds us."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from .errors import Failure, NotPossible

# A commit may ask for a passphrase; without a human it must not wait for ever.
PATIENCE = 120


def require() -> None:
    if shutil.which("git") is None:
        raise NotPossible("git is needed and was not found: install it (https://git-scm.com)")


@cache
def local_variables() -> frozenset[str]:
    """Variables that tie git to one repository, as they are set inside a git hook.

    The `GIT_CONFIG*` ones stay: they are the user's settings, not a place.
    """
    if not any(name.startswith("GIT_") for name in os.environ):
        return frozenset()
    names = subprocess.run(
        ["git", "rev-parse", "--local-env-vars"], check=True, capture_output=True, text=True
    ).stdout.split()
    return frozenset(name for name in names if not name.startswith("GIT_CONFIG"))


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in local_variables()}


def git(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: str | None = None
) -> str:
    """Run git in `cwd` and return its stdout; a failure carries git's own stderr."""
    try:
        result = subprocess.run(
            ["git", *arguments],
            cwd=cwd,
            env={**environment(), **(env or {})},
            stdin=subprocess.DEVNULL if stdin is None else None,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"git {arguments[0]} did not end within {PATIENCE} seconds") from None
    if result.returncode:
        raise Failure(result.stderr.strip() or f"git {arguments[0]} failed")
    return result.stdout
