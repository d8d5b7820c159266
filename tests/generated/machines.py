"""A machine that has one Python and nothing of ours, as a runner or a container has."""

from pathlib import Path

import pytest

from .conftest import interpreter


def machine(version: str, folder: Path) -> dict[str, str]:
    """Its environment. What pip installs there is kept in `folder`."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    (folder / "bin").mkdir(parents=True)
    for name in ("python", "python3", f"python{version}"):
        (folder / "bin" / name).symlink_to(python)
    pip = folder / "bin/pip"
    pip.write_text('#!/bin/sh\nexec python -m pip "$@"\n')
    pip.chmod(0o755)
    return {
        "PATH": f"{folder}/user/bin:{folder}/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONUSERBASE": f"{folder}/user",
        "PIP_USER": "1",
        "PIP_BREAK_SYSTEM_PACKAGES": "1",
    }
