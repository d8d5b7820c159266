"""From what people type to the name of a project, or of a command, and why some cannot be one."""

import re
import unicodedata
from collections.abc import Collection
from difflib import SequenceMatcher
from keyword import iskeyword
from pathlib import Path

from .errors import NotPossible

LONGEST = 60
# What other commands call it, and what it is here.
ELSEWHERE = {
    "help": "--help",
    "version": "--version",
    "create": "new",
    "init": "new",
    "upgrade": "update",
    "check": "update --check",
    "diff": "update --diff",
    "abort": "update --abort",
    "install": "add",
    "components": "add --list",
    "list": "add --list",
    "ls": "add --list",
    "delete": "remove",
    "rm": "remove",
    "uninstall": "remove",
    "info": "status",
}


def project_name(text: str, installed: str = "") -> str:
    """The distribution name for `text`: `My Agent` is `my-agent`.

    A project cannot depend on itself: none has the name of a package in `installed`, requirements
    as pip reads them. Raises NotPossible, with a name that would do.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if problem := _problem(plain, name):
        raise _refusal(text, problem, _suggestion(name))
    if re.search(rf"(?<![\w-]){re.escape(name)}(\[[\w,-]+\])?[=<>~!]", installed):
        raise _refusal(name, "it is a package that the project installs", f"{name}-agent")
    return name


def meant(word: str, commands: Collection[str]) -> str | None:
    """The command that somebody has in mind who types this word; None if it looks like none."""
    if Path(word).name != word:  # a path is meant as one
        return None
    word = word.casefold()
    known = {**{name: name for name in commands}, **ELSEWHERE}
    near = (known[name] for name in known if _is_near(word, name, name in commands))
    return known.get(word) or next(near, None)


def _is_near(word: str, name: str, is_ours: bool) -> bool:
    alike = SequenceMatcher(None, word, name).ratio()
    begun = is_ours and word[:1] == name[0] and alike >= 0.75
    return alike >= 0.85 or begun or sorted(word) == sorted(name)


def _refusal(text: str, problem: str, suggestion: str) -> NotPossible:
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return NotPossible(f'"{shown}" cannot be a project name: {problem}; try {suggestion}')


def _problem(plain: str, name: str) -> str | None:
    if any(letter.isalnum() and not letter.isascii() for letter in plain):
        return "it has letters other than a to z"
    if not name:
        return "it has no letter"
    if name[0].isdigit():
        return "it begins with a digit"
    if len(name) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if iskeyword(name):
        return "it is a word of Python"
    return None


def _suggestion(name: str) -> str:
    short = name[: LONGEST // 2].strip("-")
    if not short:
        return "my-agent"
    if short[0].isdigit():
        return f"agent-{short}"
    return f"{short}-agent" if iskeyword(short) else short
