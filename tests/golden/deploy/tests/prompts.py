"""Runs the tests in baml_src with no key: `uv run python tests/prompts.py [arguments of baml-cli]`.

The offline stand-in answers them over HTTP. To ask a real model, give its client in place of
`Offline` in baml_src/agent.baml, and run `uv run baml-cli test`.
"""

import importlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # not this folder, where tests/agent would pass for our package

from tests.agent.openai_server import Model, openai_server  # noqa: E402


def check(model: Model, *arguments: str) -> int:
    """The exit code of `baml-cli test` with this model: 0 if every assertion holds."""
    command = [sys.executable, "-c", "import baml_py; baml_py.invoke_runtime_cli()", "test"]
    with openai_server(model) as server:
        environment = {"BAML_LOG": "warn", **os.environ, "OFFLINE_URL": server.url}
        command += ["--from", str(ROOT / "baml_src"), *arguments]
        return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    try:
        offline = importlib.import_module("agent.offline")
    except ModuleNotFoundError as missing:
        if missing.name != "agent.offline":
            raise
        print("no model to ask: run `uv run baml-cli test` with a client of your own")
        return 0
    return check(offline.reply, *sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
