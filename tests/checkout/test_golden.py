"""The rendered projects, as files to read in a diff: `pytest --refresh-golden` writes them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Desk, tree

from create_12_factor_agent.template import questions

GOLDEN = ROOT / "tests/golden"
QUESTIONS = questions.load(ROOT / "copier.yml")
EXAMPLES = QUESTIONS["example"].choices
# Of all components together, what they add to the first example or change in it.
COMPONENTS = "components"


def rendered(desk: Desk, name: str) -> dict[str, bytes]:
    if name != COMPONENTS:
        return project(desk, "my-agent", f"example={name}")
    without = project(desk, "without", "project_name=my-agent")
    listed = f"components=[{','.join(QUESTIONS[COMPONENTS].choices)}]"
    together = project(desk, "together", "project_name=my-agent", listed)
    return {file: text for file, text in together.items() if without.get(file) != text}


def project(desk: Desk, folder: str, *answers: str) -> dict[str, bytes]:
    """Its files, without the template's version: that changes by release."""
    given = [word for answer in answers for word in ("--data", answer)]
    result = desk.run(folder, "--yes", "--no-git", *given)
    assert result.code == 0, result.stderr
    files = tree(desk.here / folder)
    recorded = re.sub(rb"_commit: .*", b"_commit: VERSION", files[".copier-answers.yml"])
    return files | {".copier-answers.yml": recorded}


@pytest.mark.parametrize("example", [*EXAMPLES, COMPONENTS])
def test_a_project_is_byte_for_byte_its_golden_tree(
    desk: Desk, example: str, pytestconfig: pytest.Config
) -> None:
    files = rendered(desk, example)
    if pytestconfig.getoption("--refresh-golden"):
        write(GOLDEN / example, files)
    golden = tree(GOLDEN / example)
    assert sorted(files) == sorted(golden)
    for name, content in files.items():
        assert content.decode() == golden[name].decode(), f"{name} (--refresh-golden?)"


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("chore", [["check"], ["format", "--check"]])
def test_a_project_s_own_linter_finds_nothing(desk: Desk, example: str, chore: list[str]) -> None:
    """The slow suite tells as much, an hour later."""
    listed = f"components=[{','.join(QUESTIONS[COMPONENTS].choices)}]"
    project(desk, "linted", f"example={example}", listed)
    ruff = [sys.executable, "-m", "ruff", *chore, "--no-cache", "."]
    told = subprocess.run(ruff, cwd=desk.here / "linted", capture_output=True, encoding="utf-8")
    assert told.returncode == 0, told.stdout


def write(folder: Path, files: dict[str, bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def test_no_golden_tree_is_left_of_an_example_that_is_gone() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {*EXAMPLES, COMPONENTS}


def test_nothing_of_the_template_language_is_left_in_a_project() -> None:
    for example in (*EXAMPLES, COMPONENTS):
        for name, content in tree(GOLDEN / example).items():
            assert not re.search(rb"<[%$#]|[%$#]>", content), name
            assert not name.endswith(".jinja")


def test_no_attributes_of_the_template_s_say_what_is_text() -> None:
    """Copier compares under those of its own copies, and would not see edits that they hide."""
    assert not list((ROOT / "template").rglob(".gitattributes*"))
