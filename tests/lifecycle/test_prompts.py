"""At a terminal the questions are asked; an interruption, at any time, leaves nothing."""

import os
import signal
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from conftest import COMMAND, Desk, one_at_once, tree
from factory import Owner
from terminal import CTRL_C, CTRL_D, CTRL_U, ENTER, PATIENCE, Terminal, hear_signals, terminal

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


@pytest.mark.parametrize(
    ("typed", "refusal"),
    one_at_once(
        [
            ("class", "a word of Python; try class-agent"),
            ("1 Bot", "begins with a digit; try agent-1-bot"),
            ("Typer", "a package that the project installs; try typer-agent"),
            ("Ta ken", "ta-ken is not empty (file)"),
            ("file", "file is a file"),
        ],
        are_tuples=True,
    ),
)
def test_a_bad_name_is_asked_again_at_once(desk: Desk, typed: str, refusal: str) -> None:
    (desk.here / "ta-ken").mkdir()
    (desk.here / "ta-ken/file").touch()
    (desk.here / "file").touch()
    with at_terminal(desk) as user:
        user.read_until("What is the project called?")
        user.type(f"{typed}{ENTER}")
        user.read_until(refusal)
        user.type(f"{CTRL_U}My Bot{ENTER}")
        user.read_until("What does it do")
        user.type(f'a "quote"{ENTER}')
        user.read_until("one line of at most")
        user.type(f"{CTRL_U}no quote{ENTER}")
        user.accept(*OTHERS[1:])
        assert user.end() == 0, user.seen
    assert desk.left() == ["file", "my-bot", "ta-ken"]
    answers = tree(desk.here / "my-bot")[".copier-answers.yml"]
    assert b"project_name: my-bot" in answers
    assert b"description: no quote" in answers


def test_a_default_goes_with_the_first_letter_that_is_typed(desk: Desk) -> None:
    with at_terminal(desk) as user:
        user.read_until("my-agent")
        user.type(f"bot{ENTER}")
        user.read_until("An agent that follows the 12 factors")
        user.type(f"Sums it up{ENTER}")
        user.accept(*OTHERS[1:])
        assert user.end() == 0, user.seen
    assert b"description: Sums it up\n" in tree(desk.here / "bot")[".copier-answers.yml"]


@pytest.mark.parametrize("keys", ["", "red", CTRL_C, CTRL_D])
def test_what_a_newer_template_asks_is_asked_before_anything_is_changed(
    owner: Owner, keys: str
) -> None:
    owner.edit("README.md", "How to begin", "Mine")
    owner.commit()
    before = owner.everything()
    env = {**owner.desk.env, "PYTHONPATH": str(owner.factory.installed("0.3.0"))}
    with terminal([*COMMAND, "update"], owner.project, env) as user:
        user.read_until("Which colour?")
        user.type(keys if keys in (CTRL_C, CTRL_D) else f"{keys}{ENTER}")
        code = user.end()
    if keys in (CTRL_C, CTRL_D):
        assert (code, owner.everything()) == (130, before), user.seen
    else:
        assert (code, owner.read("colour.txt")) == (0, f"{keys or 'blue'}\n"), user.seen


def test_a_folder_that_is_given_and_taken_is_refused_before_any_question(desk: Desk) -> None:
    (desk.here / "file").touch()
    for words in (["."], ["--data", "project_name=file"], ["lambda"], ["x", "--data", "a=b"]):
        with at_terminal(desk, *words) as user:
            assert user.end() == 2
        assert "What" not in user.seen


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2), ("", 2), (CTRL_D, 130)])
def test_a_first_word_near_a_command_is_asked_about(desk: Desk, answer: str, code: int) -> None:
    with at_terminal(desk, "updat") as user:
        user.read_until("updat is no command; did you mean `update`?")
        user.type(answer if answer == CTRL_D else f"{answer}{ENTER}")
        if code == 0:
            user.accept(*OTHERS)
        assert user.end() == code, user.seen
    assert desk.left() == (["updat"] if code == 0 else [])


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


@pytest.mark.parametrize("answered", [0, 3])
@pytest.mark.parametrize("how", ["closed", "SIGHUP", "SIGTERM", "SIGQUIT", "SIGUSR1", CTRL_D])
def test_whatever_ends_a_question_ends_it_as_ctrl_c_does(
    desk: Desk, answered: int, how: str
) -> None:
    questions = ("What is the project called?", *OTHERS)
    with at_terminal(desk) as user:
        user.accept(*questions[:answered])
        user.read_until(questions[answered])
        assert list(desk.here.iterdir()) == []  # nothing is made before all is answered
        if how == "closed":
            code = user.close()
        elif how == CTRL_D:
            user.type(CTRL_D if answered else f"emptied{CTRL_U}{CTRL_D}")
            code = user.end()
        else:
            user.process.send_signal(getattr(signal, how))
            code = user.end()
    assert code == 130, user.seen
    assert "Traceback" not in user.seen
    assert "--" not in user.seen
    assert desk.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
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
        preexec_fn=hear_signals,
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
from create_12_factor_agent import cli
from create_12_factor_agent.target import Target
place = Target.place
def interrupted(target, project):
    place(target, project)
    os.kill(os.getpid(), signal.SIGINT)
Target.place = interrupted
sys.argv[1:] = ["new", "bot", "--yes"]
cli.main()
"""
    done = subprocess.run(
        [COMMAND[0], "-c", script],
        cwd=desk.here,
        env=desk.env,
        capture_output=True,
        encoding="utf-8",
        preexec_fn=hear_signals,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Next:" in done.stdout
    assert (desk.here / "bot/README.md").exists()
    assert not [path for path in desk.left() if "create-12-factor-agent" in path]


def wait_for(folder: Path, pattern: str, process: subprocess.Popen[str]) -> None:
    while not list(folder.glob(pattern)):
        assert process.poll() is None, "it ended before it could be interrupted"
        time.sleep(0.0005)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("flags", "code"), [(["--yes"], 0), ([], 2)])
def test_streams_that_are_closed_are_no_error(
    desk: Desk, closed: str, flags: list[str], code: int
) -> None:
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", *COMMAND, "bot", *flags]
    done = subprocess.run(command, cwd=desk.here, env=desk.env, capture_output=True, check=False)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr
    assert desk.left() == (["bot"] if code == 0 else [])
