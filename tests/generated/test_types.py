"""A case that is forgotten is found by a project's type checker, not by its users."""

import ast
import re
from pathlib import Path

import pytest

from .conftest import fetch, run_offline
from .creating import created

pytestmark = pytest.mark.slow

CASES = [
    ("tools.py", "handle_next_step"),
    ("tools.py", "approver"),
    ("loop.py", "agent_loop"),
    ("states.py", "reduced"),
    ("rules.py", "can_follow"),
]
ONE_MORE = """class OneMore(ToolStep):
    intent: Literal["one_more"] = "one_more"


Tool = OneMore | """


@pytest.fixture(scope="module")
def project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = created(wheel, tmp_path_factory.mktemp("types"))
    fetch(made, "3.11", "uv")
    return made


def mypy(project: Path) -> str:
    """What the type checker says about the sources."""
    return run_offline([".venv/bin/mypy", "src"], project).stdout


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


def test_as_it_is_nothing_is_wrong(project: Path) -> None:
    assert "Success" in mypy(project)


def test_a_tool_that_is_added_and_not_handled_is_named_in_both_places(project: Path) -> None:
    path = project / "src/agent/tools.py"
    whole = path.read_text()
    path.write_text(re.sub(r"^Tool = ", ONE_MORE, whole, flags=re.M))
    report = mypy(project)
    path.write_text(whole)
    assert report.count('"assert_never" has incompatible type "OneMore"') == 2


@pytest.mark.parametrize(("module", "function"), CASES)
def test_a_case_that_is_gone_is_named(module: str, function: str, project: Path) -> None:
    path = project / "src/agent" / module
    whole = path.read_text()
    code, missing = without_a_case(whole, function)
    path.write_text(code)
    report = mypy(project)
    path.write_text(whole)
    assert f"agent/{module}" in report
    assert all(name in report for name in missing)
