"""Copier, called so that neither a network nor the user's own settings have a say."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from copier import Settings, run_copy
from copier.errors import UserMessageError
from jinja2 import TemplateError
from plumbum import ProcessExecutionError, local

from .errors import Failure, NotPossible
from .git import local_variables
from .source import Source, public_url

ANSWERS_FILE = ".copier-answers.yml"


def render(
    source: Source, project: Path, answers: Mapping[str, Any], *, defaults: bool
) -> dict[str, Any]:
    """Render the template into `project` and return all the answers.

    Copier asks for what is not in `answers`, unless `defaults` are good enough.
    """
    with copier_environment(source):
        run_copy(
            public_url(),
            project,
            dict(answers),
            vcs_ref=source.version,
            settings=Settings(),
            user_defaults={"project_name": "my-agent"},
            defaults=defaults,
            quiet=True,
        )
    return read_answers(project)


def read_answers(project: Path) -> dict[str, Any]:
    """The answers that a project was made with, without copier's own entries."""
    text = (project / ANSWERS_FILE).read_text(encoding="utf-8")
    return {key: value for key, value in yaml.safe_load(text).items() if key[0] != "_"}


@contextmanager
def copier_environment(source: Source) -> Iterator[None]:
    """Copier finds the bundle at the public URL; its errors become ours."""
    with TemporaryDirectory(prefix="create-12-factor-agent-") as cache, local.env():
        # Copier's git calls take plumbum's environment, its cache that of the process. The
        # cache is ours alone, because it is keyed by URL and holds the real remote as well.
        for name in local_variables() & set(local.env.getdict()):
            del local.env[name]
        local.env.update(source.environment(local.env.getdict()))
        with _variable("COPIER_CACHE_DIR", cache), _translated():
            yield


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (UserMessageError, ValueError) as error:
        raise NotPossible(str(error)) from error
    except TemplateError as error:
        raise Failure(f"the template is broken: {error}") from error
    except ProcessExecutionError as error:
        raise Failure(error.stderr.strip()) from error


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before
