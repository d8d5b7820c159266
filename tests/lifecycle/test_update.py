"""`update`: the template's changes arrive, the user's stay."""

import shutil
from contextlib import AbstractContextManager

import pytest
from conftest import COMMAND, tree
from factory import Owner, answers, as_json
from terminal import CTRL_C, CTRL_U, ENTER, Terminal, terminal

YOURS, THEIRS = "<<<<<<< yours", ">>>>>>> v0.3.0"


def test_every_kind_of_change_arrives_and_an_edit_beside_one_stays(owner: Owner) -> None:
    owner.edit("src/loop.py", "step_2 = 2\n", "step_2 = 'mine'\n")
    owner.write("src/mine.py", "mine = 1\n")
    owner.commit()
    updated = owner.update()
    assert updated.code == 0, updated.stderr
    assert "step_2 = 'mine'\n" in owner.read("src/loop.py")
    assert "step_15 = 1500\n" in owner.read("src/loop.py")
    assert owner.read("src/two.py") == "two = 2\n"
    assert owner.read("src/mine.py") == "mine = 1\n"
    assert owner.read("colour.txt") == "blue\n"
    assert owner.read("src/new.py").startswith("old_1 = 1\n")
    assert "rich>=14.1" in owner.read("pyproject.toml")
    assert not any((owner.project / "src" / name).exists() for name in ("old.py", "going.py"))
    assert "_commit: v0.3.0\n" in answers(owner)


def test_it_says_what_it_did_and_what_the_versions_brought(owner: Owner) -> None:
    shown = owner.update().stdout
    assert "v0.1.0 → v0.3.0" in shown
    assert shown.index("What 0.3.0 brought") < shown.index("What 0.2.0 brought")
    assert "What 0.1.0 brought" not in shown
    for line in ("A src/two.py", "M src/loop.py", "D src/going.py"):
        assert line in shown
    assert "git commit" in shown


def test_a_mode_that_the_template_gave_is_kept(owner: Owner) -> None:
    owner.update()
    assert (owner.project / "run.sh").stat().st_mode & 0o111


def beside_plain_copier(owner: Owner) -> Owner:
    """The same project, committed, and updated by copier alone."""
    owner.commit()
    theirs = Owner(owner.desk, owner.factory, owner.desk.here / "plain")
    shutil.copytree(owner.project, theirs.project)
    theirs.copier_update()
    return theirs


@pytest.mark.parametrize("edit", ["none", "beside"])
def test_plain_copier_makes_the_same_tree(owner: Owner, edit: str) -> None:
    if edit == "beside":
        owner.edit("src/loop.py", "step_2 = 2\n", "step_2 = 'mine'\n")
    theirs = beside_plain_copier(owner)
    assert owner.update().code == 0
    assert tree(owner.project) == tree(theirs.project)
    assert owner.git("status", "--porcelain") == theirs.git("status", "--porcelain")
    assert owner.git("ls-files", "-s") == theirs.git("ls-files", "-s")


@pytest.mark.parametrize("edit", ["amid", "added"])
def test_plain_copier_names_the_sides_otherwise(owner: Owner, edit: str) -> None:
    if edit == "amid":
        owner.edit("src/loop.py", "step_15 = 15\n", "step_15 = 'mine'\n")
    else:
        owner.write("src/two.py", "my_two = 2\n")
    theirs = beside_plain_copier(owner)
    assert owner.update().code == 3
    marks = {b"before updating": b"yours", b"after updating": b"v0.3.0"}
    for path, text in tree(theirs.project).items():
        for plain, ours in marks.items():
            text = text.replace(plain, ours)
        assert text == tree(owner.project)[path], path


def test_plain_copier_goes_on_from_where_this_command_was(owner: Owner) -> None:
    (owner.project / "src/loop.py").unlink()
    owner.commit()
    assert owner.update("0.2.0").code == 3
    owner.git("rm", "-q", "src/loop.py")
    owner.commit()
    owner.copier_update()
    assert "_commit: v0.3.0\n" in answers(owner)
    assert owner.read("colour.txt") == "blue\n"
    owner.commit()
    assert owner.run("0.3.0", "status").code == 0


def test_version_by_version_leads_to_the_same_as_at_once(owner: Owner) -> None:
    theirs = Owner(owner.desk, owner.factory, owner.desk.here / "at-once")
    shutil.copytree(owner.project, theirs.project)
    assert owner.update("0.3.0", "--to", "0.2.0").code == 0
    assert "_commit: v0.2.0\n" in answers(owner)
    owner.commit()
    assert owner.update("0.3.0", "--to", "v0.3.0").code == 0
    theirs.update()
    assert tree(owner.project) == tree(theirs.project)


def test_an_update_that_brings_nothing_says_so(owner: Owner) -> None:
    before = owner.everything()
    again = owner.run("0.1.0", "update")
    assert (again.code, owner.everything()) == (0, before)
    assert "Up to date" in again.stdout


