"""The answers file: what a project was made from, and with which answers."""

from pathlib import Path
from typing import Any

import yaml

from ..errors import NotPossible
from .questions import Answers
from .source import public_url

ANSWERS_FILE = ".copier-answers.yml"


def read_answers(path: Path) -> Answers:
    """The answers that the project in this folder was made with, without copier's own entries."""
    return without_copiers_own(answers_file(path))


def without_copiers_own(raw: dict[str, Any]) -> Answers:
    return {key: value for key, value in raw.items() if not key.startswith("_")}


def nearest(folder: Path) -> Path | None:
    """The project that a folder is in, or is; none beyond the repository that the folder is in."""
    for path in (folder, *folder.parents):
        if (path / ANSWERS_FILE).exists():
            return path
        if (path / ".git").exists():
            return None
    return None


def around_us() -> Path | None:
    """The project that we are somewhere in."""
    try:
        return nearest(Path.cwd())
    except FileNotFoundError:  # the folder is gone
        return None


def answers_file(path: Path) -> dict[str, Any]:
    file = path / ANSWERS_FILE
    if file.is_symlink():
        raise NotPossible(f"{file} is a link: make it a file")
    try:
        answers = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        around = nearest(path)
        hint = f"; {around} is one" if around and around != path else ""
        raise NotPossible(
            f"{path} is no generated project: it has no {ANSWERS_FILE}{hint}"
        ) from None
    except OSError as error:
        raise NotPossible(f"{file}: {error.strerror}") from None
    except (yaml.YAMLError, ValueError, RecursionError):  # 2024-13-45 is a ValueError
        raise NotPossible(f"{file} is broken: restore it with git") from None
    if not isinstance(answers, dict) or not all(isinstance(key, str) for key in answers):
        raise NotPossible(f"{file} holds no answers: restore it with git")
    return answers


def made_from(raw: dict[str, Any]) -> str:
    """The version of the template; refused if it is of another one."""
    source, version = raw.get("_src_path"), raw.get("_commit")
    if source != public_url():
        found = f"is {source}" if source else "is missing"
        raise NotPossible(f"{ANSWERS_FILE}: _src_path {found}, and should be {public_url()}")
    if not isinstance(version, str) or not version:
        raise NotPossible(
            f"{ANSWERS_FILE} has no _commit, the version it was made from: restore it"
        )
    return version


def is_ours(path: Path) -> bool:
    """Whether the project there was made from this template, and not from another one."""
    try:
        return bool(made_from(answers_file(path)))
    except NotPossible:
        return False
