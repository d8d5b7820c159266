"""BAML's generated client, made when it is missing or older than the prompts."""

import importlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from .failures import Unavailable

PROMPTS = Path(__file__).parents[3] / "baml_src"
CLIENT = Path(__file__).parent / "baml_client"
PATIENCE = 60  # seconds that another process may generate


@cache
def generated(module: str) -> Any:
    """A module of the generated client; made first when missing or older than the prompts."""
    os.environ.setdefault("BAML_LOG", "off")  # its warnings print whole prompts
    if is_stale():
        try:
            with FileLock(CLIENT.with_suffix(".lock"), PATIENCE, mode=0o600):
                if is_stale():
                    generate()
        except OSError as error:
            raise Unavailable(f"{CLIENT} cannot be generated: {error}") from error
    if not CLIENT.is_dir():
        raise Unavailable(
            f"no {CLIENT}: let output_dir in generators.baml lead there, and generate"
        )
    return importlib.import_module(f"{__package__}.baml_client.{module}")


def is_stale() -> bool:
    """An installed package brings its client and no prompts."""
    if not PROMPTS.is_dir():
        return False
    return not (CLIENT / "__init__.py").exists() or last_change(PROMPTS) > last_change(CLIENT)


def last_change(folder: Path) -> float:
    return max(path.stat().st_mtime for path in folder.iterdir() if path.is_file())


def generate() -> None:
    """What `baml-cli generate` does. Raises Unavailable with the compiler's own words."""
    command = [sys.executable, "-c", "import baml_py; baml_py.invoke_runtime_cli()", "generate"]
    env = {**os.environ, "BAML_LOG": "error"}
    done = subprocess.run(
        [*command, "--from", str(PROMPTS)], capture_output=True, text=True, env=env
    )
    if done.returncode:
        cause = (done.stdout.partition("Caused by:")[2] or done.stderr).partition("Stack back")[0]
        raise Unavailable(f"{CLIENT} cannot be generated: {' '.join(cause.split())}")
