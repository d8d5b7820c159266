"""What `update --abort` brings back, whatever git and a sudden end have done in between."""

import subprocess
from pathlib import Path

import pytest
from conftest import COMMAND, tree
from factory import Owner
from terminal import hear_signals


@pytest.fixture
def torn(owner: Owner) -> Owner:
    """An edit where the template changes, one in a file that goes, and a file unknown to git."""
    owner.edit("src/loop.py", "step_15 = 15\n", "step_15 = 'mine'\n")
    owner.edit("src/going.py", "going_3 = 3\n", "going_3 = 'mine'\n")
    owner.commit()
    owner.write("src/two.py", "my_two = 2\n")
    return owner


def run_script(owner: Owner, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND[0], "-c", f"import os, signal, sys\n{script}"],
        cwd=owner.project,
        env={**owner.desk.env, "PYTHONPATH": str(owner.factory.installed("0.3.0"))},
        capture_output=True,
        encoding="utf-8",
        preexec_fn=hear_signals,
    )


def test_a_reset_of_the_index_solves_nothing(torn: Owner) -> None:
    assert torn.update().code == 3
    torn.git("reset", "-q")
    for command in (["status"], ["update", "--check"], ["update", "--yes"], ["add", "ci"]):
        told = torn.run("0.3.0", *command)
        assert told.code == 3
        assert "src/two.py: 1 hunk" in told.stdout + told.stderr
        assert "src/loop.py: 1 hunk" in told.stdout + told.stderr
    torn.git("commit", "-q", "--allow-empty", "-m", "Mine")
    assert "src/two.py: 1 hunk" in torn.run("0.3.0", "status").stdout


def test_a_hard_reset_does_not_take_what_git_has_never_known(torn: Owner) -> None:
    assert torn.update().code == 3
    torn.git("reset", "-q", "--hard")
    torn.git("commit", "-q", "--allow-empty", "-m", "Mine")
    assert "my_two = 2\n" in torn.read("src/two.py")
    assert torn.run("0.3.0", "status").code == 3


def test_what_was_added_after_git_took_the_update_back_is_not_eaten(torn: Owner) -> None:
    torn.update()
    torn.git("reset", "-q", "--hard")
    torn.write("src/loop.py", "later = 1\n")
    torn.git("add", "src/loop.py")
    refused = torn.run("0.3.0", "update", "--abort")
    assert (refused.code, torn.read("src/loop.py")) == (2, "later = 1\n")
    assert "src/loop.py" in refused.stderr


def test_what_is_being_solved_is_taken_back(torn: Owner) -> None:
    before = tree(torn.project)
    torn.update()
    torn.write("src/loop.py", "half of it is solved\n")
    torn.git("add", "src/loop.py")
    assert torn.run("0.3.0", "update", "--abort").code == 0
    assert tree(torn.project) == before


def test_permissions_flags_and_empty_folders_are_as_before(torn: Owner) -> None:
    (torn.project / "src/old.py").chmod(0o600)  # goes
    (torn.project / "README.md").chmod(0o640)  # changes
    (torn.project / "fresh").mkdir(mode=0o700)  # where something comes
    torn.git("update-index", "--assume-unchanged", "README.md")
    torn.git("update-index", "--skip-worktree", "pyproject.toml")
    before = seen(torn)
    assert torn.update().code == 3
    assert torn.run("0.3.0", "update", "--abort").code == 0
    assert seen(torn) == before


def seen(owner: Owner) -> tuple[dict[str, int], str, str]:
    paths = [path for path in owner.project.rglob("*") if ".git" not in path.parts]
    permissions = {str(path): path.stat().st_mode for path in paths}
    return permissions, owner.git("ls-files", "-v", "-s"), owner.git("status", "--porcelain")


def test_a_kill_while_the_kept_copy_is_removed_leaves_a_whole_project(owner: Owner) -> None:
    script = """
from pathlib import Path
from create_12_factor_agent import cli
unlink = Path.unlink
def killed(file, **how):
    unlink(file, **how)
    if ".git" in file.parts:
        os.kill(os.getpid(), 9)
Path.unlink = killed
sys.argv[1:] = ["update", "--yes"]
cli.main()
"""
    done = run_script(owner, script)
    assert done.returncode == -9, done.stderr
    status = owner.run("0.3.0", "status")
    assert (status.code, "up to date" in status.stdout) == (0, True)
    owner.commit()
    assert owner.run("0.3.0", "add", "docker").code == 0


