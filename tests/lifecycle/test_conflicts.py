"""Conflicts: told truthfully, not forgotten, and taken back to the last byte."""

import signal
import subprocess
import time

import pytest
from conftest import COMMAND, tree
from factory import Owner
from terminal import hear_signals

YOURS, THEIRS = "<<<<<<< yours", ">>>>>>> v0.3.0"


@pytest.fixture
def torn(owner: Owner) -> Owner:
    """Edits where the template changes, one in a file that goes, one where a new file comes."""
    owner.edit("src/loop.py", "step_15 = 15\n", "step_15 = 'mine'\n")
    owner.edit("src/going.py", "going_3 = 3\n", "going_3 = 'mine'\n")
    owner.write("src/two.py", "my_two = 2\n")
    owner.commit()
    return owner


def test_every_conflict_is_named_with_its_sides_and_the_way_on(torn: Owner) -> None:
    updated = torn.update()
    assert updated.code == 3
    assert "Conflicts in 3 files" in updated.stdout
    assert "src/loop.py: 1 hunk\n" in updated.stdout
    assert "src/two.py: 1 hunk\n" in updated.stdout
    assert "src/going.py deleted in v0.3.0 and modified in yours." in updated.stdout
    for part in ("your edit", "template v0.3.0", "git add", "update --abort"):
        assert part in updated.stdout
    loop = torn.read("src/loop.py")
    assert loop.index(YOURS) < loop.index("'mine'") < loop.index("1500") < loop.index(THEIRS)


def test_an_edited_file_that_the_template_drops_is_kept(torn: Owner) -> None:
    before = torn.read("src/going.py")
    torn.update()
    assert torn.read("src/going.py") == before
    assert "src/going.py" in torn.git("ls-files", "-u")


def test_git_knows_of_them(torn: Owner) -> None:
    torn.update()
    status = torn.git("status", "--porcelain")
    assert "UU src/loop.py" in status
    assert "AA src/two.py" in status
    assert "UD src/going.py" in status


@pytest.mark.parametrize(
    "command",
    [
        ["update", "--yes"],
        ["update", "--check"],
        ["update", "--dry-run"],
        ["add", "ci"],
        ["status"],
    ],
)
def test_until_they_are_solved_no_command_says_done(torn: Owner, command: list[str]) -> None:
    torn.update()
    told = torn.run("0.3.0", *command)
    assert told.code == 3
    assert "src/loop.py: 1 hunk" in told.stdout + told.stderr
    for name in ("src/loop.py", "src/going.py", "src/two.py"):
        torn.write(name, "solved = True\n")
    assert torn.run("0.3.0", *command).code == 3  # git still calls them unmerged
    torn.commit()
    assert torn.run("0.3.0", *command).code == 0


def test_markers_that_were_added_with_the_rest_are_conflicts_still(torn: Owner) -> None:
    torn.update()
    torn.commit()
    assert torn.run("0.3.0", "update").code == 3
    torn.git("config", "grep.patternType", "fixed")
    torn.git("config", "grep.fullName", "true")
    assert torn.run("0.3.0", "status").code == 3


def test_a_text_about_conflicts_is_none(owner: Owner) -> None:
    owner.write("about.md", f"It looks like this:\n\n{YOURS}\n\nand so on.\n")
    owner.commit()
    assert owner.update().code == 0


def test_marks_that_a_colleague_s_copier_left_are_conflicts_too(torn: Owner) -> None:
    torn.copier_update()
    torn.commit()
    told = torn.update()
    assert told.code == 3
    assert "src/loop.py: 1 hunk" in told.stderr


def test_abort_brings_everything_back(torn: Owner) -> None:
    torn.write("notes.txt", "untracked\n")
    torn.write("private/key", "ignored\n")
    torn.write("colour.txt", "untracked, where the template brings one\n")
    files, status = tree(torn.project), torn.git("status", "--porcelain", "--ignored")
    index = torn.git("ls-files", "-s")
    assert torn.update().code == 3
    assert tree(torn.project) != files
    aborted = torn.run("0.3.0", "update", "--abort")
    assert aborted.code == 0, aborted.stderr
    assert "v0.1.0" in aborted.stdout
    assert tree(torn.project) == files
    assert torn.git("status", "--porcelain", "--ignored") == status
    assert torn.git("ls-files", "-s") == index
    assert not (torn.project / ".git/create-12-factor-agent").exists()


def test_abort_works_when_they_were_solved_but_not_committed(torn: Owner) -> None:
    files = tree(torn.project)
    torn.update()
    torn.git("add", "--all")
    assert torn.run("0.3.0", "update", "--abort").code == 0
    assert tree(torn.project) == files
    assert torn.git("status", "--porcelain") == ""


