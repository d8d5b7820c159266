"""Files that are no threads, and ids that are no ids: named, refused, and left alone. What is kept
is read by its owner alone.
"""

import asyncio
import json
import os
import shutil
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from agent.files import private_folder
from agent.store import NoSuchThread, NotStored, Unreadable
from agent.store.filesystem import FileSystemThreadStore

from .scripted import NOON, QUESTION, decided, error, said, thread_of
from .stores import created, held, listed, read

AN_ID = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
NO_IDS = ["../victim", "", ".", "x", "\u00e9" * 36, "a" * 300, "a\0b", "/etc/passwd"]


@pytest.mark.parametrize("bad", [*NO_IDS, str(AN_ID).upper(), AN_ID.hex, f"{{{AN_ID}}}"])
def test_an_id_that_is_none_is_no_thread(bad: str, tmp_path: Path) -> None:
    """Nothing outside the folder is read, written or made."""
    store = FileSystemThreadStore(tmp_path / "a" / ".threads")
    victim = tmp_path / "a" / "victim.json"
    thread_id = created(store)
    victim.write_bytes((store.root / f"{thread_id}.json").read_bytes())
    outside = sorted(tmp_path.rglob("*")), victim.stat().st_mtime_ns
    uses = (
        store.get(bad),
        store.update(bad, lambda kept: kept),
        store.create(thread_of(said()), bad or "-"),
        held(store, bad),
    )
    for use in uses:
        with pytest.raises(NoSuchThread):
            asyncio.run(use)
    assert (sorted(tmp_path.rglob("*")), victim.stat().st_mtime_ns) == outside


def test_a_thread_has_one_id_and_no_other_spelling(store: FileSystemThreadStore) -> None:
    thread_id = created(store)
    content = (store.root / f"{thread_id}.json").read_text("utf-8")
    for other in (thread_id.upper(), UUID(thread_id).hex, f"{{{thread_id}}}"):
        (store.root / f"{other}.json").write_text(content.replace(thread_id, other), "utf-8")
        with pytest.raises(NoSuchThread):
            read(store, other)


def test_a_thread_that_is_not_there(store: FileSystemThreadStore) -> None:
    with pytest.raises(NoSuchThread):
        read(store, str(uuid4()))
    assert listed(store) == []


def event(**other: object) -> str:
    fields = {"id": 0, "type": "user_input", "at": "2026-01-01T12:00:00Z", "data": "hello"} | other
    return json.dumps(fields)


