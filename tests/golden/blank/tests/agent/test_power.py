"""A power cut at any moment of a whole run: what somebody was told is stored, is there."""

import asyncio
import shutil
from pathlib import Path

import pytest

from agent.events import AnyEvent
from agent.store import NoSuchThread
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread

from ..yours.samples import SAFE_STEP
from .recording import Disk
from .scripted import (
    DONE,
    NOON,
    QUESTION,
    answer,
    decided,
    error,
    restarted,
    result,
    said,
    thread_of,
)
from .stores import created, listed, read

RUN: list[list[AnyEvent]] = [
    [decided(SAFE_STEP)],
    [result(), decided(QUESTION, "2")],
    [answer("2", "h\u00e9llo\n]}")],
    [error(message="," * 5000)],
    [decided(DONE, "3")],
]


def changed(store: FileSystemThreadStore, thread_id: str, *events: AnyEvent) -> Thread:
    return asyncio.run(store.update(thread_id, lambda kept: kept.append(*events, at=NOON)))


def ran(disk: Disk, folder: Path) -> dict[str, Thread]:
    """Two threads in turn. Each event that was acknowledged is noted between the disk's steps."""
    store = FileSystemThreadStore(folder)
    threads: dict[str, Thread] = {}
    with disk.recorded():
        for name in ("one", "other"):
            thread_id = created(store, thread_of(said(name)))
            threads[thread_id] = read(store, thread_id)
            disk.told((thread_id, 1))
        for events in RUN:
            for thread_id in threads:
                kept = changed(store, thread_id, *events)
                threads[thread_id] = kept
                disk.told((thread_id, len(kept.events)))
    return threads


@pytest.mark.slow
def test_what_was_acknowledged_is_there_whatever_a_power_cut_leaves(tmp_path: Path) -> None:
    """And nothing that was not asked for; each thread can be read, and goes on."""
    disk = Disk()
    threads = ran(disk, tmp_path / "run")
    states = {(tuple(told), tuple(files.items())) for told, files in disk.after_a_power_cut()}
    assert len(states) > 200
    for number, (told, files) in enumerate(sorted(states, key=repr)):
        folder = tmp_path / "left"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in files:
            (folder / name).write_bytes(content)
        store = FileSystemThreadStore(folder)
        for thread_id, whole in threads.items():
            known = max((count for each, count in told if each == thread_id), default=0)
            try:
                kept = read(store, thread_id).events
            except NoSuchThread:
                assert not known
                continue
            assert len(kept) >= known
            assert whole.follows(Thread(kept))
            assert thread_id in listed(store)
            if number % 10 == 0 and read(store, thread_id).status == "running":
                changed(store, thread_id, restarted())
                again = FileSystemThreadStore(folder)
                assert len(read(again, thread_id).events) == len(kept) + 1
