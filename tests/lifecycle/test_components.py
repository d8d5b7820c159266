"""`add`, `remove` and `add --list`."""

import re
import shutil
from itertools import permutations

import pytest
from conftest import Desk, tree
from factory import Factory, Owner, answers, as_json, make_project

NAMES = ["docker", "ci"]


def test_added_one_after_the_other_they_are_as_made_together(desk: Desk, factory: Factory) -> None:
    together = make_project(desk, factory, "0.3.0", "--data", "components=[ci,docker]")
    for number, names in enumerate(permutations(NAMES)):
        owner = make_project(
            desk, factory, "0.3.0", "--data", "project_name=my-agent", at=f"other-{number}"
        )
        for name in names:
            assert owner.run("0.3.0", "add", name).code == 0
            owner.commit()
        assert tree(owner.project) == tree(together.project)


def test_several_at_once(owner: Owner) -> None:
    added = owner.run("0.1.0", "add", "ci", "docker", "--json")
    assert as_json(added)["components"] == NAMES
    assert "components:\n- docker\n- ci\n" in answers(owner)
    assert (owner.project / "Dockerfile").exists()


def test_it_is_at_the_project_s_own_version(owner: Owner) -> None:
    assert owner.run("0.3.0", "add", "docker").code == 0
    assert "_commit: v0.1.0\n" in answers(owner)
    assert owner.read("Dockerfile") == "FROM python\nCMD agent\n"


def test_what_is_in_already_changes_nothing(owner: Owner) -> None:
    owner.run("0.1.0", "add", "docker")
    owner.commit()
    before = owner.everything()
    again = owner.run("0.1.0", "add", "docker")
    assert (again.code, owner.everything()) == (0, before)
    assert "nothing to change" in again.stdout
    assert owner.run("0.1.0", "remove", "ci").code == 0
    assert owner.everything() == before


def test_removed_it_is_as_if_it_had_never_been(owner: Owner) -> None:
    before = tree(owner.project)
    for name in NAMES:
        owner.run("0.1.0", "add", name)
        owner.commit()
    assert owner.run("0.1.0", "remove", *NAMES).code == 0
    assert tree(owner.project) == before


def test_an_edited_component_goes_only_by_force(owner: Owner) -> None:
    owner.run("0.1.0", "add", *NAMES)
    owner.edit("Dockerfile", "CMD agent", "CMD my agent")
    owner.commit()
    before = owner.everything()
    refused = owner.run("0.1.0", "remove", "docker")
    assert (refused.code, owner.everything()) == (2, before)
    assert "Dockerfile" in refused.stderr
    assert "--force" in refused.stderr
    assert owner.run("0.1.0", "remove", "ci").code == 0  # what was not edited goes at once
    owner.commit()
    forced = owner.run("0.1.0", "remove", "docker", "--force")
    assert forced.code == 0
    assert "Dockerfile" in forced.stdout
    assert not (owner.project / "Dockerfile").exists()


@pytest.mark.parametrize("committed", [True, False])
def test_a_file_of_the_user_s_in_its_place_is_a_conflict(owner: Owner, committed: bool) -> None:
    owner.write("Dockerfile", "FROM mine\n")
    if committed:
        owner.commit()
    added = owner.run("0.1.0", "add", "docker")
    assert added.code == 3
    assert "Dockerfile: 1 hunk" in added.stdout
    assert "FROM mine\n" in owner.read("Dockerfile")
    assert "CMD agent\n" in owner.read("Dockerfile")
    assert owner.run("0.1.0", "update", "--abort").code == 0
    assert owner.read("Dockerfile") == "FROM mine\n"


@pytest.mark.parametrize("flag", ["--dry-run", "--diff"])
def test_what_only_shows_writes_nothing(owner: Owner, flag: str) -> None:
    before = owner.everything()
    shown = owner.run("0.1.0", "add", "docker", flag)
    assert (shown.code, owner.everything()) == (0, before)
    assert "Dockerfile" in shown.stdout


def test_plain_copier_makes_the_same_of_an_added_component(owner: Owner) -> None:
    """new → edit → update → add → update, by us and by copier alone."""
    theirs = Owner(owner.desk, owner.factory, owner.desk.here / "plain")
    shutil.copytree(owner.project, theirs.project)
    for who in (owner, theirs):
        who.edit("src/loop.py", "step_2 = 2\n", "step_2 = 'mine'\n")
        who.write("mine.py", "mine = 1\n")
        who.commit()
    assert owner.update("0.2.0").code == 0
    theirs.copier_update("0.2.0")
    for who in (owner, theirs):
        who.commit()
    assert owner.run("0.2.0", "add", "docker").code == 0
    theirs.copier_update("0.2.0", "--data", "components=[docker]")
    for who in (owner, theirs):
        who.commit()
    assert owner.update("0.3.0").code == 0
    theirs.copier_update("0.3.0")
    assert tree(owner.project) == tree(theirs.project)
    assert owner.read("Dockerfile") == "FROM python:3\nCMD agent\n"