@pytest.mark.parametrize("at", ["before", "after"])
def test_an_interruption_around_the_keeping_changes_nothing(torn: Owner, at: str) -> None:
    before, index = tree(torn.project), torn.git("ls-files", "-s")
    script = f"""
from create_12_factor_agent import cli
from create_12_factor_agent.merge import undo
keep = undo.keep
def interrupted(*arguments):
    if "{at}" == "before":
        os.kill(os.getpid(), signal.SIGINT)
    kept = keep(*arguments)
    os.kill(os.getpid(), signal.SIGINT)
    return kept
undo.keep = interrupted
sys.argv[1:] = ["update", "--yes"]
cli.main()
"""
    done = run_script(torn, script)
    assert (done.returncode, done.stderr) == (130, "error: interrupted: nothing was changed\n")
    assert (tree(torn.project), torn.git("ls-files", "-s")) == (before, index)
    assert not (torn.project / ".git/create-12-factor-agent").exists()
    assert torn.run("0.3.0", "update", "--abort").code == 2
    assert torn.update().code == 3


def test_an_update_that_was_committed_on_another_branch(torn: Owner) -> None:
    torn.git("switch", "-q", "-c", "up")
    assert torn.update().code == 3
    torn.write("src/two.py", "both = 2\n")
    for name in ("src/loop.py", "src/going.py"):
        torn.write(name, "solved = 1\n")
    torn.commit()
    torn.git("switch", "-q", "main")
    refused = torn.update()
    assert refused.code == 2
    assert "is neither committed here nor taken back: " in refused.stderr
    assert torn.run("0.3.0", "update", "--abort").code == 0
    assert torn.read("src/two.py") == "my_two = 2\n"


def test_the_command_goes_on_when_nobody_reads_what_it_prints(torn: Owner) -> None:
    for arguments, code in (("update --yes", 3), ("update --abort --json", 0), ("status", 0)):
        command = " ".join([*COMMAND, arguments])
        done = shell(torn, f"{command} | true; exit ${{PIPESTATUS[0]}}")
        assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_a_full_disk_is_said_in_one_line(owner: Owner) -> None:
    for arguments in ("status", "status --json", "update --yes --diff", "add --list"):
        done = shell(owner, f"{' '.join(COMMAND)} {arguments} > /dev/full")
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "the output could not be written (No space left on device)" in done.stderr
    done = shell(owner, f"{' '.join(COMMAND)} --version > /dev/full")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_closed_streams_are_no_error(owner: Owner) -> None:
    done = shell(owner, f"{' '.join(COMMAND)} update --yes >&- 2>&-")
    assert (done.returncode, done.stderr) == (0, "")
    assert "v0.3.0" in owner.read(".copier-answers.yml")


def shell(owner: Owner, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=owner.project,
        env={**owner.desk.env, "PYTHONPATH": str(owner.factory.installed("0.3.0"))},
        capture_output=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("command", ["status", "update --check", "new bot", "add ci"])
def test_a_folder_that_is_gone_is_said_in_one_line(owner: Owner, command: str) -> None:
    gone = owner.desk.here / "gone"
    done = shell(owner, f"mkdir {gone}; cd {gone}; rmdir {gone}; {' '.join(COMMAND)} {command}")
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1] == "error: this folder is gone: cd to one that is there"


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("src/going.py", ["reset", "-q", "--", "src/going.py"]),
        ("src/loop.py", ["checkout", "-q", "HEAD", "--", "src/loop.py"]),
    ],
)
def test_work_on_a_file_that_was_settled_is_not_eaten(
    torn: Owner, name: str, command: list[str]
) -> None:
    torn.update()
    torn.git(*command)
    torn.write(name, "a day of work\n")
    refused = torn.run("0.3.0", "update", "--abort")
    assert (refused.code, torn.read(name)) == (2, "a day of work\n")
    assert f"edited since ({name})" in refused.stderr


def test_a_file_between_marks_that_git_does_not_know_is_being_solved(torn: Owner) -> None:
    torn.update()
    torn.write("src/two.py", torn.read("src/two.py") + "more\n")
    assert torn.run("0.3.0", "update", "--abort").code == 0
    assert torn.read("src/two.py") == "my_two = 2\n"


def test_nothing_but_its_own_scratch_is_removed(torn: Owner) -> None:
    torn.write(".create-12-factor-agent-write-mine/notes", "mine\n")
    torn.write("src/.create-12-factor-agent-write-notes", "mine\n")
    before = tree(torn.project)
    torn.update()
    assert torn.run("0.3.0", "update", "--abort").code == 0
    assert tree(torn.project) == before


def test_a_record_of_another_version_is_refused_in_one_line(torn: Owner) -> None:
    torn.update()
    [state] = torn.project.glob(".git/create-12-factor-agent/*.json")
    state.write_text(state.read_text().replace('"permissions"', '"of_tomorrow"'))
    for command in (["status"], ["update", "--yes"], ["update", "--abort"]):
        refused = torn.run("0.3.0", *command)
        assert (refused.code, refused.stderr.count("\n")) == (2, 1)
