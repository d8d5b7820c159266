"""With tools and a channel of one's own, nothing is edited but what is said to be one's own."""

import re
import shutil
from pathlib import Path

import pytest

from .conftest import fetch, run_offline, succeed
from .creating import created

pytestmark = pytest.mark.slow

OWN = Path(__file__).parent / "own"
# Three tools: one that needs a folder, one that needs a yes and takes no text, one that calls HTTP.
PLACES = {
    "tools.py": "src/agent/tools.py",
    "tools.baml": "baml_src/tools.baml",
    "agent.baml": "baml_src/agent.baml",
    "samples.py": "tests/yours/samples.py",
}
# The tests of the example's tools, and the rules that play its model, go with the example.
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
GONE = ("tests/yours/test_tools.py", "tests/yours/golden/prompt.txt")


def test_three_tools_of_one_s_own_pass_all_that_holds_for_every_agent(
    wheel: Path, tmp_path: Path
) -> None:
    project = created(wheel, tmp_path, example="blank")
    for name, place in PLACES.items():
        shutil.copyfile(OWN / name, project / place)
    for path in GONE:
        (project / path).unlink()
    for folder in ("src/agent/offline", "tests/offline"):
        shutil.rmtree(project / folder)
    webhook, *_ = PYTHON.findall((project / "README.md").read_text(encoding="utf-8"))
    (project / "src/agent/channels/github.py").write_text(webhook, encoding="utf-8")
    fetch(project, "3.11", "uv")
    run_offline(["uv", "run", "pytest", "tests/yours/test_prompts.py"], project)  # it writes a file
    for chore in ("ruff format --check .", "ruff check .", "mypy", "pytest", "pytest -m slow"):
        succeed(run_offline(["uv", "run", *chore.split()], project))