def test_the_list_says_what_there_is_and_what_is_in(owner: Owner) -> None:
    owner.run("0.1.0", "add", "docker")
    shown = owner.run("0.3.0", "add", "--list").stdout
    assert "✓ docker" in shown
    assert "  ci" in shown
    assert "a container" in shown
    assert "files: Dockerfile" in shown
    assert "variables: PORT" in shown
    told = as_json(owner.run("0.3.0", "add", "--list", "--json"))["components"]
    assert told == [
        {
            "name": "docker",
            "about": "a container",
            "files": ["Dockerfile"],
            "dependencies": [],
            "variables": ["PORT"],
            "added": True,
        },
        {
            "name": "ci",
            "about": "checks",
            "files": [".ci.yml"],
            "dependencies": [],
            "variables": [],
            "added": False,
        },
    ]


def test_the_list_needs_no_project(owner: Owner) -> None:
    shown = owner.run("0.3.0", "add", "--list", cwd=owner.desk.here)
    assert shown.code == 0
    assert "  docker" in shown.stdout


def test_a_project_elsewhere(owner: Owner) -> None:
    added = owner.run("0.1.0", "add", "ci", "--project", "my-agent", cwd=owner.desk.here)
    assert added.code == 0
    assert (owner.project / ".ci.yml").exists()


@pytest.mark.parametrize("names", [["ci"], ["docker"], ["docker", "ci"]])
def test_what_the_answers_name_and_is_not_there_is_told_and_brought(
    owner: Owner, names: list[str]
) -> None:
    """As of an answers file that was edited by hand."""
    owner.edit(".copier-answers.yml", "components: []", f"components: [{', '.join(names)}]")
    owner.commit()
    status = owner.run("0.1.0", "status")
    hints = re.findall(r"create-12-factor-agent (add \w+)$", status.stdout, re.MULTILINE)
    assert hints == [f"add {name}" for name in names]
    assert as_json(owner.run("0.1.0", "status", "--json"))["absent"] == names
    assert owner.run("0.1.0", "add", *names).code == 0
    owner.commit()
    made = make_project(
        owner.desk,
        owner.factory,
        "0.1.0",
        *("--data", f"components=[{','.join(names)}]", "--data", "project_name=my-agent"),
        at="made",
    )
    assert tree(owner.project) == tree(made.project)
    assert as_json(owner.run("0.1.0", "status", "--json"))["absent"] == []


def test_what_is_absent_and_not_named_stays_in_the_answers(desk: Desk) -> None:
    desk.run("bot", "--yes", "--data", "components=[]")
    project, file = desk.here / "bot", desk.here / "bot/.copier-answers.yml"
    file.write_text(file.read_text().replace("components: []", "components: [precommit, ci]"))
    desk.git("commit", "-qam", "By hand", cwd=project)
    added = desk.run("add", "docker", "precommit", "--project", "bot", "--json")
    assert (added.code, added.json["components"]) == (0, ["docker", "ci", "precommit"])
    assert '"pre-commit>=4.3"' in (project / "pyproject.toml").read_text()
    assert not (project / ".github").exists()
    desk.git("add", "--all", cwd=project)
    desk.git("commit", "-qm", "Add", cwd=project)
    assert desk.run("status", "bot", "--json").json["absent"] == ["ci"]
    assert desk.run("remove", "ci", "--project", "bot").code == 0
    assert desk.run("status", "bot", "--json").json["absent"] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("components: []", "components: [nonsense]"),
        ("components: []", "components: [ci, ci]"),
        ("example: calculator", "example: nonsense"),
        ("example: calculator", "example: 7"),
        ("project_name: my-agent", "project_name: Not A Name"),
        ("project_name: my-agent", "other: 1"),
    ],
)
def test_answers_edited_by_hand_are_never_a_traceback(owner: Owner, old: str, new: str) -> None:
    owner.edit(".copier-answers.yml", old, new)
    owner.commit()
    for command in (["status"], ["add", "docker"], ["update", "--yes"], ["remove", "ci"]):
        told = owner.run("0.3.0", *command, "--json")
        assert "Traceback" not in told.stderr
        assert told.stderr.count("\n") <= 1
        owner.git("reset", "-q", "--hard")
        owner.git("clean", "-qfd")
