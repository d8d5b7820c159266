"""What `new` shows is what there is: each room, each module in one, on one screen."""

from pathlib import Path

import pytest
from conftest import ROOT, Desk, tree

from create_12_factor_agent.template.rooms import rooms

LISTED = (ROOT / "template/rooms.yml").read_text(encoding="utf-8")
PROJECTS = sorted(path.parent for path in (ROOT / "tests/golden").glob("*/README.md"))
OWN = {
    "calculator": ["orders.py", "refunds.py"],
    "deploy": ["deployments.py", "releases.py", "repository.py", "rollout.py"],
    "blank": [],
}


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_every_room_is_there_and_what_stands_in_none_is_the_example_s(project: Path) -> None:
    files = list(tree(project))
    found = rooms(LISTED, files)
    paths = [path for room in found for path in room.paths]
    assert len(paths) == len(set(paths))
    assert all((project / path).exists() for path in paths)
    own = [path for path in found[0].paths if Path(path).stem not in ("tools", "prefetch")]
    assert own == [f"src/agent/{name}" for name in OWN[project.name]]


def test_every_factor_has_its_room() -> None:
    found = rooms(LISTED, list(tree(PROJECTS[0])))
    assert {factor for room in found for factor in room.factors} == set(range(1, 14))


def test_a_room_whose_files_are_gone_is_not_shown() -> None:
    assert [room.paths for room in rooms(LISTED, ["src/agent/loop.py", "README.md"])] == [
        ["src/agent/loop.py"]
    ]


def test_it_fits_on_one_screen(desk: Desk) -> None:
    for example in OWN:
        printed = desk.run(example, "--yes", "--data", f"example={example}").stdout.splitlines()
        assert len(printed) <= 25, printed
        rows = printed[1 : printed.index("")]
        assert all(len(row) <= 80 for row in rows), rows
        assert "yours" in rows[1]
