"""The oldest versions that a project says it works with are ones that it works with."""

from pathlib import Path

import pytest

from .conftest import VERSIONS, interpreter, run, run_offline, succeed
from .creating import created

pytestmark = pytest.mark.slow

OLDEST = ["uv", "pip", "install", "--resolution", "lowest-direct", "-e", ".", "--group", "dev"]


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
def test_its_own_tests_pass_with_the_oldest_of_what_it_needs(
    version: str, wheel: Path, tmp_path: Path
) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    project = created(wheel, tmp_path)
    succeed(run(["uv", "venv", "--python", python], project))
    succeed(run(OLDEST, project))
    # All with the first; with the last, whose oldest wheels may be others, what touches most.
    tests = [] if version == VERSIONS[0] else ["tests/yours", "tests/agent/test_server.py"]
    succeed(run_offline([".venv/bin/pytest", *tests], project))
