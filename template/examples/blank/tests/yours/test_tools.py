"""The tool: a note is written whole, and none is lost without a human's yes."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agent.tools import approver, handle_next_step, parse_tool


def note(text: str, name: str = "shopping", overwrite: bool = False) -> Any:
    return parse_tool({"intent": "save_note", "name": name, "text": text, "overwrite": overwrite})


def save(text: str, **more: Any) -> Any:
    return asyncio.run(handle_next_step(note(text, **more), "1"))


def saved(name: str = "shopping") -> str:
    return Path("notes", f"{name}.md").read_bytes().decode()


@pytest.mark.parametrize("text", ["milk and eggs", "", "two\r\nlines\n", "é 智 💯"])
def test_a_note_is_a_file_with_its_text(text: str) -> None:
    assert save(text) == {"saved": "notes/shopping.md"}
    assert saved() == text


@pytest.mark.skipif(os.name == "nt", reason="modes are not how files are closed there")
def test_only_its_owner_reads_a_note() -> None:
    save("milk")
    ours = [Path("notes"), *Path("notes").iterdir()]
    assert [path for path in ours if path.stat().st_mode & 0o077] == []


def test_only_overwriting_needs_a_yes() -> None:
    assert approver(note("milk")) is None
    assert "human" in str(approver(note("milk", overwrite=True)))


def test_a_note_that_is_there_is_only_overwritten_when_that_is_said() -> None:
    save("milk")
    with pytest.raises(ValueError, match="there is a note shopping: choose another name"):
        save("bread")
    assert saved() == "milk"
    save("bread", overwrite=True)
    assert saved() == "bread"


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_same_call_again_is_the_same_note(overwrite: bool) -> None:
    """As after a crash: its result is the same too."""
    text = "two\r\nlines"
    assert save(text, overwrite=overwrite) == save(text, overwrite=overwrite)
    assert saved() == text


def test_of_eight_that_race_for_a_name_one_gets_it() -> None:
    def race(text: str) -> str:
        try:
            save(text)
        except ValueError:
            return ""
        return text

    with ThreadPoolExecutor(8) as pool:
        [winner] = filter(None, pool.map(race, "abcdefgh"))
    assert saved() == winner


@pytest.mark.parametrize(
    "name", ["", ".", "../plans", "/tmp/plans", "a/b", "a.b", "Plans", "é", "a b", "a\n", "a" * 61]
)
def test_what_is_no_name_is_refused_and_nothing_written(name: str) -> None:
    with pytest.raises(ValueError, match="is no name: use lower-case letters"):
        save("milk", name=name)
    assert list(Path.cwd().rglob("*")) == []
