"""Other processes: Python that is run beside the test, and can be killed."""

import os
import subprocess
import sys
from pathlib import Path

import agent

HOME = Path(__file__).parents[2]
SOURCES = Path(agent.__file__).parents[1]


def python(code: str, *arguments: object, sources: Path = SOURCES) -> subprocess.Popen[str]:
    """Runs the code with these arguments in the current folder; its output is piped."""
    paths = [str(sources), str(HOME)]
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        text=True,
    )
