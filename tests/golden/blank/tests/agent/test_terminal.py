"""A human at a real terminal: asked in place, heard, and free to leave."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.shown import words

from ..yours.samples import APPROVAL_STEP, SAFE_STEP, effects
from .commands import Shell, as_told, shell_with
from .openai_server import Reply
from .scripted import MANAGER, QUESTION
from .serving import told
from .terminals import at_terminal

pytestmark = pytest.mark.slow

CTRL_C, CTRL_D = "\x03", "\x04"
ESCAPE = "\x1b"


@pytest.fixture
def shell() -> Iterator[Shell]:
    with shell_with(TERM="xterm") as shell:
        yield shell


def test_the_human_is_asked_in_place_and_an_empty_enter_never_approves(shell: Shell) -> None:
    terminal = at_terminal(shell, told(QUESTION, APPROVAL_STEP)["message"])
    terminal.expect(QUESTION["message"])
    terminal.expect("> ")
    terminal.type("the red one\n")
    terminal.expect("Approve? [yes/no]")
    for keys in ("\n", " \n", "maybe\n", "yess\n"):
        terminal.type(keys)
        terminal.expect("Approve? [yes/no]")
    assert effects() == 0
    terminal.type("y\n")
    terminal.expect("that is all")
    assert (terminal.ends_with(), effects()) == (0, 1)


def test_no_asks_why_and_the_model_reads_it() -> None:
    prompts: list[str] = []

    def model(prompt: str) -> str:
        prompts.append(prompt)
        return as_told(prompt)

    with shell_with(model) as shell:
        terminal = at_terminal(shell, told(APPROVAL_STEP)["message"])
        terminal.expect("Approve? [yes/no]")
        terminal.type("n\n")
        terminal.expect("Why not?")
        terminal.type("far too much\n")
        assert (terminal.ends_with(), effects()) == (0, 0)
    assert "far too much" in prompts[-1]


def test_a_person_reads_calls_and_results_and_a_pipe_kinds_of_events() -> None:
    with shell_with(TERM="xterm", NO_COLOR="1") as shell:
        terminal = at_terminal(shell, told(SAFE_STEP)["message"])
        assert terminal.ends_with() == 0
        _, piped, _ = shell.run(told(SAFE_STEP)["message"])
    shown = terminal.seen.replace("\r\n", "\n").splitlines()
    assert shown[0].startswith("you: ")
    assert SAFE_STEP["intent"] in shown
    assert shown[-2].startswith("  = ")
    assert shown[-1] == "that is all"
    kinds = re.findall(r"^\w+", piped, re.MULTILINE)[:3]
    assert kinds == ["user_input", SAFE_STEP["intent"], "tool_response"]


@pytest.mark.parametrize("before", ["", "n\n"])
def test_who_leaves_is_waited_for(shell: Shell, before: str) -> None:
    terminal = at_terminal(shell, told(APPROVAL_STEP)["message"])
    terminal.expect("Approve? [yes/no]")
    if before:
        terminal.type(before)
        terminal.expect("Why not?")
    terminal.type(CTRL_D)
    terminal.expect("agent approve ")
    assert (terminal.ends_with(), effects()) == (3, 0)


def test_a_yes_is_to_the_call_that_was_shown(shell: Shell) -> None:
    """Somebody else decides while the screen stands: the yes is to what is gone."""
    terminal = at_terminal(shell, told(MANAGER, APPROVAL_STEP)["message"])
    terminal.expect("Approve? [yes/no]")
    thread_id, shown = waiting_call()
    assert shell.run("reject", thread_id, shown, "--because", "not that")[0] == 3
    terminal.type("yes\n")
    terminal.expect("nothing was done")
    terminal.expect("Approve? [yes/no]")
    assert effects() == 0
    assert waiting_call()[1] != shown
    terminal.type("yes\n")
    assert (terminal.ends_with(), effects()) == (0, 1)


def test_what_is_typed_before_a_call_is_shown_is_no_answer_to_it(shell: Shell) -> None:
    terminal = at_terminal(shell, told(MANAGER, APPROVAL_STEP)["message"])
    terminal.expect("Approve? [yes/no]")
    terminal.type("yes\nyes\n")
    terminal.expect("Approve? [yes/no]")
    assert effects() == 0
    terminal.type("no\n")
    terminal.expect("Why not?")
    terminal.type("too much\n")
    assert (terminal.ends_with(), effects()) == (0, 0)


@pytest.mark.parametrize(
    ("meant", "code", "ran"), [("yes\n", 0, 1), ("no\n", 3, 0), (CTRL_D, 3, 0)]
)
def test_a_decision_without_a_call_is_asked_for(
    shell: Shell, meant: str, code: int, ran: int
) -> None:
    shell.run(told(APPROVAL_STEP)["message"])
    terminal = at_terminal(shell, "approve", waiting_call()[0])
    terminal.expect(APPROVAL_STEP["intent"])
    terminal.expect("Is your answer to this? [yes/no]")
    terminal.type(meant)
    assert (terminal.ends_with(), effects()) == (code, ran)


def waiting_call() -> tuple[str, str]:
    """The thread, and the call that it waits with."""
    [path] = Path(".threads").glob("*.json")
    return path.stem, json.loads(path.read_text("utf-8"))["events"][-1]["call_id"]


def test_ctrl_c_at_a_question_says_how_to_answer_it(shell: Shell) -> None:
    terminal = at_terminal(shell, told(QUESTION)["message"])
    terminal.expect("> ")
    terminal.type(CTRL_C)
    terminal.expect("agent answer ")
    assert terminal.ends_with() == 130


def test_ctrl_c_while_the_model_thinks_says_how_to_resume() -> None:
    with shell_with(lambda prompt: Reply(as_told(prompt), delay=30)) as shell:
        terminal = at_terminal(shell, told()["message"])
        terminal.expect("thread ")
        terminal.type(CTRL_C)
        terminal.expect("agent resume ")
        assert terminal.ends_with() == 130
    thread_id = re.findall(r"agent resume ([0-9a-f-]{36})", terminal.seen)[0]
    with shell_with() as shell:
        assert shell.here("resume", thread_id)[0] == 0


def test_it_is_coloured_at_a_terminal_and_plain_in_a_pipe(shell: Shell) -> None:
    message = told(SAFE_STEP)["message"]
    terminal = at_terminal(shell, message)
    assert terminal.ends_with() == 0
    assert ESCAPE in terminal.seen
    _, out, err = shell.run(message)
    assert ESCAPE not in out + err


def test_no_color_is_heard() -> None:
    with shell_with(TERM="xterm", NO_COLOR="1") as shell:
        terminal = at_terminal(shell, told(SAFE_STEP)["message"])
        assert terminal.ends_with() == 0
        assert ESCAPE not in terminal.seen


def test_no_text_reaches_the_terminal_with_control_characters(shell: Shell) -> None:
    evil = f"{ESCAPE}]0;owned\x07{ESCAPE}[2J\r\x08\x9b31m\u202e[bold]x[/]"
    code, out, err = shell.here(f"{evil}")
    listed = shell.here("threads")[1] + shell.here("show", err.split()[-1])[1]
    asked = shell.here(told(QUESTION | {"message": evil, "choices": [evil]})["message"])[1]
    for shown in (out, listed, asked):
        assert not set(shown) & {ESCAPE, "\x07", "\r", "\x08", "\x9b", "\u202e"}
    assert "[bold]x[/]" in listed
    assert code == 0


def test_text_is_shown_as_it_is() -> None:
    for text in ("a line\tand a tab", "日本語 é 💯 :x: <b>"):
        assert words(text) == text
