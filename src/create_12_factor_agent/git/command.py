"""Git as a subprocess: one way to call it, deaf to a repository that surrounds us."""

import errno
import os
import re
import shutil
import subprocess
from collections.abc import Container, Mapping
from functools import cache
from pathlib import Path

from ..errors import Failure, NotPossible
from ..interruption import held

# A commit may ask for a passphrase; without a human it must not wait for ever.
PATIENCE = 120
# The first whose `git merge` is the one that `git merge-tree` has (2.38): both see the same.
OLDEST = (2, 34)
# Of git's variables; there are more than `git rev-parse --local-env-vars` has that matter.
KEPT = (
    "GIT_CONFIG_",
    "GIT_AUTHOR_",
    "GIT_COMMITTER_",
    "GIT_DEFAULT_",
    "GIT_DISCOVERY_",
    "GIT_EXEC_PATH",
    "GIT_TEMPLATE_DIR",
    "GIT_TEST_",
)
# What git says can be many lines, with hints that are for others.
SAID = 500
# For repositories that are gone in a second: nobody's settings, hooks, attributes and excludes.
APART = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_DEFAULT_HASH": "sha1",
    "GIT_TEMPLATE_DIR": "",
}


def require() -> None:
    if shutil.which("git") is None:
        raise NotPossible("git is needed and was not found: install it (https://git-scm.com)")
    _require_to_run()
    if version() < OLDEST:
        wanted, found = (".".join(map(str, numbers)) for numbers in (OLDEST, version()))
        raise NotPossible(f"git {wanted} or newer is needed, this is git {found}: update it")


def _require_to_run() -> None:
    """Refuse what makes every command of git fail: no program, settings or a date that are none."""
    try:
        Path.cwd()
    except OSError:
        raise NotPossible("this folder is gone: cd to one that is there") from None
    program = shutil.which("git") or "git"
    try:  # it reads them all
        done = subprocess.run(
            [program, "var", "-l"], cwd=os.sep, env=environment(), capture_output=True
        )
    except OSError as error:
        if error.errno == errno.EMFILE:
            raise
        why = error.strerror
        raise NotPossible(f"{program} does not run ({why}): mend it, or its PATH") from None
    if done.returncode or not version():
        dates = [name for name in os.environ if re.fullmatch(r"GIT_\w+_DATE", name)]
        named = f" ({', '.join(dates)})" if dates else ""
        said = in_one_line(to_text(done.stderr)) or "`git --version` is not what git says"
        raise NotPossible(f"git does not run, correct this first: {said}{named}")


@cache
def version() -> tuple[int, ...]:
    """Such as (2, 39)."""
    said = subprocess.run(["git", "--version"], capture_output=True, text=True).stdout
    return tuple(int(number) for number in re.findall(r"\d+", said)[:2])


def environment() -> dict[str, str]:
    """Ours, without what ties git to one repository, as in a hook, or has it read paths otherwise.

    What stays are the user's settings and their name.
    """
    return {key: value for key, value in os.environ.items() if _stays(key)}


def _stays(name: str) -> bool:
    return not name.startswith("GIT_") or name.startswith(KEPT)


def apart(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Variables for git in a repository of our own, with these settings and no others."""
    unread = {"core.attributesFile": os.devnull, "core.excludesFile": os.devnull}
    pairs = list(enumerate({**unread, **(settings or {})}.items()))
    keys = {f"GIT_CONFIG_KEY_{number}": key for number, (key, _) in pairs}
    values = {f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in pairs}
    return {**APART, "GIT_CONFIG_COUNT": str(len(pairs)), **keys, **values}


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
    process: subprocess.Popen[bytes] | None = None
    try:
        with held():  # once it runs it is known, and can be ended
            process = subprocess.Popen(
                # What it would convert is no reason to refuse: nobody's bytes are at stake here.
                ["git", "-c", "core.safecrlf=false", *arguments],
                cwd=cwd,
                env={**environment(), **(env or {})},
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        given = None if stdin is None else to_bytes(stdin)
        told, complaint = process.communicate(given, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Failure(f"git {arguments[0]} did not end within {PATIENCE} seconds") from None
    finally:
        if process and process.returncode is None:
            process.kill()
            process.wait()
    if process.returncode not in fine:
        raise Failure(in_one_line(to_text(complaint)) or f"git {arguments[0]} failed")
    return to_text(told)


def in_one_line(complaint: str) -> str:
    """All that git says, or the first of its reasons where that is too much."""
    said = " ".join(complaint.split())
    if len(said) > SAID:
        lines = [line for line in complaint.splitlines() if line.startswith(("fatal:", "error:"))]
        said = " ".join((lines or [said])[0].split())
    return said if len(said) <= SAID else f"{said[:SAID]}…"


def to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def to_text(content: bytes) -> str:
    """Not subprocess's own text mode: that would turn CRLF into LF."""
    return content.decode("utf-8", "surrogateescape")