BROKEN = {
    "empty": "",
    "torn": '{"id": "ID", "events": [\n{"id": 0, "ty',
    "not text": "\ud800",
    "foreign": '{"name": "my-app"}',
    "a list": "[]",
    "a number": "7",
    "null": "null",
    "no events": '{"id": "ID", "events": []}',
    "events are null": '{"id": "ID", "events": null}',
    "events are words": '{"id": "ID", "events": ["hello"]}',
    "null data": f'{{"id": "ID", "events": [{event(data=None)}]}}',
    "no time": f'{{"id": "ID", "events": [{event(at=None)}]}}',
    "a type that is a list": f'{{"id": "ID", "events": [{event(type=[])}]}}',
    "another id": f'{{"id": "{AN_ID}", "events": [{event()}]}}',
    "damaged amid": f'{{"id": "ID", "events": [\n{event()},\n{{"id": 1, "ty,\n{event(id=2)}\n]}}\n',
    "a start of nothing": '{"id": "ID", "events": ['
    f"{event()}, {event(id=1, type='tool_started', call_id='1', data={})}]}}",
    "nan": f'{{"id": "ID", "events": [{event(data={"a": float("nan")})}]}}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named_and_left_alone(
    content: str, store: FileSystemThreadStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others go on."""
    whole, broken = created(store), str(uuid4())
    path = store.root / f"{broken}.json"
    path.write_bytes(content.replace("ID", broken).encode("utf-8", "surrogatepass"))
    before = path.read_bytes()
    with pytest.raises(Unreadable, match=broken):
        read(store, broken)
    with pytest.raises(Unreadable, match=broken):
        asyncio.run(store.update(broken, lambda kept: kept.append(error(), at=NOON)))
    assert listed(store) == [whole]
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [entry["file"] for entry in logged] == [path.name]
    assert path.read_bytes() == before


def test_a_folder_where_a_thread_should_be_is_named(store: FileSystemThreadStore) -> None:
    whole, broken = created(store), str(uuid4())
    (store.root / f"{broken}.json").mkdir()
    with pytest.raises(Unreadable, match=broken):
        read(store, broken)
    assert listed(store) == [whole]


needs_modes = pytest.mark.skipif(os.name == "nt", reason="modes are not how files are closed there")


def modes(folder: Path) -> set[tuple[bool, str]]:
    found = (folder, *folder.rglob("*"))
    return {(path.is_dir(), oct(path.stat().st_mode & 0o777)) for path in found}


@needs_modes
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_the_owner_reads_what_is_kept(mask: int, store: FileSystemThreadStore) -> None:
    before = os.umask(mask)
    try:
        thread_id = created(store)
        asyncio.run(held(store, thread_id))
        asyncio.run(store.update(thread_id, lambda kept: kept.append(error(), at=NOON)))
    finally:
        os.umask(before)
    assert modes(store.root) == {(True, "0o700"), (False, "0o600")}


@needs_modes
def test_a_folder_that_stood_open_is_closed(store: FileSystemThreadStore) -> None:
    thread_id = created(store)
    for path in (store.root, *store.root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    asyncio.run(store.update(thread_id, lambda kept: kept.append(error(), at=NOON)))
    found = modes(store.root) - {(False, "0o644")}  # a lock that nobody has taken since
    assert found == {(True, "0o700"), (False, "0o600")}


@needs_modes
def test_a_file_in_the_place_of_a_folder_stays_as_it_is(tmp_path: Path) -> None:
    """Of a folder that was ours as well."""
    place = tmp_path / "threads"
    store = FileSystemThreadStore(place)
    created(store)
    shutil.rmtree(place)
    place.touch(0o644)
    with pytest.raises(NotStored):
        created(store)
    with pytest.raises(FileExistsError):
        private_folder(place)
    assert place.stat().st_mode & 0o777 == 0o644


@needs_modes
def test_a_folder_that_is_more_than_ours_stays_open(tmp_path: Path) -> None:
    shared, around, other = (tmp_path / name for name in ("shared", "around", "other"))
    shared.mkdir()
    shared.chmod(0o1777)
    other.mkdir()
    other.chmod(0o755)
    (other / "passwd").touch()
    store = FileSystemThreadStore(other)
    asyncio.run(store.update(created(store), lambda kept: kept.append(error(), at=NOON)))
    (around / "us").mkdir(parents=True)
    around.chmod(0o755)
    os.chdir(around / "us")
    for folder, mode in {shared: 0o1777, around: 0o755, other: 0o755}.items():
        private_folder(folder)
        assert folder.stat().st_mode & 0o7777 == mode


@needs_modes
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_the_text_beside_a_thread_leads_nowhere_else(
    link: object, store: FileSystemThreadStore, tmp_path: Path
) -> None:
    thread_id, victim = created(store), tmp_path / "victim"
    victim.write_text("mine", "utf-8")
    text = store.root / f"{thread_id}.txt"
    assert callable(link)
    link(victim, text)
    asyncio.run(store.update(thread_id, lambda kept: kept.append(decided(QUESTION), at=NOON)))
    assert victim.read_text("utf-8") == "mine"
    assert QUESTION["message"] in text.read_text("utf-8")


@needs_modes
def test_pipes_and_devices_are_passed_over(store: FileSystemThreadStore) -> None:
    """Nobody waits for what will never be written."""
    whole, pipe, device = created(store), str(uuid4()), str(uuid4())
    os.mkfifo(store.root / f"{pipe}.json")
    (store.root / f"{device}.json").symlink_to("/dev/zero")
    assert listed(store) == [whole]
    for each in (pipe, device):
        with pytest.raises(Unreadable, match=each):
            read(store, each)
    text = store.root / f"{whole}.txt"
    os.mkfifo(text)
    asyncio.run(store.update(whole, lambda kept: kept.append(decided(QUESTION), at=NOON)))
    assert text.is_file()
