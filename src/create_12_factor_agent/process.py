"""The process as its caller made it: a locale of old, streams that are closed, full or hung up."""

import errno
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from .errors import FAILED, INTERRUPTED, Failure
from .visible import short, visible

WAYS = {
    errno.EMFILE: "allow more, as by ulimit -n 256",
    errno.ENFILE: "the system has no more: end other programs",
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
}


def prepare() -> None:
    _speak_utf8()
    if not os.environ.get("COLUMNS", "80").strip("0"):  # as who has no screen sets it
        del os.environ["COLUMNS"]
    for name, mode in {"stdin": "r", "stdout": "w", "stderr": "w"}.items():
        if getattr(sys, name) is None:  # whoever calls has closed it
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # whatever a terminal of old cannot show
            stream.reconfigure(errors="replace")


def _speak_utf8() -> None:
    """Git's paths are bytes, and the template's are UTF-8: no locale has a say in what they are.

    Python decides that before it runs anything, so it begins again; the screen stays as it is.
    """
    if sys.getfilesystemencoding() == "utf-8" or sys.flags.utf8_mode:
        return
    shown = sys.stdout.encoding if sys.stdout else "utf-8"
    env = {"PYTHONIOENCODING": shown, **os.environ}
    os.execve(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]], env)


def complain(problem: object) -> None:
    with suppress(OSError):  # nobody is there to read it
        print(f"error: {short(visible(str(problem)))}", file=sys.stderr, flush=True)


def failed(error: OSError) -> int:
    """A full disk, a folder that may not be written to."""
    where = f": {error.filename}" if error.filename else ""
    what_to_do = f": {WAYS[error.errno]}" if error.errno in WAYS else ""
    complain(f"{error.strerror}{where}{what_to_do}")
    return FAILED


def untold(error: OSError) -> Failure:
    return Failure(f"the output could not be written ({error.strerror}): what was asked is done")


def end(code: int) -> NoReturn:
    """With this exit code, once what is left to print has been printed."""
    code = _flushed(code)
    if code == INTERRUPTED:  # amid the tidying, perhaps: then the interpreter's end does it
        # An interruption inside of exec, as dataclasses do it, has Python end with another code,
        # whatever is asked for; the next exec takes that back.
        exec("")
        sys.exit(code)
    # The interpreter's own end is an eighth of `--version`, and there is nothing left to tidy.
    os._exit(code)


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # nobody reads on
        return code
    except OSError as error:
        complain(untold(error))
        return code or FAILED
    return code
