"""At a terminal the questions are asked; an interruption, at any time, leaves nothing."""

import os
import signal
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from conftest import COMMAND, Desk, tree
from terminal import CTRL_C, CTRL_U, ENTER, PATIENCE, Terminal, hear_ctrl_c, terminal

OTHERS = ("What does it do", "Which example", "Which components")


def at_terminal(desk: Desk, *arguments: str) -> AbstractContextManager[Terminal]:
    return terminal([*COMMAND, *arguments], desk.here, desk.env)


def test_without_any_argument_the_name_is_asked_and_becomes_the_folder(desk: Desk) -> None:
    with at_terminal(desk) as user:
        user.read_until("What is the project called?")
        user.type(f"{CTRL_U}my-bot{ENTER}")
        user.accept(*OTHERS)
        assert user.end() == 0, user.seen
    assert desk.left() == ["my-bot"]
    assert b"my-bot" in tree(desk.here / "my-bot")[".copier-answers.yml"]


def test_only_what_was_not_given_is_asked(desk: Desk) -> None:
    with at_terminal(desk, "bot") as user:
        user.accept(*OTHERS)
        assert user.end() == 0, user.seen
    assert "What is the project called?" not in user.seen
    assert desk.left() == ["bot"]


def test_a_bad_answer_is_asked_again(desk: Desk) -> None:
    with at_terminal(desk) as user:
        user.read_until("What is the project called?")
        user.type(f"{CTRL_U}class{ENTER}")
        user.read_until("a word of Python")
        user.type(f"{CTRL_U}My Bot{ENTER}")
        user.read_until("begin with a letter")
        user.type(f"{CTRL_U}bot{ENTER}")
        user.read_until("What does it do")
        user.type(f'{CTRL_U}a "quote"{ENTER}')
        user.read_until("one line of at most")
        user.type(CTRL_C)
        assert user.end() == 130


def test_a_name_whose_folder_is_taken_is_refused(desk: Desk) -> None:
    (desk.here / "taken").mkdir()
    (desk.here / "taken/file").touch()
    with at_terminal(desk) as user:
        user.read_until("What is the project called?")
        user.type(f"{CTRL_U}taken{ENTER}")
        user.accept(*OTHERS)
        assert user.end() == 2
    assert "not empty (file)" in user.seen
    assert desk.left() == ["taken"]


@pytest.mark.parametrize("answered", range(4))
def test_ctrl_c_at_a_prompt_leaves_nothing(desk: Desk, answered: int) -> None:
    questions = ("What is the project called?", *OTHERS)
    with at_terminal(desk) as user:
        user.accept(*questions[:answered])
        user.read_until(questions[answered])
        user.type(CTRL_C)
        assert user.end() == 130
    assert "interrupted: nothing was written" in user.seen
    assert "Traceback" not in user.seen
    assert desk.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["project", "project/src", "project/.git"])
def test_an_interruption_while_rendering_leaves_nothing(
    desk: Desk, number: signal.Signals, moment: str
) -> None:
    process = subprocess.Popen(
        [*COMMAND, "bot", "--yes"],
        cwd=desk.here,
        env=desk.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )
    wait_for(desk.here, f".create-12-factor-agent-*/{moment}", process)
    # To the whole group, as a terminal does it: git gets it as well.
    os.killpg(process.pid, number)
    stdout, stderr = process.communicate(timeout=PATIENCE)
    assert (process.returncode, stdout) == (130, ""), stderr
    assert stderr == "error: interrupted: nothing was written\n"
    assert desk.left() == []


def test_an_interruption_of_what_is_done_already_is_none(desk: Desk) -> None:
    script = """
import os, signal, sys
from create_12_factor_agent import cli, new
place = new._place
def interrupted(project, target):
    place(project, target)
    os.kill(os.getpid(), signal.SIGINT)
new._place = interrupted
sys.argv[1:] = ["new", "bot", "--yes"]
cli.main()
"""
    done = subprocess.run(
        [COMMAND[0], "-c", script],
        cwd=desk.here,
        env=desk.env,
        capture_output=True,
        encoding="utf-8",
        preexec_fn=hear_ctrl_c,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Next:" in done.stdout
    assert (desk.here / "bot/README.md").exists()
    assert not [path for path in desk.left() if "create-12-factor-agent" in path]


def wait_for(folder: Path, pattern: str, process: subprocess.Popen[str]) -> None:
    while not list(folder.glob(pattern)):
        assert process.poll() is None, "it ended before it could be interrupted"
        time.sleep(0.0005)
