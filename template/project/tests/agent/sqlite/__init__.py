"""The store in a SQLite file, and a way to make one."""

from pathlib import Path

from agent.store.sqlite import SqliteThreadStore


def made(folder: Path) -> SqliteThreadStore:
    return SqliteThreadStore(folder / "agent.db")