def test_there_is_nothing_to_abort_before_or_after(torn: Owner) -> None:
    assert torn.run("0.3.0", "update", "--abort").code == 2
    torn.update()
    torn.commit()
    files = tree(torn.project)
    refused = torn.run("0.3.0", "update", "--abort")
    assert (refused.code, tree(torn.project)) == (2, files)
    assert "nothing to abort" in refused.stderr


def test_an_untracked_file_where_one_comes_is_a_conflict_and_not_lost(owner: Owner) -> None:
    owner.write("src/two.py", "my_two = 2\n")
    updated = owner.update()
    assert updated.code == 3
    assert "src/two.py: 1 hunk" in updated.stdout
    two = owner.read("src/two.py")
    assert two.index(YOURS) < two.index("my_two = 2") < two.index("two = 2", 30) < two.index(THEIRS)


@pytest.mark.parametrize("kind", ["link", "broken link", "bytes"])
def test_what_is_no_text_and_unknown_to_git_is_refused(owner: Owner, kind: str) -> None:
    """It could not be shown as a conflict later on."""
    two = owner.project / "src/two.py"
    if kind == "bytes":
        two.write_bytes(b"\0\1")
    else:
        two.symlink_to("loop.py" if kind == "link" else "nowhere")
    before = owner.everything()
    refused = owner.update()
    assert (refused.code, owner.everything()) == (2, before)
    assert "src/two.py is in the way of the template's: move it" in refused.stderr


def test_the_same_file_untracked_is_no_conflict(owner: Owner) -> None:
    owner.write("src/two.py", "two = 2\n")
    assert owner.update().code == 0


@pytest.mark.parametrize("place", ["src/two.py/mine", "colour.txt/mine"])
def test_a_folder_where_a_file_comes_is_refused(owner: Owner, place: str) -> None:
    owner.write(place, "mine\n")
    before = owner.everything()
    refused = owner.update()
    assert (refused.code, owner.everything()) == (2, before)
    assert place.rpartition("/")[0] in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("delay", [0.05, 0.2, 0.5, 0.8])
def test_an_interruption_changes_nothing(torn: Owner, number: signal.Signals, delay: float) -> None:
    before = torn.everything()
    left = torn.desk.left()
    process = subprocess.Popen(
        [*COMMAND, "update", "--yes"],
        cwd=torn.project,
        env={**torn.desk.env, "PYTHONPATH": str(torn.factory.installed("0.3.0"))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
        preexec_fn=hear_signals,
    )
    while len(torn.desk.left()) == len(left):  # until its work has begun
        assert process.poll() is None
        time.sleep(0.001)
    time.sleep(delay)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    if process.returncode == 3:  # it was whole already
        assert torn.run("0.3.0", "update", "--abort").code == 0
    else:
        assert process.returncode == 130, stderr
        assert stderr == "error: interrupted: nothing was changed\n"
    assert tree(torn.project) == {
        name: content for name, content in before.items() if not name.startswith(".git/")
    }
    assert torn.git("status", "--porcelain") == ""
    assert torn.desk.left() == left


def test_an_interruption_that_comes_too_late_is_none(torn: Owner) -> None:
    script = """
import os, signal, sys
from create_12_factor_agent import cli
from create_12_factor_agent.merge import undo
save = undo.Undo.save
def interrupted(self):
    save(self)
    if self.finished:
        os.kill(os.getpid(), signal.SIGINT)
undo.Undo.save = interrupted
sys.argv[1:] = ["update", "--yes"]
cli.main()
"""
    left = torn.desk.left()
    done = subprocess.run(
        [COMMAND[0], "-c", script],
        cwd=torn.project,
        env={**torn.desk.env, "PYTHONPATH": str(torn.factory.installed("0.3.0"))},
        capture_output=True,
        encoding="utf-8",
        preexec_fn=hear_signals,
    )
    assert (done.returncode, done.stderr) == (3, "")
    assert "Conflicts in" in done.stdout
    assert torn.desk.left() == left


def test_a_kill_amid_the_writing_is_told_and_taken_back(torn: Owner) -> None:
    files = tree(torn.project)
    script = """
import os, pathlib, sys
from create_12_factor_agent import cli
replace = pathlib.Path.replace
def killed(self, target):
    if pathlib.Path(target).name == "loop.py":
        os.kill(os.getpid(), 9)
    return replace(self, target)
pathlib.Path.replace = killed
sys.argv[1:] = ["update", "--yes"]
cli.main()
"""
    done = subprocess.run(
        [COMMAND[0], "-c", script],
        cwd=torn.project,
        env={**torn.desk.env, "PYTHONPATH": str(torn.factory.installed("0.3.0"))},
        capture_output=True,
    )
    assert done.returncode == -9, done.stderr
    assert tree(torn.project) != files
    told = torn.update()
    assert told.code == 2
    assert "update --abort" in told.stderr
    assert torn.run("0.3.0", "update", "--abort").code == 0
    assert tree(torn.project) == files
    assert torn.git("status", "--porcelain") == ""
