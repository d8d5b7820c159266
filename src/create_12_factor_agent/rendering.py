"""Copier, called so that neither a network nor the user's own settings have a say."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .answers import read_answers
from .errors import Failure, InTheWay, NotPossible
from .git import environment
from .questions import Answers
from .source import Source, public_url

# Lines of context, and more than a file has.
WHOLE_FILE = 1_000_000
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
            # With the 3 lines that are copier's default, an edit lands in whatever looks alike.
            # So, where the template has changed a file too, it merges the whole files.
            context_lines=WHOLE_FILE,
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
    with TemporaryDirectory(prefix="create-12-factor-agent-") as cache:
        # Ours alone, because it is keyed by URL and holds the real remote as well.
        env = {**source.environment(environment()), "COPIER_CACHE_DIR": cache}
        with _process_environment(env), _temporary_files_in(cache), _translated():
            yield


@contextmanager
def _translated() -> Iterator[None]:
    from copier.errors import CopierError, ForbiddenPathError, UserMessageError
    from jinja2 import TemplateError
    from plumbum import ProcessExecutionError

    # What it does not expect: a folder of the user's where it has a file, and the like.
    folders = AssertionError, FileExistsError, IsADirectoryError, NotADirectoryError
    try:
        yield
    except KeyboardInterrupt:  # some of copier's own are both
        raise
    except (ForbiddenPathError, *folders) as error:
        raise InTheWay(f"copier cannot do this: {_in_one_line(error)}") from error
    except (UserMessageError, ValueError) as error:
        raise NotPossible(_in_one_line(error)) from error
    except (CopierError, TypeError) as error:
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
def _process_environment(env: Mapping[str, str]) -> Iterator[None]:
    """That of this process, and of plumbum, which has copied it when it was imported."""
    from plumbum import local

    before = dict(os.environ)
    with local.env():
        for name in set(local.env.getdict()) - env.keys():
            del local.env[name]
        local.env.update(env)
        os.environ.clear()
        os.environ.update(env)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