def test_check_has_an_exit_code_of_its_own(owner: Owner) -> None:
    before = owner.everything()
    current, newer = (
        owner.run("0.1.0", "update", "--check"),
        owner.run("0.3.0", "update", "--check"),
    )
    assert (current.code, newer.code) == (0, 4)
    assert "v0.1.0" in current.stdout
    assert "v0.1.0 → v0.3.0" in newer.stdout
    told = as_json(owner.run("0.3.0", "update", "--check", "--json"))
    assert told["update_available"] is True
    assert (told["version"], told["available"]) == ("v0.1.0", "v0.3.0")
    assert owner.everything() == before


@pytest.mark.parametrize("flag", ["--dry-run", "--diff"])
@pytest.mark.parametrize("old", ["step_2 = 2\n", "step_15 = 15\n"])
def test_what_only_shows_changes_nothing_at_all(owner: Owner, flag: str, old: str) -> None:
    owner.edit("src/loop.py", old, "mine = 1\n")
    owner.commit()
    owner.write("untracked.txt", "mine\n")
    before = owner.everything()
    shown = owner.update("0.3.0", flag)
    assert shown.code == (0 if "2" in old else 3)
    assert owner.everything() == before


def test_the_diff_is_exact(owner: Owner) -> None:
    owner.edit("src/loop.py", "step_2 = 2\n", "step_2 = 'mine' \r\n")
    owner.commit()
    diff = owner.update("0.3.0", "--diff").stdout
    patch = owner.desk.here / "update.patch"
    patch.write_bytes(diff.encode())
    other = Owner(owner.desk, owner.factory, owner.desk.here / "patched")
    shutil.copytree(owner.project, other.project)
    other.git("apply", str(patch))
    owner.update()
    assert tree(other.project) == tree(owner.project)


def test_new_questions_take_the_flag_and_old_answers_stay(owner: Owner) -> None:
    assert owner.run("0.3.0", "update", "--data", "colour=red").code == 0
    assert owner.read("colour.txt") == "red\n"
    assert "project_name: my-agent\n" in answers(owner)


def test_a_new_question_without_anybody_to_ask_names_the_flag(owner: Owner) -> None:
    before = owner.everything()
    refused = owner.run("0.3.0", "update")
    assert refused.code == 2
    assert "--data colour=" in refused.stderr
    assert owner.everything() == before


def at_terminal(owner: Owner) -> AbstractContextManager[Terminal]:
    env = {**owner.desk.env, "PYTHONPATH": str(owner.factory.installed("0.3.0"))}
    return terminal([*COMMAND, "update"], owner.project, env)


def test_at_a_terminal_only_the_new_question_is_asked(owner: Owner) -> None:
    with at_terminal(owner) as user:
        user.read_until("Which colour?")
        user.type(f"{CTRL_U}green{ENTER}")
        assert user.end() == 0, user.seen
    assert "project_name" not in user.seen
    assert owner.read("colour.txt") == "green\n"


def test_ctrl_c_at_the_question_changes_nothing(owner: Owner) -> None:
    before = owner.everything()
    with at_terminal(owner) as user:
        user.read_until("Which colour?")
        user.type(CTRL_C)
        assert user.end() == 130
    assert "interrupted: nothing was changed" in user.seen
    assert owner.everything() == before


def test_json_tells_the_same(owner: Owner) -> None:
    owner.edit("src/loop.py", "step_15 = 15\n", "step_15 = 'mine'\n")
    owner.commit()
    updated = owner.update("0.3.0", "--json")
    told = as_json(updated)
    assert updated.code == 3
    assert (told["from_version"], told["to_version"]) == ("v0.1.0", "v0.3.0")
    assert told["conflicts"] == [
        {
            "path": "src/loop.py",
            "hunks": 1,
            "kind": "lines",
            "said": "Merge conflict in src/loop.py",
        }
    ]
    assert told["files"]["src/two.py"] == "added"  # type: ignore[index]
    assert told["written"] is True


@pytest.mark.parametrize("to", ["lib/loop.py", "loop_of_mine.py", "src/deep/er/loop.py"])
@pytest.mark.parametrize("edited", [False, True])
def test_what_was_moved_is_told_with_where_it_went(owner: Owner, to: str, edited: bool) -> None:
    if edited:
        owner.edit("src/loop.py", "step_2 = 2\n", "step_2 = 'mine'\n")
    owner.write(to, owner.read("src/loop.py"))
    (owner.project / "src/loop.py").unlink()
    owner.commit()
    for told in (owner.update("0.3.0", "--dry-run"), owner.update()):
        assert told.code == 0, told.stdout
        assert f"you moved src/loop.py to {to}: what the template changed" in told.stdout
    assert "step_15 = 1500\n" in owner.read(to)


def test_what_was_made_into_something_else_is_guessed(owner: Owner) -> None:
    kept = owner.read("src/loop.py").splitlines(keepends=True)[:12]
    owner.write("lib/mine.py", "".join(kept) + "".join(f"mine_{n} = {n}\n" for n in range(20)))
    (owner.project / "src/loop.py").unlink()
    owner.commit()
    updated = owner.update()
    assert updated.code == 3
    assert "src/loop.py may be what is lib/mine.py now" in updated.stdout


def test_of_what_was_moved_and_is_the_same_nothing_is_said(owner: Owner) -> None:
    owner.git("mv", "run.sh", "start.sh")
    owner.commit()
    assert "you moved" not in owner.update().stdout
