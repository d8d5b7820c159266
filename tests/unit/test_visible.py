"""Names on a screen and in a shell: nothing of them is drawn, and what is printed can be run."""

import subprocess
from pathlib import Path

import pytest

from create_12_factor_agent.visible import LONGEST, quoted, short, visible

NAMES = ["two\nlines", "\x1b[31mred", "tab\tbell\a", "\u202eright", "änd", "it's $HOME", "\udce9nd"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_line_that_draws_nothing(name: str) -> None:
    assert visible(name).isprintable()
    assert visible(visible(name)) == visible(name)


def test_what_can_be_read_stays() -> None:
    assert visible("änd 智能 a\\b … `it`") == "änd 智能 a\\b … `it`"
    assert visible("a\nb\x1b[0m") == "a\\nb\\x1b[0m"


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
@pytest.mark.parametrize("name", NAMES)
def test_a_word_for_a_shell_is_that_name_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, encoding: str
) -> None:
    with (tmp_path / "out").open("w", encoding=encoding) as screen:
        monkeypatch.setattr("sys.stdout", screen)
        word = quoted(name)
        screen.write(word)  # as it would be shown
    (tmp_path / name).mkdir()
    command = ["bash", "-c", f"cd {word}"]
    assert word.isprintable()
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0


def test_what_fills_the_screen_is_cut_and_what_follows_is_not() -> None:
    assert short(f'--to "{"a" * 5000}": no such version').endswith('a…": no such version')
    assert len(short("a" * 5000)) < LONGEST
    assert short(f"cd {'a' * LONGEST}") == f"cd {'a' * LONGEST}"
