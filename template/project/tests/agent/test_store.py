"""Nothing that was saved is lost or torn, whoever writes at the same time or dies while at it."""

import asyncio
import json
import os
import time
from pathlib import Path
from threading import Thread as Background

import pytest

from agent.files import append
from agent.store import Busy, Locked, StoreError, Unreadable
from agent.store.filesystem import FileSystemThreadStore
from agent.store.opening import open_store as open_by_url
from agent.store.opening import shown
from agent.store.thread_file import as_addition, load
from agent.thread import CannotFollow, Thread

from .processes import locked, python
from .scripted import NOON, QUESTION, decided, error, said, thread_of, types, yes
from .stores import created, held, read

END = b"\n]}\n"

ONE_MORE = """
import asyncio, sys
from pathlib import Path
from agent.store.filesystem import FileSystemThreadStore
from tests.agent.scripted import NOON, error

async def main(folder, thread_id, times, who):
    store = FileSystemThreadStore(Path(folder))
    for n in range(int(times)):
        line = error(message=f"{who}-{n}" + "." * 200)
        await store.update(thread_id, lambda thread: thread.append(line, at=NOON))

asyncio.run(main(*sys.argv[1:]))
"""

HOLD = """
import asyncio, sys
from pathlib import Path
from agent.store.filesystem import FileSystemThreadStore

async def hold():
    async with FileSystemThreadStore(Path(sys.argv[1])).lease(sys.argv[2]):
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""


def test_the_files_are_the_thread_and_its_context(store: FileSystemThreadStore) -> None:
    thread = thread_of(said("h\u00e9llo"), decided(QUESTION))
    thread_id = created(store, thread)
    kept = json.loads((store.root / f"{thread_id}.json").read_text("utf-8"))
    assert list(kept) == ["id", "events"]
    assert kept["id"] == thread_id
    assert kept["events"][1] == {
        "id": 1,
        "type": "tool_call",
        "at": "2026-01-01T12:00:00Z",
        "call_id": "1",
        "data": QUESTION,
    }
    context = (store.root / f"{thread_id}.txt").read_text("utf-8")
    assert context == thread.serialize_for_llm() + "\n"


@pytest.mark.slow
def test_four_processes_lose_nothing_and_a_reader_sees_nothing_torn(
    store: FileSystemThreadStore,
) -> None:
    thread_id, seen = created(store), [0]
    writers = [python(ONE_MORE, store.root, thread_id, 25, who) for who in range(4)]
    while any(writer.poll() is None for writer in writers):
        seen.append(len(read(store, thread_id).events))
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    assert len(read(store, thread_id).events) == 101
    assert seen == sorted(seen)


def test_who_reads_while_several_events_are_appended_reads_whole_ones(
    store: FileSystemThreadStore,
) -> None:
    """Not the end of before, and behind it a part of what came in its place."""
    one = error(message="." * 150).model_copy(update={"at": NOON})
    for _ in range(8):
        thread_id = created(store)
        path = store.root / f"{thread_id}.json"

        def write(path: Path = path) -> None:
            for first in range(1, 80, 2):
                both = [one.model_copy(update={"id": first + n}) for n in range(2)]
                assert append(path, END, as_addition(both))

        writing, seen = Background(target=write), [1]
        writing.start()
        while writing.is_alive():
            seen.append(len(load(thread_id, path).events))
        writing.join()
        assert seen == sorted(seen)
        assert len(load(thread_id, path).events) == 81


def test_one_at_a_time_runs_a_thread(store: FileSystemThreadStore) -> None:
    """Across processes too; the lease is free again after kill -9."""
    thread_id, other_id = created(store), created(store)
    with python(HOLD, store.root, thread_id) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy):
            asyncio.run(held(store, thread_id))
        asyncio.run(held(store, other_id))
        holder.kill()
    asyncio.run(held(store, thread_id))


def torn(store: FileSystemThreadStore) -> tuple[Path, bytes, bytes]:
    """A file, what it was, and what one more event makes of it."""
    thread_id = created(store, thread_of(said("h\u00e9llo\n]}"), error(message='{"a": [}')))
    path = store.root / f"{thread_id}.json"
    before = path.read_bytes()
    change = error(message="\u00e9, {}\n")
    asyncio.run(store.update(thread_id, lambda kept: kept.append(change, at=NOON)))
    return path, before, path.read_bytes()


@pytest.mark.parametrize("rest", [b"", b"\0", b"\0" * 5_000], ids=["", "zero", "zeros"])
def test_a_power_cut_at_any_byte_of_a_write_loses_nothing(
    rest: bytes, store: FileSystemThreadStore
) -> None:
    """What was there is there, the event whole or not at all, and the thread goes on."""
    path, before, after = torn(store)
    for length in range(len(before) - len(END), len(after)):
        written = after[:length] + (rest or before[length:])
        path.write_bytes(written)
        fresh = FileSystemThreadStore(store.root)
        thread = read(fresh, path.stem)
        assert types(thread)[:2] == ["user_input", "error"]
        assert len(thread.events) in (2, 3)
        assert path.read_bytes() == written  # who only reads mends nothing
        if length % 7 == 0:
            asyncio.run(fresh.update(path.stem, lambda kept: kept.append(error(), at=NOON)))
            assert len(json.loads(path.read_bytes())["events"]) == len(thread.events) + 1


@pytest.mark.parametrize("behind", [b"", b"\0" * 40], ids=["", "zeros"])
def test_a_power_cut_that_keeps_the_end_of_a_write_alone_loses_nothing(
    behind: bytes, store: FileSystemThreadStore
) -> None:
    """The next event does not come behind what is left of it."""
    path, before, after = torn(store)
    for length in range(len(before), len(after)):
        path.write_bytes(before + behind + after[length:])
        fresh = FileSystemThreadStore(store.root)
        assert len(read(fresh, path.stem).events) == 2
        for count in (3, 4):
            asyncio.run(fresh.update(path.stem, lambda kept: kept.append(error(), at=NOON)))
            assert len(json.loads(path.read_bytes())["events"]) == count


SLIPS = [(b'"message"', b'"message",'), (b'"type"', b"type"), (b"\xc3\xa9", b"\xc3")]


@pytest.mark.parametrize(("wrong", "right"), [*SLIPS, (b"{}", b"\x01")])
@pytest.mark.parametrize("end", [END, b"\n]}", b"\n]}\r\n", b"\n ]}\n\n"])
def test_what_was_damaged_by_hand_is_no_power_cut(
    wrong: bytes, right: bytes, end: bytes, store: FileSystemThreadStore
) -> None:
    """An event that was acknowledged is not cut off, be it the last."""
    path, _, after = torn(store)
    left_alone(path, right.join(after.removesuffix(END).rsplit(wrong, 1)) + end)


@pytest.mark.parametrize("hole", [b"\0", b"\0" * 40, END], ids=["zero", "zeros", "end"])
def test_a_hole_amid_events_is_no_power_cut_either(
    hole: bytes, store: FileSystemThreadStore
) -> None:
    """What comes behind it was acknowledged."""
    path, before, _ = torn(store)
    place = len(before) - len(END)
    asyncio.run(store.update(path.stem, lambda kept: kept.append(error(), at=NOON)))
    whole = path.read_bytes()
    left_alone(path, whole[:place] + hole + whole[place + len(hole) :])
    left_alone(path, whole[: place - 9] + hole + whole[place - 9 + len(hole) :])


def left_alone(path: Path, damaged: bytes) -> None:
    path.write_bytes(damaged)
    fresh = FileSystemThreadStore(path.parent)
    with pytest.raises(Unreadable, match="is damaged behind event"):
        read(fresh, path.stem)
    with pytest.raises(Unreadable):
        asyncio.run(fresh.update(path.stem, lambda kept: kept.append(error(), at=NOON)))
    assert path.read_bytes() == damaged


def test_an_event_is_appended_and_the_rest_is_not_written_again(
    store: FileSystemThreadStore,
) -> None:
    path, before, after = torn(store)
    assert after.startswith(before[: -len(END)])
    assert after.endswith(END)
    inode = path.stat().st_ino
    asyncio.run(store.update(path.stem, lambda kept: kept.append(error(), error(), at=NOON)))
    assert path.stat().st_ino == inode
    assert len(json.loads(path.read_bytes())["events"]) == 5


def test_a_file_with_another_name_is_written_anew(store: FileSystemThreadStore) -> None:
    """Whoever made the link keeps what they had."""
    path, _, after = torn(store)
    copy = path.with_name("a copy")
    os.link(path, copy)
    asyncio.run(store.update(path.stem, lambda kept: kept.append(error(), at=NOON)))
    assert copy.read_bytes() == after


def test_a_refused_change_writes_nothing(store: FileSystemThreadStore) -> None:
    thread_id = created(store)
    before = {path: path.stat().st_mtime_ns for path in store.root.glob(f"{thread_id}.*")}
    with pytest.raises(CannotFollow):
        asyncio.run(store.update(thread_id, lambda kept: kept.append(yes(), at=NOON)))
    asyncio.run(store.update(thread_id, lambda kept: kept))
    assert {path: path.stat().st_mtime_ns for path in store.root.glob(f"{thread_id}.*")} == before


@pytest.mark.parametrize(
    "url", ["", "file:", "file://", "mysql://u:secret@h/x", "threads", "host=h p=secret"]
)
def test_a_store_that_is_not_here_is_named(url: str) -> None:
    with pytest.raises(StoreError, match="AGENT_STORE_URL=") as refused:
        open_by_url(url, "xml")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "mysql"])
@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("//u@h:1/d", "//u@h:1/d"),
        ("//h/d?sslmode=require", "//h/d"),
        ("///d", "///d"),
        ("//u:secret@h:1,i:2/d?password=secret", "//u@h:1,i:2/d"),
        ("//u:p@ss:w\xf6%@[::1]:1/d#secret", "//u@[::1]:1/d"),
        ("//u:sec/ret@h/d", "//\u2026"),
        ("//u:sec#ret?x@h:1/d", "//\u2026"),
        ("//u:sec?ret@", "//\u2026"),
        ("//u:secret", "//\u2026"),
        ("//u:secret/d", "//\u2026"),
        ("u:secret@h/d", "\u2026"),
        ("host=h password=secret", "\u2026"),
        ("//h/d?password=sec@ret", "//\u2026"),
        ("//h/d?password=secret", "//h/d"),
    ],
)
def test_no_part_of_a_password_is_shown(scheme: str, place: str, told: str) -> None:
    assert shown(f"{scheme}:{place}") == f"{scheme}:{told}"


@pytest.mark.parametrize("url", ["file:a@b?c", "sqlite:deep/er.db"])
def test_a_file_is_shown_as_it_is(url: str) -> None:
    assert shown(url) == url


def test_the_folder_of_the_url_is_used() -> None:
    asyncio.run(open_by_url("file:deep/er", "json").create(thread_of(said(), decided(QUESTION))))
    assert {path.suffix for path in Path("deep/er").glob("*.*")} >= {".json", ".txt"}


def test_the_folder_of_the_url_can_be_below_one_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(Path("home").absolute()))
    asyncio.run(open_by_url("file:~/threads", "json").create(thread_of(said())))
    assert list(Path("home/threads").glob("*.json"))


def test_a_lock_that_is_not_got_is_an_error_and_holds_up_no_other_thread(tmp_path: Path) -> None:
    """Whoever holds it has stopped, and more calls wait than the store has threads."""
    store = FileSystemThreadStore(tmp_path / ".threads", patience=1.0)
    stuck, free = created(store), created(store)

    def one_more(thread: Thread) -> Thread:
        return thread.append(error(), at=NOON)

    async def all_at_once() -> tuple[list[object], float]:
        begun = time.monotonic()
        waiting = asyncio.gather(
            *(store.update(stuck, one_more) for _ in range(10)), return_exceptions=True
        )
        await asyncio.sleep(0.1)
        await store.update(free, one_more)
        await store.get(stuck)
        quick = time.monotonic() - begun
        return list(await waiting), quick

    with locked(store.root / ".locks" / f"{stuck}.write"):
        came, quick = asyncio.run(all_at_once())
    assert quick < 0.9
    assert [type(each) for each in came] == [Locked] * 10
    assert types(read(store, stuck)) == ["user_input"]
    asyncio.run(store.update(stuck, one_more))
