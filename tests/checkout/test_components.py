"""What a component brings is what template/components.yml says, alone and with the others."""

import re
import tomllib
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from building import stand_in
from conftest import ROOT, Desk, one_at_once, tree
from copier import run_copy

from create_12_factor_agent.template import questions

QUESTIONS = questions.load(ROOT / "copier.yml")
EXAMPLES = QUESTIONS["example"].choices
NAMES = QUESTIONS["components"].choices
BROUGHT: dict[str, Any] = yaml.safe_load((ROOT / "template/components.yml").read_text())

# Shared wiring, the only files in which a component has lines; the answers name them.
WIRING = {".copier-answers.yml", "pyproject.toml", "requirements.txt", "requirements-dev.txt"}


def rendered(desk: Desk, example: str, components: Iterable[str]) -> Path:
    """A project, in which no folder is empty."""
    folder = desk.here / "-".join([example, *components]) / "my-agent"
    folder.parent.mkdir()
    answers = f"example={example}", f"components=[{','.join(components)}]"
    options = [word for answer in answers for word in ("--data", answer)]
    result = desk.run(str(folder), "--yes", "--no-git", *options)
    assert result.code == 0, result.stderr
    assert [path for path in folder.rglob("*") if path.is_dir() and not any(path.iterdir())] == []
    return folder


def required(project: Path) -> set[str]:
    """Every requirement of pyproject.toml, those of the project and those of its groups."""
    config = tomllib.loads((project / "pyproject.toml").read_text())
    lists = [config["project"]["dependencies"], *config["dependency-groups"].values()]
    return {requirement for listed in lists for requirement in listed}


def pinned(project: Path) -> set[str]:
    """What pip installs, by name."""
    texts = [path.read_text() for path in project.glob("requirements*.txt")]
    return {name for text in texts for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=~! ]", requirement)[0]


def test_the_list_has_every_component_and_says_the_same_of_each() -> None:
    assert tuple(BROUGHT) == NAMES
    assert {tuple(details) for details in BROUGHT.values()} == {
        ("files", "dependencies", "variables")
    }


def test_a_component_brings_what_the_list_says(desk: Desk) -> None:
    without = rendered(desk, "calculator", [])
    for name in NAMES:
        project = rendered(desk, "calculator", [name])
        added = set(tree(project)) - set(tree(without))
        assert sorted(added) == sorted(BROUGHT[name]["files"])
        assert sorted(required(project) - required(without)) == BROUGHT[name]["dependencies"]
        assert {name_of(one) for one in BROUGHT[name]["dependencies"]} <= pinned(project)
        assert sorted(variables(project / path for path in added)) == BROUGHT[name]["variables"]


def variables(files: Iterable[Path]) -> set[str]:
    """What they read from the environment. A workflow's own ${{ }} is no variable."""
    texts = [path.read_text() for path in files]
    return {found for text in texts for found in re.findall(r"\$\{([A-Z]\w+)", text)}


@pytest.mark.parametrize("example", one_at_once(EXAMPLES))
def test_components_add_files_and_change_no_other(desk: Desk, example: str) -> None:
    without = tree(rendered(desk, example, []))
    seen: dict[str, bytes] = {}
    for names in [NAMES, *combinations(NAMES, len(NAMES) - 1)]:  # each of them missing once
        together = tree(rendered(desk, example, names))
        added = [path for name in names for path in BROUGHT[name]["files"]]
        assert sorted(together) == sorted({*without, *added}), names
        same = without | {path: seen.setdefault(path, together[path]) for path in added}
        assert {path for path in together if together[path] != same[path]} <= WIRING, names
        for path, content in together.items():
            assert not re.search(rb"<[%$#]|[%$#]>", content), f"{path} with {names}"


def test_plain_copier_makes_the_same_of_all_of_them(desk: Desk, tmp_path: Path) -> None:
    ours = rendered(desk, "calculator", NAMES)
    plain = tmp_path / "plain/my-agent"
    data, origin = {"components": list(NAMES)}, str(stand_in(tmp_path))
    run_copy(origin, plain, data, vcs_ref="main", defaults=True, quiet=True)
    answers = {".copier-answers.yml": b""}  # name the source and the version
    assert tree(plain) | answers == tree(ours) | answers


def test_what_stays_out_is_named_by_its_whole_path() -> None:
    """A pattern that is not anchored would keep out a file of the same name elsewhere."""
    excluded = yaml.safe_load((ROOT / "copier.yml").read_text())["_exclude"]
    for name in NAMES:
        blocks = [block for block in excluded if f"'{name}' not in components" in block]
        patterns = re.findall(r"^/(.+)$", "".join(blocks), re.MULTILINE)
        files = BROUGHT[name]["files"]
        uncovered = [path for path in files if not path.startswith(tuple(patterns))]
        lines = sum(len(block.splitlines()) for block in blocks)
        assert (lines, uncovered) == (len(patterns) + 2 * len(blocks), [])


def test_above_and_below_a_component_s_lines_are_comments_that_stay() -> None:
    """Adjacent edits conflict in a merge, so nobody else's line stands beside them."""
    one = r"'\w+' in components"
    block = re.compile(rf"^(.*)\n<% if {one}(?: or {one})* %>\n[^<]*<% endif %>\n(?=(.*)$)", re.M)
    for path in (ROOT / "template/project").rglob("*.jinja"):
        text = path.read_text()
        found = block.findall(text)
        assert len(found) == len(re.findall(rf"<% if {one}", text)), path
        for above, below in found:
            beside = above.strip(), below.strip()
            assert [line for line in beside if not line.startswith("#")] == [], path
