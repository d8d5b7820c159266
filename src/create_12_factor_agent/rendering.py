"""Copier, called so that neither a network nor the user's own settings have a say."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .answers import read_answers
from .errors import Failure, NotPossible
from .git import local_variables
from .questions import Answers
from .source import Source, public_url

# Copier is imported where it is called. That takes a quarter of a second: no refusal waits for it,
# and the template is unpacked meanwhile.


def render(
    source: Source,
    project: Path,
    answers: Mapping[str, Any],
    *,
    defaults: bool,
    version: str | None = None,
) -> Answers:
    """Render a version of the template, the CLI's own if None, and return all the answers.

    Copier asks for what is not in `answers`, unless `defaults` are good enough.
    """
    from copier import Settings, run_copy

    with _copier_environment(source):
        run_copy(
            public_url(),
            project,
            dict(answers),
            vcs_ref=version or source.version,
            settings=Settings(),
            user_defaults={"project_name": "my-agent"},
            defaults=defaults,
            quiet=True,
        )
    return read_answers(project)


def merge(
    source: Source, repository: Path, answers: Mapping[str, Any], version: str, *, defaults: bool
) -> None:
    """Merge a version of the template, with these answers, into the project in `repository`.

    Copier's three-way merge: conflicts are left in the files, between markers, and in the index.
    It asks what no answer is known for, unless `defaults` are good enough.
    """
    from copier import Settings, run_update

    with _copier_environment(source):
        run_update(
            repository,
            dict(answers),
            vcs_ref=version,
            settings=Settings(),
            defaults=defaults,
            skip_answered=True,
            overwrite=True,
            quiet=True,
        )


@contextmanager
def rendered(source: Source, name: str, answers: Mapping[str, Any], version: str) -> Iterator[Path]:
    """A project as a version of the template makes it, in a folder of that name."""
    with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
        made = Path(folder, name)
        render(source, made, answers, version=version, defaults=True)
        yield made


@contextmanager
def _copier_environment(source: Source) -> Iterator[None]:
    """Copier finds the template at the public URL; its errors become ours."""
    from plumbum import local

    with TemporaryDirectory(prefix="create-12-factor-agent-") as cache, local.env():
        # Copier's git calls take plumbum's environment, its cache that of the process. The
        # cache is ours alone, because it is keyed by URL and holds the real remote as well.
        for name in local_variables() & set(local.env.getdict()):
            del local.env[name]
        local.env.update(source.environment(local.env.getdict()))
        with _variable("COPIER_CACHE_DIR", cache), _temporary_files_in(cache), _translated():
            yield


@contextmanager
def _translated() -> Iterator[None]:
    from copier.errors import CopierError, UserMessageError
    from jinja2 import TemplateError
    from plumbum import ProcessExecutionError

    try:
        yield
    except KeyboardInterrupt:  # some of copier's own are both
        raise
    except (UserMessageError, ValueError) as error:
        raise NotPossible(_in_one_line(error)) from error
    except (CopierError, TypeError, AssertionError, FileExistsError, NotADirectoryError) as error:
        # What copier does not expect: a folder of the user's where it has a file, and the like.
        raise Failure(f"copier cannot do this: {_in_one_line(error)}") from error
    except TemplateError as error:
        raise Failure(f"the template is broken: {error}") from error
    except ProcessExecutionError as error:
        raise Failure(" ".join(error.stderr.split())) from error


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def _temporary_files_in(folder: str) -> Iterator[None]:
    """What copier leaves behind when it is interrupted goes with the folder."""
    before, tempfile.tempdir = tempfile.tempdir, folder
    try:
        yield
    finally:
        tempfile.tempdir = before


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
