"""Git as a subprocess: one way to call it, deaf to a repository that surrounds us."""

import os
import re
import shutil
import subprocess
from collections.abc import Container, Mapping
from functools import cache
from pathlib import Path

from .errors import Failure, NotPossible

# A commit may ask for a passphrase; without a human it must not wait for ever.
PATIENCE = 120
# The first that takes settings from GIT_CONFIG_COUNT, through which it finds the template.
OLDEST = (2, 31)
# For what is done in repositories that are gone in a second: the user's own settings are for
# their work, and would have copier lose edits in its copies, or fail.
APART = {
    "core.hooksPath": os.devnull,
    "core.excludesFile": os.devnull,
    "core.attributesFile": os.devnull,
    "init.templateDir": "",
    # Copier finds the patches that were rejected among the untracked files.
    "status.showUntrackedFiles": "all",
    # It does not see that a patch is refused because of blanks in it, or changed.
    "apply.whitespace": "nowarn",
    "apply.ignoreWhitespace": "no",
}


def require() -> None:
    if shutil.which("git") is None:
        raise NotPossible("git is needed and was not found: install it (https://git-scm.com)")
    said = subprocess.run(["git", "--version"], capture_output=True, text=True).stdout
    found = tuple(int(number) for number in re.findall(r"\d+", said)[:2])
    if not found:
        raise NotPossible("git was found and does not run: see what `git --version` says")
    if found < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise NotPossible(f"git {wanted} or newer is needed, this is {said.strip()}: update it")


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
    local = frozenset(name for name in names if not name.startswith("GIT_CONFIG"))
    return local | {"GIT_NAMESPACE"}


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in local_variables()}


def apart(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Variables for git in a repository of our own: `APART`, and further settings."""
    count = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    settings = {**APART, **(more or {})}
    added = {"GIT_CONFIG_COUNT": str(count + len(settings))}
    added |= {"GIT_DEFAULT_HASH": "sha1", "GIT_TEMPLATE_DIR": ""}
    for number, (key, value) in enumerate(settings.items(), count):
        added |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return added


def git(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    fine: Container[int] = (0,),
) -> str:
    """Run git in `cwd` and return its stdout, to the byte; a failure carries git's own stderr.

    `fine` are the exit codes that are none.
    """
    try:
        result = subprocess.run(
            ["git", *arguments],
            cwd=cwd,
            env={**environment(), **(env or {})},
            stdin=subprocess.DEVNULL if stdin is None else None,
            input=None if stdin is None else to_bytes(stdin),
            capture_output=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"git {arguments[0]} did not end within {PATIENCE} seconds") from None
    if result.returncode not in fine:
        said = " ".join(to_text(result.stderr).split())
        raise Failure(said or f"git {arguments[0]} failed")
    return to_text(result.stdout)


def to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def to_text(content: bytes) -> str:
    """Not subprocess's own text mode: that would turn CRLF into LF."""
    return content.decode("utf-8", "surrogateescape")
