"""The layouts that docs/architecture.md draws are those of the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

DRAWN = re.findall(r"^```text\n(.*?)^```", (ROOT / "docs/architecture.md").read_text(), re.M | re.S)
NAME = re.compile(r"\b(\w+)(?:\.py\b|/)")
# What begins each drawing, and where the code is: of the agent what every component brings, and
# what an example does.
GENERATOR = ("cli.py", [ROOT / "src/create_12_factor_agent"])
AGENT = ("terminal/", [ROOT / "template/project/src/agent", ROOT / "tests/golden/blank/src/agent"])
both = pytest.mark.parametrize(
    ("first", "packages"), [GENERATOR, AGENT], ids=["generator", "agent"]
)


def floors(first: str) -> list[list[str]]:
    [drawing] = [block for block in DRAWN if block.startswith(first)]
    return [NAME.findall(line) for line in drawing.splitlines()]


def room(path: Path, package: Path) -> str:
    return path.relative_to(package).parts[0].removesuffix(".py")


def modules(packages: list[Path]) -> Iterator[tuple[Path, Path]]:
    for package in packages:
        for path in package.rglob("*.py"):
            if not room(path, package).startswith("__"):
                yield package, path


def imported(package: Path, path: Path) -> Iterator[str]:
    """What stands behind the name of the package, whatever it is."""
    within = path.relative_to(package).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*within[: len(within) - node.level + 1], *(node.module or "").split(".")]
            named = [name.name for name in node.names] if base == [""] else base[:1]
            yield from named if node.level == len(within) + 1 else ()


@both
def test_each_room_is_drawn_once(first: str, packages: list[Path]) -> None:
    drawn = [name for names in floors(first) for name in names]
    assert sorted(drawn) == sorted({room(path, package) for package, path in modules(packages)})


@both
def test_no_room_is_drawn_below_what_it_imports(first: str, packages: list[Path]) -> None:
    floor = {name: number for number, names in enumerate(floors(first)) for name in names}
    arrows = {
        (room(path, package), name)
        for package, path in modules(packages)
        for name in imported(package, path)
        if name in floor
    }
    assert len(arrows) > len(floor)
    assert {(one, other) for one, other in arrows if floor[one] > floor[other]} == set()
