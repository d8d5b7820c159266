"""Projects with components are clean under their own tools, and their files under published ones.

All components together go through everything in test_workflow.py, each example as it is made by
default in test_readme.py.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from .conftest import SCRIPTS, fetch, run_offline, succeed
from .creating import COMPONENTS, DEFAULT, EXAMPLES, created

pytestmark = pytest.mark.slow

BROUGHT = yaml.safe_load((ROOT / "template/components.yml").read_text())
OTHERS = [example for example in EXAMPLES if example != DEFAULT]


def passes_its_own(project: Path, tests: Sequence[str] = ()) -> None:
    fetch(project, "3.11", "uv")
    for chore in ("ruff format --check .", "ruff check .", "mypy"):
        succeed(run_offline(["uv", "run", *chore.split()], project))
    succeed(run_offline(["uv", "run", "pytest", *tests], project))


def files_of(name: str) -> list[str]:
    return list(BROUGHT[name]["files"])


def brought_tests(components: Sequence[str]) -> list[str]:
    """The test files that the components bring. With none, pytest would run all there are."""
    files = [path for name in components for path in files_of(name)]
    return [path for path in files if path.startswith("tests/")] or ["tests/agent/test_settings.py"]


def in_turn() -> list[list[str]]:
    """Each that brings code alone, and those that bring none together."""
    with_code = [name for name in COMPONENTS if any("src/" in path for path in files_of(name))]
    return [*([name] for name in with_code), [name for name in COMPONENTS if name not in with_code]]


@pytest.mark.parametrize("names", in_turn(), ids="-".join)
def test_a_component_alone_passes_its_own(wheel: Path, tmp_path: Path, names: list[str]) -> None:
    passes_its_own(created(wheel, tmp_path, names), brought_tests(names))


@pytest.mark.parametrize("example", OTHERS)
def test_an_example_with_all_components_passes_its_own(
    wheel: Path, tmp_path: Path, example: str
) -> None:
    passes_its_own(created(wheel, tmp_path, COMPONENTS, example), brought_tests(COMPONENTS))


@pytest.mark.parametrize("example", EXAMPLES)
def test_published_schemas_and_linters_find_nothing(
    wheel: Path, tmp_path: Path, example: str
) -> None:
    """devcontainer.json has no schema that a package brings: see test_devcontainer.py."""
    project = created(wheel, tmp_path, COMPONENTS, example)
    for command in (
        "hadolint --no-color Dockerfile",
        "check-jsonschema --builtin-schema vendor.compose-spec compose.yaml",
        "check-jsonschema --builtin-schema vendor.compose-spec compose.worker.yaml",
        "check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yml",
        "pre-commit validate-config .pre-commit-config.yaml",
    ):
        name, *arguments = command.split()
        succeed(run_offline([str(SCRIPTS / name), *arguments], project))
