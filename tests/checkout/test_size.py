"""What people read stays small: code is counted without blank lines, comments and docstrings."""

import ast
import tokenize
from pathlib import Path

import pytest
from conftest import ROOT

PROJECTS = sorted(path.parent for path in (ROOT / "tests/golden").glob("*/README.md"))
TREES = sorted((ROOT / "tests/golden").iterdir())  # with what the components add
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def docstrings(path: Path) -> set[int]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, documented)]
    texts = [node.body[0] for node in found if ast.get_docstring(node) is not None]
    return {line for text in texts for line in range(text.lineno, (text.end_lineno or 0) + 1)}


def lines_of_code(path: Path) -> int:
    with path.open("rb") as source:
        tokens = [token for token in tokenize.tokenize(source.readline) if token.string]
    code = [token for token in tokens if token.type not in NO_CODE | {tokenize.ENCODING}]
    lines = {line for token in code for line in range(token.start[0], token.end[0] + 1)}
    return len(lines - docstrings(path))


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_the_loop_fits_on_one_screen(project: Path) -> None:
    assert lines_of_code(project / "src/agent/loop.py") <= 80


@pytest.mark.parametrize("project", TREES, ids=lambda project: project.name)
def test_no_module_is_long(project: Path) -> None:
    """A number never cuts a subject in two; one that grows past this has two subjects."""
    modules = sorted((project / "src/agent").rglob("*.py"))
    lengths = {path.name: len(path.read_text().splitlines()) for path in modules}
    assert {name: length for name, length in lengths.items() if length > 250} == {}
