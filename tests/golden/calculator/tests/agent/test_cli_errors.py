"""What cannot be done is one line that says what to do, and exit code 2; never a traceback."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..yours.samples import APPROVAL_STEP, effects
from .commands import Shell, as_told, shell_with
from .openai_server import Reply
from .scripted import DONE, QUESTION
from .serving import told

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def shell() -> Iterator[Shell]:
    with shell_with() as shell:
        yield shell


def refusal(shell: Shell, *arguments: str) -> str:
    code, out, err = shell.here(*arguments)
    lines = err.splitlines()
    assert (code, out, len(lines)) == (2, "", 1), err
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize("thread_id", [NOBODY, "../victim", "NULL", "\0", "x" * 300, "", "é"])
def test_an_unknown_thread_is_said_to_be_unknown(shell: Shell, thread_id: str) -> None:
    for command in ("answer", "approve", "resume", "stop", "show", "replay"):
        text = ["hello"] if command == "answer" else []
        assert "there is no thread" in refusal(shell, command, thread_id, *text)


def test_what_cannot_follow_says_why(shell: Shell) -> None:
    _, _, err = shell.here(told(QUESTION)["message"])
    thread_id = err.split()[-1]
    assert "waits for an answer in words" in refusal(shell, "approve", thread_id)
    assert "the thread is awaiting_human_response" in refusal(shell, "resume", thread_id)
    assert "choose 0 to 1" in refusal(shell, "fork", thread_id, "--at", "2")
    assert shell.here("answer", thread_id, "red")[0] == 0
    assert "no call waits for a yes" in refusal(shell, "approve", thread_id)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"events": []}', "\0"])
def test_a_torn_file_is_named_and_left_alone(shell: Shell, content: str) -> None:
    _, _, err = shell.here(told()["message"])
    torn = Path(".threads", f"{NOBODY}.json")
    torn.write_text(content, "utf-8")
    for command in ("resume", "stop", "show"):
        assert torn.name in refusal(shell, command, NOBODY)
    code, out, listed = shell.here("threads")
    assert (code, err.split()[-1] in out, torn.name in listed) == (0, True, True)
    assert torn.read_text("utf-8") == content


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AGENT_PORT", "http"),
        ("AGENT_PORT", "70000"),
        ("AGENT_MAX_STEPS", "0"),
        ("AGENT_MAX_ERRORS", "many"),
        ("AGENT_CONTEXT_FORMAT", "yaml"),
        ("AGENT_LOG_LEVEL", "loud"),
        ("AGENT_STORE_URL", "redis://localhost"),
        ("AGENT_STORE_URL", "file:"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    for command in (["hello"], ["threads"], ["serve"]):
        assert name in refusal(Shell({name: value}), *command)


def test_a_store_that_cannot_be_written_is_one_line(shell: Shell) -> None:
    Path("occupied").write_text("no folder", "utf-8")
    shell.variables["AGENT_STORE_URL"] = "file:occupied/threads"
    assert "occupied" in refusal(shell, "hello")


def test_no_message_is_no_message(shell: Shell) -> None:
    for arguments in ([""], ["  "], ["answer", NOBODY, ""]):
        refusal(shell, *arguments)
    assert shell.here()[0] == shell.here("--")[0] == 2


def test_options_that_there_are_not_are_refused(shell: Shell) -> None:
    for arguments in (["threads", "--status", "asleep"], ["show"], ["fork", NOBODY]):
        code, out, err = shell.here(*arguments)
        assert (code, out, "Traceback" in err) == (2, "", False)


def test_a_model_that_failed_is_exit_code_1_and_resume_goes_on() -> None:
    replies = iter([Reply(status=401)] * 9)
    with shell_with(lambda prompt: next(replies)) as shell:
        code, out, err = shell.here("hello")
        assert (code, f"agent resume {err.split()[-1]}" in out) == (1, True)
    with shell_with() as shell:
        assert shell.here("resume", err.split()[-1])[0] == 0


@pytest.mark.slow
def test_two_commands_at_once_run_a_call_once() -> None:
    with shell_with(lambda prompt: Reply(as_told(prompt), delay=0.2)) as shell:
        _, out, _ = shell.here(told(APPROVAL_STEP)["message"])
        arguments = re.findall(r"agent (approve) (\S+) (\S+)", out)[0]
        both = [shell.start(*arguments) for _ in range(2)]
        errors = [process.communicate(timeout=60)[1] for process in both]
        assert "Traceback" not in "".join(errors)
        assert 0 in [process.returncode for process in both]
        assert effects() == 1
        stored = json.loads(Path(".threads", f"{arguments[1]}.json").read_text("utf-8"))
        assert [event["type"] for event in stored["events"]].count("tool_response") == 1


def test_done_is_the_last_word() -> None:
    with shell_with(lambda prompt: json.dumps(DONE)) as shell:
        assert shell.here("hello")[:2] == (0, f'user_input "hello"\n{DONE["message"]}\n')
