"""The five edits of docs/adding-a-tool.md make a tool, and each that is forgotten is named."""

import re
from pathlib import Path

import pytest

from .conftest import fetch, run_offline, succeed
from .creating import EXAMPLES, created

pytestmark = pytest.mark.slow

Edit = tuple[str, str, str]  # a file, a pattern in it, and what comes in its place


def edits(project: Path) -> dict[str, Edit]:
    """The blocks of the page, each where its text says that it goes."""
    page = (project / "docs/adding-a-tool.md").read_text()
    blocks = re.findall(r"^```(?:python|baml)\n(.*?)^```", page, re.M | re.S)
    new, yes, runs, shown, *_ = blocks
    code = "src/agent/tools.py"
    return {
        "the class": (code, r"^(?=Tool = )", f"{new}\n\n"),
        "the union": (code, r"^(Tool = [^#\n]*?) *(#[^\n]*)?$", r"\1 | Remainder"),
        "the approver": (code, r"(def approver.*?)(?=        case never:)", rf"\1{yes}"),
        "the case": (code, r"(def handle_next_step.*?)(?=        case never:)", rf"\1{runs}"),
        "the prompt": ("baml_src/tools.baml", r"^(type Tool = .*)$", rf"{shown}\n\1 | Remainder"),
    }


def tried(project: Path) -> str:
    """The page's test, whole."""
    page = (project / "docs/adding-a-tool.md").read_text()
    [test] = re.findall(r"^```python\n((?:(?!^```).)*^def test_.*?)^```", page, re.M | re.S)
    return str(test)


def say_it(project: Path) -> None:
    """The row with which the rules propose it."""
    page = (project / "docs/adding-a-tool.md").read_text()
    [row] = re.findall(r"`(Sentence\(.*?\),)`", page)
    sentences = project / "src/agent/offline/sentences.py"
    text = sentences.read_text()
    sentences.write_text(text.replace("SENTENCES = (\n", f"SENTENCES = (\n    {row}\n"))


FORGOTTEN = {
    "the class": ("mypy", 'Name "Remainder" is not defined'),
    "the union": ("pytest -n0 tests/agent/test_steps.py", "Remainder is in no union"),
    "the approver": ("mypy", '"assert_never" has incompatible type "Remainder"'),
    "the case": ("mypy", '"assert_never" has incompatible type "Remainder"'),
    "the prompt": ("pytest -n0 tests/agent/test_steps.py", "Tool in baml_src lacks Remainder"),
}


def apply(project: Path, but: str = "") -> None:
    for name, (path, pattern, replacement) in edits(project).items():
        if name != but:
            text = (project / path).read_text()
            text, times = re.subn(pattern, replacement, text, count=1, flags=re.M | re.S)
            assert times == 1, name
            (project / path).write_text(text)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_tool_is_added_and_each_forgotten_edit_is_named(
    wheel: Path, tmp_path: Path, example: str
) -> None:
    project = created(wheel, tmp_path, example=example)
    fetch(project, "3.11", "uv")
    paths = [project / "src/agent/tools.py", project / "baml_src/tools.baml"]
    whole = {path: path.read_text() for path in paths}
    forgotten = FORGOTTEN if example == EXAMPLES[0] else {}
    for but, (command, said) in forgotten.items():
        apply(project, but)
        result = run_offline(["uv", "run", *command.split()], project)
        assert result.code != 0, but
        assert said in result.stdout, f"{but}: {result.stdout}"
        for path, text in whole.items():
            path.write_text(text)
    apply(project)
    (project / "tests/yours/golden/prompt.txt").unlink()
    (project / "tests/yours/test_remainder.py").write_text(tried(project))
    run_offline(["uv", "run", "pytest", "tests/yours/test_prompts.py"], project)  # it writes a file
    for chore in ("ruff format --check .", "ruff check .", "mypy", "pytest tests/yours"):
        succeed(run_offline(["uv", "run", *chore.split()], project))
    succeed(run_offline(["uv", "run", "pytest", "tests/agent/test_steps.py"], project))
    if example == "calculator":  # whose rules know two numbers already
        say_it(project)
        asked = run_offline(["uv", "run", "agent", "what is the remainder of 17 by 5?"], project)
        assert "It is 2." in succeed(asked).stdout
