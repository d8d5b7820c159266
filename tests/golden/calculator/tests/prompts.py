"""Runs the tests in baml_src: `uv run python tests/prompts.py [--model M [--times N]]`.

The rules of src/agent/offline answer them over HTTP, or the model M as AGENT_MODEL would name it:
a client of baml_src/clients.baml or a shorthand, with its key in the environment or `.env`. Then
each test is run N times, one request after the other; how often it passed, how many replies were
steps, the tokens and the seconds are printed, and every reply is kept in `prompt-replies.jsonl`.
What else is given goes to `baml-cli test`: `-i "::ANoIsFinal"` runs one test.
"""

import argparse
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # not this folder, where tests/agent would pass for our package

from tests.agent.openai_server import Model, openai_server  # noqa: E402


def check(model: Model, *arguments: str) -> int:
    """The exit code of `baml-cli test` with this model: 0 if every assertion holds."""
    with openai_server(model) as server:
        return baml_cli(server.url, *arguments).returncode


def names(*arguments: str) -> list[str]:
    """The tests that are chosen, as `Function::Test`."""
    listed = baml_cli("http://127.0.0.1:9", "--list", *arguments, capture_output=True).stdout
    return re.findall(r"^\w+::\w+$", listed, re.MULTILINE)


def baml_cli(
    url: str, *arguments: str, capture_output: bool = False
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import baml_py; baml_py.invoke_runtime_cli()", "test"]
    command += ["--from", str(ROOT / "baml_src"), *arguments]
    environment = {"BAML_LOG": "warn", **os.environ, "OFFLINE_URL": url}
    return subprocess.run(
        command, env=environment, check=False, capture_output=capture_output, text=True
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--model", help="a client or a shorthand; the rules if left out")
    parser.add_argument("--times", type=int, default=1, help="how often each test is run")
    chosen, others = parser.parse_known_args()
    if chosen.times < 1 or (chosen.times > 1 and not chosen.model):
        parser.error("--times is 1 or more, and more than 1 with --model only")
    if chosen.model:
        return try_model(chosen.model, chosen.times, *others)
    try:
        offline = importlib.import_module("agent.offline")
    except ModuleNotFoundError as missing:
        if missing.name != "agent.offline":
            raise
        print("no model to ask: name one with --model")
        return 0
    return check(offline.reply, *others)


def try_model(model: str, times: int, *arguments: str) -> int:
    from agent.model.failures import Unavailable
    from agent.settings import WrongSettings
    from tests.trials import report, run

    tests = names(*arguments)
    if not tests:
        print("no such test: see baml_src/agent.baml")
        return 2
    try:
        return report(run(model, tests, times, baml_cli))
    except (Unavailable, WrongSettings) as error:
        print(error)
        return 2


if __name__ == "__main__":
    sys.exit(main())
