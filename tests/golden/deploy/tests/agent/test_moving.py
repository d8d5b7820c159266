"""A store is moved, event by event, and comes out as it went in."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.store.opening import open_store
from agent.terminal import cli
from agent.thread import Thread

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import NOON, decided, error, fetched, result, said, started, stopped, thread_of, yes
from .stores import URLS, created, listed, read

AWKWARD: list[Any] = [
    1e200,
    -0.0,
    2**70,
    'h\u00e9llo\u2028\U0001f600\0\\ "quoted" \' %s :x',
    {"z": 1, "a": [None, True, {"": ""}]},
]
THREADS = [
    thread_of(said("hello")),
    thread_of(said("\n"), fetched(), decided(SAFE_STEP), result(data=AWKWARD)),
    thread_of(said(), decided(APPROVAL_STEP), yes(), started(), error("1", "it broke")),
    thread_of(said(), decided(APPROVAL_STEP)),
]


def run(url: str, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a command."""
    monkeypatch.setenv("AGENT_STORE_URL", url)
    try:
        cli.main(list(arguments))
    except SystemExit as left:
        return int(left.code or 0)
    return 0


@pytest.mark.parametrize("name", URLS)
def test_what_is_moved_and_moved_back_is_the_same_to_the_byte(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [f"file:{tmp_path / place}" for place in ("first", "last")]
    urls = [files[0], URLS[name](tmp_path / "other"), files[1]]
    first = open_store(urls[0], "xml")
    ids = [created(first, thread) for thread in THREADS]
    for source, target in pairwise(urls):
        assert run(source, "export", "all.jsonl", monkeypatch=monkeypatch) == 0
        assert run(target, "import", "all.jsonl", monkeypatch=monkeypatch) == 0
    for thread_id in ids:
        kept = [tmp_path / place / f"{thread_id}.json" for place in ("first", "last")]
        assert kept[0].read_bytes() == kept[1].read_bytes()
    assert listed(open_store(urls[1], "xml")) == listed(first)


@pytest.mark.parametrize("name", URLS)
def test_an_import_that_broke_off_is_run_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is there is left; what is another thread there is named, and left as well."""
    source, target = f"file:{tmp_path / 'first'}", URLS[name](tmp_path / "other")
    ids = [created(open_store(source, "xml"), thread) for thread in THREADS]
    assert run(source, "export", "all.jsonl", monkeypatch=monkeypatch) == 0
    lines = Path("all.jsonl").read_bytes().splitlines(keepends=True)
    Path("torn.jsonl").write_bytes(lines[0] + lines[1] + lines[2][:40])
    assert run(target, "import", "torn.jsonl", monkeypatch=monkeypatch) == 2
    assert "line 3 is no thread" in capsys.readouterr().err
    there = open_store(target, "xml")
    assert len(listed(there)) == 2

    async def goes_on() -> Thread:
        thread_id = json.loads(lines[0])["id"]
        return await there.update(thread_id, lambda kept: kept.append(stopped(), at=NOON))

    changed = asyncio.run(goes_on())
    assert run(target, "import", "all.jsonl", monkeypatch=monkeypatch) == 1
    told = capsys.readouterr().err
    assert json.loads(lines[0])["id"] in told
    assert "2 threads, and 1 that were there already" in told
    assert sorted(listed(there)) == sorted(ids)
    assert read(there, json.loads(lines[0])["id"]) == changed


@pytest.mark.parametrize("name", URLS)
def test_to_be_brought_up_to_date_can_be_said_at_any_time(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = URLS[name](tmp_path / "kept")
    thread_id = created(open_store(url, "xml"))
    for _ in range(2):
        assert run(url, "migrate", monkeypatch=monkeypatch) == 0
    assert read(open_store(url, "xml"), thread_id)
