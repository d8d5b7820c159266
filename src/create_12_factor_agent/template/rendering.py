"""Copier, called so that neither a network nor the user's own settings have a say."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import Failure, NotPossible
from ..git import environment, in_one_line
from ..interruption import held, temporary_folder
from .answers import ANSWERS_FILE, read_answers
from .questions import Answers
from .source import Source, public_url

# Copier is imported where it is called. That takes a quarter of a second: no refusal waits for it,
# and the template is unpacked meanwhile.


def render(
    source: Source,
    project: Path,
    answers: Mapping[str, Any],
    *,
    subfolder: str,
    version: str | None = None,
) -> Answers:
    """Render a version of the template, the CLI's own if None, and return all the answers.

    What is neither in `answers` nor in an answers file that lies there already has its default.
    `subfolder` is where the project is in its repository, "" or "sub/folder/": what runs at the
    repository's root has to know.
    """
    from copier import Settings, run_copy, run_recopy

    ref = version or source.version
    data, settings = {**answers, "subfolder": subfolder}, Settings()
    with _copier_environment(source):
        if (project / ANSWERS_FILE).exists():
            run_recopy(
                project,
                data,
                vcs_ref=ref,
                settings=settings,
                defaults=True,
                skip_answered=True,
                overwrite=True,
                quiet=True,
            )
        else:
            run_copy(
                public_url(),
                project,
                data,
                vcs_ref=ref,
                settings=settings,
                defaults=True,
                quiet=True,
            )
    return read_answers(project)


@contextmanager
def rendered(
    source: Source, name: str, answers: Mapping[str, Any], version: str, subfolder: str
) -> Iterator[Path]:
    """A project as a version of the template makes it, in a folder of that name."""
    with temporary_folder() as folder:
        made = folder / name
        render(source, made, answers, version=version, subfolder=subfolder)
        yield made


@contextmanager
def rendered_meanwhile(
    source: Source, project: Path, answers: Mapping[str, Any], version: str, subfolder: str
) -> Iterator[None]:
    """While the block renders another project, a child process renders this one.

    A process, because copier changes what threads share: the working directory, the environment.
    Where there are none, or when it fails, it is rendered here, and the error is told here.
    """
    import copier  # noqa: F401 - for the child as well

    def work() -> None:
        render(source, project, answers, version=version, subfolder=subfolder)

    _ = source.repository  # the thread that unpacks it is none of the child's
    child = None
    try:
        with held():
            child = _fork(work, project.parent)
        yield
        failed = child is None or os.waitpid(child, 0)[1]
        child = None
        if failed:
            shutil.rmtree(project, ignore_errors=True)
            work()
    finally:
        if child is not None:
            with suppress(OSError):
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _fork(work: Callable[[], None], temporary: Path) -> int | None:
    """The child's number, which ends with 0 if it was done; None where nothing can be forked."""
    if not hasattr(os, "fork"):
        return None
    if child := os.fork():
        with suppress(OSError):  # it has said so itself already
            os.setpgid(child, child)
        return child
    try:
        # A group of its own: whoever ends it ends what it has started.
        os.setpgid(0, 0)
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        tempfile.tempdir = str(temporary)
        work()
        os._exit(0)
    finally:
        os._exit(1)


@contextmanager
def _copier_environment(source: Source) -> Iterator[None]:
    """Copier finds the template at the public URL; its errors become ours."""
    with temporary_folder() as cache:
        # Ours alone, because it is keyed by URL and holds the real remote as well.
        env = {**source.environment(environment()), "COPIER_CACHE_DIR": str(cache)}
        with (
            _process_environment(env),
            _temporary_files_in(cache),
            _compiled_once(),
            _no_index_asked(),
            _translated(),
        ):
            yield


@contextmanager
def _compiled_once() -> Iterator[None]:
    """For each file copier compiles its folders' names and the answers file's again.

    That is three thousand templates, of which a quarter differ, and a third of a rendering.
    """
    from jinja2 import Environment

    compile_anew, compiled = Environment.compile, {}

    def compile_once(environment: Any, source: Any, *rest: Any, **options: Any) -> Any:
        if rest or options or not isinstance(source, str):
            return compile_anew(environment, source, *rest, **options)
        if (environment, source) not in compiled:
            compiled[environment, source] = compile_anew(environment, source)
        return compiled[environment, source]

    Environment.compile = compile_once  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Environment.compile = compile_anew  # type: ignore[method-assign]


@contextmanager
def _no_index_asked() -> Iterator[None]:
    """For each file copier asks git whether its mode is to be changed in an index: a process a
    file, and a third of a rendering. No index knows what we have rendered.
    """
    import copier

    # Its own affair: another copier may have it elsewhere, and then takes its time.
    worker = getattr(getattr(copier, "_main", None), "Worker", None)
    name = "_sync_git_index_executable_bit"
    ask = getattr(worker, name, None)
    if ask is None:
        yield
        return
    setattr(worker, name, lambda *_: None)
    try:
        yield
    finally:
        setattr(worker, name, ask)


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
    except (CopierError, TypeError) as error:
        raise Failure(f"copier cannot do this: {_in_one_line(error)}") from error
    except TemplateError as error:
        raise Failure(f"the template is broken: {error}") from error
    except ProcessExecutionError as error:
        raise Failure(in_one_line(error.stderr)) from error


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """What copier leaves behind when it is interrupted goes with the folder."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
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
