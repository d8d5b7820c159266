"""A case that is forgotten is found by the type checker, not by a user."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .processes import HOME, SOURCES

CASES = [("tools.py", "handle_next_step"), ("tools.py", "approver"), ("loop.py", "agent_loop")]
ONE_MORE = """class OneMore(ToolStep):
    intent: Literal["one_more"] = "one_more"


Tool = OneMore | """


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copy(HOME / "pyproject.toml", folder)
    ignored = shutil.ignore_patterns("baml_client", "__pycache__")
    shutil.copytree(SOURCES / "agent", folder / "src" / "agent", ignore=ignored)
    return folder


def mypy(folder: Path) -> str:
    """What the type checker says about the sources in this folder."""
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(folder / "cache"), "src"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout


def without_a_case(code: str, function: str) -> tuple[str, set[str]]:
    """The code without the last case that names a class, and what that case named."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            cases = [case for case in ast.walk(node) if isinstance(case, ast.match_case)]
            last = [case for case in cases if classes(case)][-1]
    lines = code.splitlines(keepends=True)
    del lines[last.pattern.lineno - 1 : last.body[-1].end_lineno]
    return "".join(lines), classes(last)


def classes(case: ast.match_case) -> set[str]:
    named = [node.cls for node in ast.walk(case.pattern) if isinstance(node, ast.MatchClass)]
    return {ast.unparse(name) for name in named}


def test_as_it_is_nothing_is_wrong(copy: Path) -> None:
    assert "Success" in mypy(copy)


def test_a_tool_that_is_added_and_not_handled_is_named_in_both_places(copy: Path) -> None:
    path = copy / "src" / "agent" / "tools.py"
    whole = path.read_text("utf-8")
    path.write_text(re.sub(r"^Tool = ", ONE_MORE, whole, flags=re.M), "utf-8")
    report = mypy(copy)
    path.write_text(whole, "utf-8")
    assert report.count('"assert_never" has incompatible type "OneMore"') == 2


@pytest.mark.parametrize(("module", "function"), CASES)
def test_a_case_that_is_gone_is_named(module: str, function: str, copy: Path) -> None:
    path = copy / "src" / "agent" / module
    whole = path.read_text("utf-8")
    code, missing = without_a_case(whole, function)
    path.write_text(code, "utf-8")
    report = mypy(copy)
    path.write_text(whole, "utf-8")
    assert f"agent/{module}" in report
    assert all(name in report for name in missing)
