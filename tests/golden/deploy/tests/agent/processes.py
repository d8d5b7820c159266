"""Other processes: Python that is run beside the test, and can be killed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import agent

HOME = Path(__file__).parents[2]
SOURCES = Path(agent.__file__).parents[1]

LOCK = """
import sys, time
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def python(code: str, *arguments: object, sources: Path = SOURCES) -> subprocess.Popen[str]:
    """Runs the code with these arguments in the current folder; its output is piped."""
    paths = [str(sources), str(HOME)]
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        text=True,
    )


def is_alone() -> bool:
    """Whether there is no other user, as in some namespaces: then root cannot start as anybody else
    what must not run as root.
    """
    known = Path("/proc/self/uid_map")
    return known.exists() and known.read_text().split()[2:] == ["1"]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process holds this lock, and does nothing else."""
    with python(LOCK, path) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.kill()
