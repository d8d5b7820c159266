"""The rendered projects, as files to read in a diff: `pytest --refresh-golden` writes them."""

import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT, Desk, tree

from create_12_factor_agent import questions

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = questions.load(ROOT / "copier.yml")["example"].choices


def rendered(desk: Desk, example: str) -> dict[str, bytes]:
    """The project of an example, without the template's version: that changes by release."""
    result = desk.run("my-agent", "--yes", "--no-git", "--data", f"example={example}")
    assert result.code == 0, result.stderr
    files = tree(desk.here / "my-agent")
    answers = files[".copier-answers.yml"]
    return files | {".copier-answers.yml": re.sub(rb"_commit: .*", b"_commit: VERSION", answers)}


@pytest.mark.parametrize("example", EXAMPLES)
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


def write(folder: Path, files: dict[str, bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def test_no_golden_tree_is_left_of_an_example_that_is_gone() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir()) == sorted(EXAMPLES)


def test_nothing_of_the_template_language_is_left_in_a_project() -> None:
    for example in EXAMPLES:
        for name, content in tree(GOLDEN / example).items():
            assert not re.search(rb"<[%$#]|[%$#]>", content), name
            assert not name.endswith(".jinja")


def test_a_project_cannot_be_named_after_what_it_installs() -> None:
    from create_12_factor_agent.names import TAKEN

    for example in EXAMPLES:
        text = (GOLDEN / example / "pyproject.toml").read_text()
        quoted = re.findall(r'^ *"([a-z0-9-]+)(?:\[[a-z]+\])?[<>=~!]', text, re.MULTILINE)
        assert set(quoted) - {"hatchling"} <= TAKEN
