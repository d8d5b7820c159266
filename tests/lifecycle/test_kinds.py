"""Every kind of conflict: what git says of it, what stands in the project, and the way back.

Each is tried with the git that is here and with one that has to merge in a work tree.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import one_at_once, tree
from factory import Owner

OLD_GIT = """#!/bin/sh
case "$1" in
  --version) echo git version 2.34.1; exit;;
  merge-tree) echo this git is too old >&2; exit 129;;
esac
exec {git} "$@"
"""


@pytest.fixture
def old_git(tmp_path: Path) -> str:
    """A PATH on which git is as it was in 2.34."""
    here = shutil.which("git")
    assert here
    old = tmp_path / "old/git"
    old.parent.mkdir()
    old.write_text(OLD_GIT.format(git=here))
    old.chmod(0o755)
    return f"{old.parent}:{Path(here).parent}"


def same_by_old_git(owner: Owner, path: str) -> None:
    """What would be changed and be in conflict, and every byte of it."""
    shown = owner.update("0.3.0", "--diff", "--json")
    assert shown.json["diff"]
    assert owner.update("0.3.0", "--diff", "--json", PATH=path) == shown


def move(owner: Owner, old: str, new: str) -> None:
    (owner.project / new).parent.mkdir(parents=True, exist_ok=True)
    owner.git("mv", old, new)


def edit_moved(owner: Owner) -> None:
    move(owner, "src/going.py", "src/mine.py")
    owner.edit("src/mine.py", "going_3 = 3\n", "going_3 = 'mine'\n")


def both_run(owner: Owner) -> None:
    owner.write("src/two.py", "two = 2\n")
    (owner.project / "src/two.py").chmod(0o755)


def link(owner: Owner) -> None:
    (owner.project / "src/loop.py").unlink()
    (owner.project / "src/loop.py").symlink_to("new.py")


def mine_instead(owner: Owner) -> None:
    (owner.project / "src/old.py").unlink()
    owner.write("src/new.py", "mine\n")


def binary(owner: Owner) -> None:
    (owner.project / "src/loop.py").write_bytes(b"\0mine")


@dataclass(frozen=True)
class Case:
    """What the user does, what is said of which kind, and what `git status` shows of it."""

    edit: Callable[[Owner], None]
    kind: str
    said: str
    status: dict[str, str]


CASES = {
    "lines": Case(
        lambda owner: owner.edit("src/loop.py", "step_15 = 15\n", "step_15 = 'mine'\n"),
        "lines",
        "Merge conflict in src/loop.py",
        {"src/loop.py": "UU"},
    ),
    "both added": Case(
        lambda owner: owner.write("src/two.py", "my_two = 2\n"),
        "lines",
        "Merge conflict in src/two.py",
        {"src/two.py": "AA"},
    ),
    "edited, deleted by the template": Case(
        lambda owner: owner.edit("src/going.py", "going_3 = 3\n", "going_3 = 'mine'\n"),
        "deleted",
        "src/going.py deleted in v0.3.0 and modified in yours."
        " Version yours of src/going.py left in tree.",
        {"src/going.py": "UD"},
    ),
    "deleted, changed by the template": Case(
        lambda owner: (owner.project / "src/loop.py").unlink(),
        "restored",
        "src/loop.py deleted in yours and modified in v0.3.0."
        " Version v0.3.0 of src/loop.py left in tree.",
        {"src/loop.py": "DU"},
    ),
    "moved, deleted by the template": Case(
        lambda owner: move(owner, "src/going.py", "src/mine.py"),
        "deleted",
        "src/going.py renamed to src/mine.py in yours, but deleted in v0.3.0.",
        {"src/mine.py": "UD"},
    ),
    "moved and edited, deleted by the template": Case(
        edit_moved,
        "deleted",
        "src/going.py renamed to src/mine.py in yours, but deleted in v0.3.0."
        " src/mine.py deleted in v0.3.0 and modified in yours."
        " Version yours of src/mine.py left in tree.",
        {"src/mine.py": "UD"},
    ),
    "moved by both": Case(
        lambda owner: move(owner, "src/old.py", "src/mine.py"),
        "renamed",
        "src/old.py renamed to src/mine.py in yours and to src/new.py in v0.3.0.",
        {"src/mine.py": "AU", "src/new.py": "UA", "src/old.py": "DD"},
    ),
    "deleted, moved by the template": Case(
        lambda owner: (owner.project / "src/old.py").unlink(),
        "restored",
        "src/old.py renamed to src/new.py in v0.3.0, but deleted in yours.",
        {"src/new.py": "DU"},
    ),
    "deleted, moved by the template to where yours is": Case(
        mine_instead,
        "lines",
        "src/old.py renamed to src/new.py in v0.3.0, but deleted in yours.",
        {"src/new.py": "AA"},
    ),
    "no text": Case(
        binary,
        "whole",
        "Cannot merge binary files: src/loop.py (yours vs. v0.3.0)",
        {"src/loop.py": "UU"},
    ),
    "mode": Case(
        both_run,
        "whole",
        "src/two.py can be run on one side only, yours was kept",
        {"src/two.py": "AA"},
    ),
    "link": Case(
        link,
        "whole",
        "src/loop.py is of different types on each side, yours was kept",
        {"src/loop.py": "UU"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_conflict_is_told_in_git_s_words_and_taken_back(
    owner: Owner, old_git: str, name: str
) -> None:
    case = CASES[name]
    case.edit(owner)
    owner.commit()
    same_by_old_git(owner, old_git)
    before, index = tree(owner.project), owner.git("ls-files", "-s")
    modes = {file: (owner.project / file).stat().st_mode for file in before}
    updated = owner.update("0.3.0", "--json")
    assert updated.code == 3, updated.stderr
    told = {one["path"]: one for one in updated.json["conflicts"]}
    assert {(one["kind"], one["said"]) for one in told.values()} == {(case.kind, case.said)}
    assert unmerged(owner) == case.status == dict.fromkeys(told, "") | case.status
    shown = owner.run("0.3.0", "status").stdout
    assert (case.said in shown) == (not case.said.startswith("Merge conflict in "))
    for file in before.keys() & told.keys():
        kept = before[file] if case.kind in ("deleted", "whole") else None
        assert kept is None or tree(owner.project)[file] == kept
    assert owner.run("0.3.0", "update", "--abort").code == 0
    assert (tree(owner.project), owner.git("ls-files", "-s")) == (before, index)
    assert {file: (owner.project / file).stat().st_mode for file in before} == modes


def unmerged(owner: Owner) -> dict[str, str]:
    rows = owner.git("status", "--porcelain").splitlines()
    return {row[3:]: row[:2] for row in rows if "U" in row[:2] or row[:2] in ("AA", "DD")}


@pytest.mark.parametrize("end", one_at_once(["~HEAD", "~yours", "~v0.3.0", "~HEAD_0"]))
def test_a_file_named_as_git_names_what_it_puts_aside_is_the_user_s(
    owner: Owner, old_git: str, end: str
) -> None:
    name = f"src/loop.py{end}"
    move(owner, "src/loop.py", name)
    owner.edit(name, "step_15 = 15\n", "step_15 = 'mine'\n")
    owner.commit()
    before = tree(owner.project)
    same_by_old_git(owner, old_git)
    assert owner.update("0.3.0").code == 3
    assert "<<<<<<< yours" in owner.read(name)
    assert "step_15 = 'mine'\n" in owner.read(name)
    assert unmerged(owner) == {name: "UU"}
    assert owner.run("0.3.0", "update", "--abort").code == 0
    assert tree(owner.project) == before


@pytest.mark.parametrize("end", one_at_once(["~v0.3.0", "~yours", "~HEAD"]))
def test_what_git_puts_aside_takes_no_file_of_the_user_s_with_it(
    owner: Owner, old_git: str, end: str
) -> None:
    owner.write(f"src/loop.py{end}", "mine = 1\n")
    link(owner)
    owner.commit()
    same_by_old_git(owner, old_git)
    assert owner.update("0.3.0").code == 3
    assert (owner.read(f"src/loop.py{end}"), unmerged(owner)) == (
        "mine = 1\n",
        {"src/loop.py": "UU"},
    )
    assert (owner.project / "src/loop.py").is_symlink()


def test_an_edit_follows_a_file_that_either_side_has_moved(owner: Owner, old_git: str) -> None:
    owner.edit("src/old.py", "old_3 = 3\n", "old_3 = 'mine'\n")
    move(owner, "src/loop.py", "lib/my_loop.py")
    owner.edit("lib/my_loop.py", "step_2 = 2\n", "step_2 = 'mine'\n")
    owner.commit()
    same_by_old_git(owner, old_git)
    assert owner.update().code == 0
    assert "old_3 = 'mine'\n" in owner.read("src/new.py")
    assert not (owner.project / "src/old.py").exists()
    assert "step_2 = 'mine'\n" in owner.read("lib/my_loop.py")
    assert "step_15 = 1500\n" in owner.read("lib/my_loop.py")
    assert not (owner.project / "src/loop.py").exists()


def test_a_new_file_does_not_follow_a_folder_that_was_moved(owner: Owner, old_git: str) -> None:
    owner.git("mv", "src", "lib")
    owner.commit()
    assert owner.update("0.2.0").code == 0
    assert "step_15 = 1500\n" in owner.read("lib/loop.py")
    assert owner.read("src/two.py") == "two = 2\n"


@pytest.mark.parametrize("kind", one_at_once(["file", "link", "submodule", "folder"]))
def test_a_file_against_a_folder_is_refused(owner: Owner, old_git: str, kind: str) -> None:
    place, said = "fresh", "fresh is in the way of the template's fresh/folder/one.py: move it"
    if kind == "file":
        owner.write(place, "mine\n")
    elif kind == "link":
        (owner.project / place).symlink_to("src")
    elif kind == "folder":
        owner.write("colour.txt/mine", "mine\n")
        said = "colour.txt is a folder, in the way of the template's file: move it"
    if kind == "submodule":
        commit = owner.git("rev-parse", "HEAD").strip()
        (owner.project / place).mkdir()
        owner.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{place}")
        owner.git("commit", "-q", "-m", "Mine")
    else:
        owner.commit()
    before = owner.everything()
    for env in ({}, {"PATH": old_git}):
        refused = owner.update("0.3.0", **env)
        assert (refused.code, refused.stderr) == (2, f"error: {said}\n")
    assert owner.everything() == before


def test_a_submodule_against_a_file_is_refused(owner: Owner) -> None:
    commit = owner.git("rev-parse", "HEAD").strip()
    (owner.project / "colour.txt").mkdir()
    owner.git("update-index", "--add", "--cacheinfo", f"160000,{commit},colour.txt")
    owner.git("commit", "-q", "-m", "Mine")
    refused = owner.update()
    assert (refused.code, "colour.txt is a folder" in refused.stderr) == (2, True)
