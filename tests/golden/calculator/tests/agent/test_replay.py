"""`agent replay`: whether a decision would be asked for in the same words, and if not, why."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..yours.samples import SAFE_STEP
from .commands import Shell, shell_with
from .openai_server import Reply, scripted
from .processes import HOME, SOURCES
from .scripted import QUESTION
from .serving import told


@pytest.fixture
def shell() -> Iterator[Shell]:
    with shell_with() as shell:
        yield shell


def decided(shell: Shell) -> Path:
    """The file of a thread with three decisions."""
    _, _, err = shell.here(told(SAFE_STEP, QUESTION)["message"])
    thread_id = err.split()[-1]
    assert shell.here("answer", thread_id, "the red one")[0] == 0
    return Path(".threads", f"{thread_id}.json")


def verdicts(shell: Shell, file: Path) -> tuple[int | str | None, list[str]]:
    code, out, _ = shell.here("replay", file.stem)
    return code, [" ".join(line.split()[2:]) for line in out.splitlines()]


def edit(file: Path, event: int, **fields: Any) -> None:
    """Give these fields of an event other values; of `meta`, those that are named."""
    stored = json.loads(file.read_text("utf-8"))
    kept = stored["events"][event].get("meta", {})
    meta = {"meta": kept | fields["meta"]} if "meta" in fields else {}
    stored["events"][event] |= fields | meta
    file.write_text(json.dumps(stored), "utf-8")


def test_an_untouched_thread_is_the_same(shell: Shell) -> None:
    file = decided(shell)
    before = file.read_bytes()
    assert verdicts(shell, file) == (0, ["same"] * 3)
    _, out, _ = shell.here("replay", file.stem)
    assert [line.split()[0] for line in out.splitlines()] == ["1", "3", "5"]
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (2, {"data": "another result"}),
        (2, {"at": "2026-01-01T12:00:00Z"}),
        (1, {"data": {**SAFE_STEP, "more": 4}}),
        (1, {"meta": {"output_tokens": 1}}),
    ],
)
def test_an_edited_thread_is_said_to_be_changed_from_there_on(
    shell: Shell, event: int, fields: dict[str, Any]
) -> None:
    file = decided(shell)
    edit(file, event, **fields)
    assert verdicts(shell, file) == (1, ["same", "thread changed", "thread changed"])


def test_code_that_shows_the_thread_otherwise_is_said_to_be_changed(shell: Shell) -> None:
    file = decided(shell)
    edit(file, 5, meta={"context_sha256": "0" * 64})
    assert verdicts(shell, file) == (1, ["same", "same", "code changed"])


def test_another_prompt_is_said_to_be_changed(shell: Shell, tmp_path: Path) -> None:
    file = decided(shell)
    copy = tmp_path / "copy"
    shutil.copytree(SOURCES / "agent", copy / "src" / "agent")
    shutil.copytree(HOME / "baml_src", copy / "baml_src")
    prompt = copy / "baml_src" / "agent.baml"
    text = prompt.read_text("utf-8")
    prompt.write_text(text.replace('prompt #"', 'prompt #"\n    Now:', 1), "utf-8")
    code, out, err = Shell(shell.variables, copy / "src").run("replay", file.stem)
    assert (code, err) == (1, "")
    assert [line.split()[2:] for line in out.splitlines()] == [["prompt", "changed"]] * 3


def test_errors_are_replayed_as_well() -> None:
    replies: list[str | Reply] = ["what a day", json.dumps(SAFE_STEP), Reply(status=401)]
    with shell_with(scripted(*replies)) as shell:
        _, _, err = shell.here("hello")
        file = Path(".threads", f"{err.split()[-1]}.json")
        assert verdicts(shell, file) == (0, ["same"] * 3)
    _, out, _ = shell.here("replay", file.stem)
    assert [line.split()[1] for line in out.splitlines()] == [
        "error",
        SAFE_STEP["intent"],
        "model_failed",
    ]


def test_what_was_not_asked_again_is_not_replayed() -> None:
    """A thread that is too long fails again when it is resumed, and nothing is sent."""
    with shell_with(scripted(Reply("context_length_exceeded", status=400))) as shell:
        _, _, err = shell.here("hello")
        file = Path(".threads", f"{err.split()[-1]}.json")
        assert shell.here("resume", file.stem)[0] == 1
        assert verdicts(shell, file) == (0, ["same"])


def test_another_model_is_said_to_be_changed(shell: Shell) -> None:
    """Another name in the settings, and the same name that now means another model."""
    file = decided(shell)
    other = Shell(shell.variables | {"OPENAI_COMPATIBLE_MODEL": "another"})
    assert verdicts(other, file) == (1, ["model changed"] * 3)
    other = Shell(shell.variables | {"AGENT_MODEL": "openai/gpt-5-mini"})
    assert verdicts(other, file) == (1, ["model changed"] * 3)
    other = Shell(shell.variables | {"OPENAI_COMPATIBLE_URL": "http://elsewhere"})
    assert verdicts(other, file) == (0, ["same"] * 3)


def test_a_decision_without_a_record_of_what_was_asked_is_passed_over(shell: Shell) -> None:
    file = decided(shell)
    stored = json.loads(file.read_text("utf-8"))
    for event in stored["events"]:
        event.pop("meta", None)
    file.write_text(json.dumps(stored), "utf-8")
    assert verdicts(shell, file) == (0, [])
