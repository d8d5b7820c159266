"""The commands, with nobody at the terminal: what they print, and how they end."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..yours.samples import APPROVAL_STEP, SAFE_STEP, effects
from .commands import HERE, Shell, shell_with
from .scripted import MANAGER, QUESTION
from .serving import told

LISTED = ["awaiting", "created", "id", "status", "updated", "version"]


@pytest.fixture
def shell() -> Iterator[Shell]:
    with shell_with() as shell:
        yield shell


def started(shell: Shell, *steps: dict[str, Any]) -> str:
    """The id of a thread in which the model took these steps."""
    _, _, err = shell.here(told(*steps)["message"])
    return err.split()[-1]


def stored(thread_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(
        Path(".threads", f"{thread_id}.json").read_text("utf-8")
    )["events"]
    return events


def test_a_message_is_run_to_its_end_and_the_command_ends_too(shell: Shell) -> None:
    code, out, err = shell.run(told(SAFE_STEP)["message"])
    assert code == 0
    assert out.splitlines()[0].startswith("user_input ")
    assert out.splitlines()[1].startswith(SAFE_STEP["intent"])
    assert out.splitlines()[-1] == "that is all"
    assert re.fullmatch(r"thread [0-9a-f-]{36}\n", err)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-5 + 3"], "-5 + 3"),
        (["-5", "+", "3"], "-5 + 3"),
        (["5", "+", "3"], "5 + 3"),
        (["--json", "is", "what?"], "--json is what?"),
        (["-h", "is", "what?"], "-h is what?"),
        (["--", "stop", "it"], "stop it"),
        (["--", "-5"], "-5"),
        (["say", "--", "stop"], "say -- stop"),
        (["stopped", "by"], "stopped by"),
        (["MESSAGE", "--help"], "MESSAGE --help"),
        (["[red]:x:[/] <b>"], "[red]:x:[/] <b>"),
        (["two\nlines"], "two\nlines"),
    ],
)
def test_what_is_no_command_is_a_message_word_for_word(
    shell: Shell, words: list[str], message: str
) -> None:
    code, out, err = shell.here(*words)
    assert (code, out.splitlines()[-1]) == (0, "that is all")
    assert stored(err.split()[-1])[0]["data"] == message


def test_without_a_terminal_it_prints_the_commands_that_continue(shell: Shell) -> None:
    code, out, _ = shell.run(told(QUESTION, MANAGER, APPROVAL_STEP)["message"])
    assert (code, effects()) == (3, 0)
    code, out, _ = shell.here(*printed(out, "answer", "the red one"))
    assert (code, effects()) == (3, 0)
    code, out, _ = shell.here(*printed(out, "reject", "too much"))
    assert (code, effects()) == (3, 0)
    code, out, _ = shell.run(*printed(out, "approve"))
    assert (code, effects()) == (0, 1)


def printed(out: str, command: str, text: str = "") -> list[str]:
    """The words of a printed command, with a text where the dots are."""
    lines = [line.split() for line in out.splitlines() if f"agent {command} " in line]
    assert len(lines) == 1
    words = lines[0][lines[0].index("agent") + 1 :]
    assert ('"…"' in words) is bool(text)
    return [text if word == '"…"' else word for word in words]


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_decision_names_its_call_where_nobody_can_be_asked(shell: Shell, decision: str) -> None:
    thread_id = started(shell, APPROVAL_STEP)
    before = stored(thread_id)
    code, out, err = shell.here(decision, thread_id)
    assert (code, stored(thread_id), effects()) == (2, before, 0)
    assert APPROVAL_STEP["intent"] in out
    assert before[-1]["call_id"] in err
    assert shell.here(decision, thread_id, before[-1]["call_id"])[0] == 0


@pytest.mark.parametrize("command", [["approve"], ["answer", "--call"]])
def test_what_bears_the_id_of_another_call_changes_nothing(
    shell: Shell, command: list[str]
) -> None:
    thread_id = started(shell, QUESTION, APPROVAL_STEP)
    asked = stored(thread_id)[-1]["call_id"]
    assert shell.here("answer", thread_id, "--call", asked, "the red one")[0] == 3
    before = stored(thread_id)
    name, *option = command
    words = ["blue"] if option else []
    assert shell.here(name, thread_id, *option, asked, *words)[0] == 2
    assert (stored(thread_id), effects()) == (before, 0)


@pytest.mark.parametrize("text", ["-5", "--because", "5", "approve", "a b", "-"])
def test_an_answer_may_begin_with_anything(shell: Shell, text: str) -> None:
    thread_id = started(shell, QUESTION)
    assert shell.here("answer", thread_id, text)[0] == 0
    assert stored(thread_id)[2]["data"] == {"response": text, **HERE}


@pytest.mark.parametrize("names_its_call", [False, True])
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1", "red"),
        ("4", "blue"),
        ("4.", "blue"),
        ("3", "3"),  # a choice in its own words, and not the third
        ("2", "3"),
        ("0", "0"),
        ("5", "5"),
        ("red", "red"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_the_number_of_a_choice_is_the_choice(
    shell: Shell, typed: str, meant: str, names_its_call: bool
) -> None:
    choice = QUESTION | {"format": "multiple_choice", "choices": ["red", "3", "7", "blue"]}
    thread_id = started(shell, choice)
    call = ["--call", stored(thread_id)[1]["call_id"]] if names_its_call else []
    assert shell.here("answer", thread_id, *call, typed)[0] == 0
    assert stored(thread_id)[2]["data"] == {"response": meant, **HERE}


def test_an_answer_to_a_thread_that_is_done_follows_up(shell: Shell) -> None:
    thread_id = started(shell)
    assert shell.here("answer", thread_id, "and now?")[0] == 0
    assert [event["type"] for event in stored(thread_id)] == ["user_input", "tool_call"] * 2


def test_a_fork_is_a_thread_that_resume_runs(shell: Shell) -> None:
    thread_id = started(shell, SAFE_STEP)
    code, out, _ = shell.here("fork", thread_id, "--at", "2")
    assert (code, stored(out.strip())) == (0, stored(thread_id)[:3])
    assert shell.here("resume", out.strip())[0] == 0
    assert len(stored(out.strip())) == len(stored(thread_id))
    assert shell.here("fork", thread_id, "--at", "1")[0] == 2


def test_a_stopped_thread_is_stopped(shell: Shell) -> None:
    thread_id = started(shell, QUESTION)
    assert shell.here("stop", thread_id)[:2] == (0, "stopped\n")
    assert shell.here("answer", thread_id, "go on")[0] == 2


def test_show_prints_the_events_the_context_or_json(shell: Shell) -> None:
    thread_id = started(shell, QUESTION)
    code, out, _ = shell.here("show", thread_id)
    assert (code, QUESTION["message"] in out, f"answer {thread_id}" in out) == (0, True, True)
    code, out, _ = shell.here("show", thread_id, "--context")
    assert out == Path(".threads", f"{thread_id}.txt").read_text("utf-8")
    code, out, _ = shell.here("show", thread_id, "--json")
    assert sorted(json.loads(out)) == ["awaiting", "events", "id", "status", "version"]
    assert json.loads(out)["events"] == stored(thread_id)


def test_threads_lists_them_all_or_those_of_a_status(shell: Shell) -> None:
    done, waits = started(shell), started(shell, QUESTION)
    code, out, _ = shell.here("threads")
    assert (code, [line.split()[0] for line in out.splitlines()]) == (0, [done, waits])
    code, out, _ = shell.here("threads", "--status", "awaiting_human_response", "--json")
    listing = json.loads(out)
    assert [thread["id"] for thread in listing["threads"]] == [waits]
    assert (sorted(listing["threads"][0]), listing["next"]) == (LISTED, None)
    assert json.loads(shell.here("threads", "--status", "failed", "--json")[1])["threads"] == []
