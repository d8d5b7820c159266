"""What the documentation names is there."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT

GOLDEN = ROOT / "tests/golden"
PROJECTS = sorted(path.parent for path in GOLDEN.glob("*/README.md"))
OURS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
THEIRS = [project / "README.md" for project in PROJECTS]

PATH = re.compile(r"`([\w./-]+(?:\.(?:py|baml|md|toml|ya?ml|json|txt|example)|/))`")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def factor_rows(document: Path) -> list[str]:
    """Rows of tables that begin with the number of a factor."""
    return re.findall(r"^\| *\d+.*$", document.read_text(), re.MULTILINE)


def home(path: str, project: Path) -> Path | None:
    """Where a path of a table is: from the root of the project, or from its package."""
    places = [project / path, project / "src/agent" / path]
    return next((place for place in places if place.exists()), None)


@pytest.mark.parametrize("document", [*THEIRS, ROOT / "README.md"], ids=shown)
def test_each_factor_has_a_row_with_a_file(document: Path) -> None:
    rows = [row for row in factor_rows(document) if PATH.search(row)]
    assert len(rows) >= 13 or document == ROOT / "README.md", rows


@pytest.mark.parametrize("document", [*OURS, *THEIRS], ids=shown)
def test_every_path_and_name_in_a_factor_table_exists(document: Path) -> None:
    project = document.parent if document in THEIRS else PROJECTS[0]
    for row in factor_rows(document):
        paths = PATH.findall(row)
        homes = [home(path, project) for path in paths]
        assert None not in homes, f"{row}: {dict(zip(paths, homes, strict=True))}"
        texts = [place.read_text() for place in homes if place and place.is_file()]
        names = re.findall(r"`(\w+)(?:\(\))?`", row)
        missing = [name for name in names if texts and not any(name in text for text in texts)]
        assert not missing, f"{row}: {missing}"


@pytest.mark.parametrize("document", [*OURS, *THEIRS], ids=shown)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("project", PROJECTS, ids=shown)
def test_the_map_of_a_project_has_every_module_and_room(project: Path) -> None:
    drawn = (project / "AGENTS.md").read_text().split("```")[1]
    there = {path for path in (project / "src/agent").iterdir() if path.name[0] not in "_."}
    named = set(re.findall(r"[\w./]+", drawn))
    rooms = {f"{path.name}/" for path in there if path.is_dir()}
    assert {path.name for path in there if path.suffix == ".py"} | rooms <= named
    modules = {name for name in named if name.endswith(".py") and "/" not in name}
    assert [name for name in modules if not list(project.rglob(name))] == []


def test_the_readme_s_test_command_is_what_ci_runs() -> None:
    wanted = "python3 -m venv .venv && .venv/bin/pip install -r requirements-dev.txt"
    wanted += " && .venv/bin/pytest\n"
    assert wanted in (ROOT / "README.md").read_text()
    assert f"\n{wanted}" in (ROOT / ".ci/run").read_text()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 100


def test_pip_gets_what_uv_gets() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    group = re.search(r"^dev = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert group
    named = re.findall(r'"(.+)"', group[1])
    lines = (ROOT / "requirements-dev.txt").read_text().splitlines()
    assert [line for line in lines if line[0] not in "#-"] == named


def test_the_generator_stays_small() -> None:
    for module in (ROOT / "src").rglob("*.py"):
        assert len(module.read_text().splitlines()) <= 250, module


def test_what_the_generator_imports_is_declared() -> None:
    """What comes along with a dependency can go with its next version."""
    trees = [ast.parse(module.read_text()) for module in (ROOT / "src").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {
        node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level
    }
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = {re.split(r"[<>=]", one)[0] for one in config["project"]["dependencies"]}
    modules = {"pyyaml": "yaml", "jinja2-ansible-filters": "jinja2_ansible_filters"}
    wanted = {modules.get(name, name) for name in declared}
    assert {name.partition(".")[0] for name in named} - sys.stdlib_module_names == wanted
