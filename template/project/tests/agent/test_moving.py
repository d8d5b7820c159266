"""A store is moved, event by event, and comes out as it went in."""

import asyncio
import json
import os
from codecs import BOM_UTF8
from itertools import pairwise
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest

from agent.store.opening import open_store
from agent.terminal import cli
from agent.thread import Thread

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import NOON, decided, error, fetched, result, said, started, stopped, thread_of, yes
from .stores import DATABASES, URLS, created, listed, read

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
    told = capsys.readouterr().err
    assert ("2 threads kept" in told, "line 3 is no thread" in told, "again" in told) == (True,) * 3
    there = open_store(target, "xml")
    assert len(listed(there)) == 2

    async def goes_on() -> Thread:
        thread_id = json.loads(lines[0])["id"]
        return await there.update(thread_id, lambda kept: kept.append(stopped(), at=NOON))

    changed = asyncio.run(goes_on())
    assert run(target, "import", "all.jsonl", monkeypatch=monkeypatch) == 1
    told = capsys.readouterr().err
    assert json.loads(lines[0])["id"] in told
    assert "2 threads kept, and 1 that were there already" in told
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


@pytest.fixture
def source(tmp_path: Path) -> str:
    """The URL of a store that has a thread."""
    created(open_store(url := f"file:{tmp_path / 'first'}", "xml"))
    return url


def test_an_export_that_fails_leaves_the_earlier_one(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(source, "export", "all.jsonl", monkeypatch=monkeypatch) == 0
    before = Path("all.jsonl").read_bytes()
    Path("occupied").write_text("no folder", "utf-8")
    there = sorted(Path.cwd().iterdir())
    assert run("file:occupied", "export", "all.jsonl", monkeypatch=monkeypatch) == 2
    assert (Path("all.jsonl").read_bytes(), sorted(Path.cwd().iterdir())) == (before, there)


def test_an_export_can_lie_beside_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    thread_id = created(open_store("file:here", "xml"))
    for _ in range(2):
        assert run("file:here", "export", "here/all.jsonl", monkeypatch=monkeypatch) == 0
    assert thread_id in Path("here/all.jsonl").read_text("utf-8")
    assert listed(open_store("file:here", "xml")) == [thread_id]


def test_an_import_passes_over_what_is_there_and_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [created(open_store("file:here", "xml"), thread) for thread in THREADS[:2]]
    assert run("file:here", "export", "all.jsonl", monkeypatch=monkeypatch) == 0
    Path("there").mkdir()
    for thread_id in ids[:1]:
        Path(f"there/{thread_id}.json").write_text("{")
    capsys.readouterr()
    assert run("file:there", "import", "all.jsonl", monkeypatch=monkeypatch) == 1
    assert ids[0] in capsys.readouterr().err
    assert listed(open_store("file:there", "xml")) == ids[1:]


def test_a_link_leads_to_what_is_exported_and_imported(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.symlink("all.jsonl", "link")
    target = f"file:{tmp_path / 'last'}"
    for _ in range(2):
        assert run(source, "export", "link", monkeypatch=monkeypatch) == 0
        assert run(target, "import", "link", monkeypatch=monkeypatch) == 0
    assert Path("link").is_symlink()
    assert listed(open_store(target, "xml")) == listed(open_store(source, "xml"))


@pytest.mark.skipif(os.name == "nt", reason="rights are other things there")
def test_an_export_is_its_owners_alone_and_no_other_rights_are_changed(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo("pipe", 0o640)
    end = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    for name in ("pipe", "all.jsonl"):
        assert run(source, "export", name, monkeypatch=monkeypatch) == 0
    assert os.read(end, 10_000) == Path("all.jsonl").read_bytes()
    os.close(end)
    assert [S_IMODE(os.stat(name).st_mode) for name in ("pipe", "all.jsonl")] == [0o640, 0o600]
    os.chmod("all.jsonl", 0o644)
    assert run(source, "import", "all.jsonl", monkeypatch=monkeypatch) == 0
    assert S_IMODE(os.stat("all.jsonl").st_mode) == 0o644


@pytest.mark.parametrize("name", DATABASES)
def test_a_damaged_thread_is_named_and_takes_no_other_away(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a database, where it is found all the same."""
    store: Any = open_store(url := DATABASES[name](tmp_path / "kept"), "xml")
    damaged, whole = created(store), created(store)
    statement = f"UPDATE events SET event = '[' WHERE thread_id = '{damaged}'"
    with store.rows._connection() as connection:
        connection.execute(statement)
    for command, code in (("threads", 0), ("export", 1)):
        assert run(url, command, monkeypatch=monkeypatch) == code
        out, err = capsys.readouterr()
        assert (whole in out, damaged in out, damaged in err) == (True, False, True)
    assert "1 threads, and 1 left out that cannot be read" in err


def test_files_that_were_put_together_and_edited_are_one_import(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(source, "export", "all.jsonl", monkeypatch=monkeypatch) == 0
    line = BOM_UTF8 + Path("all.jsonl").read_bytes()
    Path("edited.jsonl").write_bytes(line + b"\r\n \n" + line + b"\n")
    assert run(f"file:{tmp_path / 'last'}", "import", "edited.jsonl", monkeypatch=monkeypatch) == 0
    assert "1 threads kept, and 1 that were there already" in capsys.readouterr().err


def test_an_id_that_is_none_is_named_by_its_line(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(source, "export", "all.jsonl", monkeypatch=monkeypatch) == 0
    line = Path("all.jsonl").read_bytes()
    thread_id = json.loads(line)["id"].encode()
    Path("edited.jsonl").write_bytes(line + b"\n" + line.replace(thread_id, b"../victim"))
    assert run(f"file:{tmp_path / 'last'}", "import", "edited.jsonl", monkeypatch=monkeypatch) == 2
    assert "line 3 is no thread" in capsys.readouterr().err


def test_a_store_that_cannot_be_is_told_of_though_nothing_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "no-folder").touch()
    url = f"file:{tmp_path / 'no-folder'}"
    assert run(url, "import", str(tmp_path / "empty.jsonl"), monkeypatch=monkeypatch) == 2
    assert run("file:new", "import", str(tmp_path / "empty.jsonl"), monkeypatch=monkeypatch) == 0
