"""The store in a SQLite file, and where there can be one."""

from pathlib import Path


def url(folder: Path) -> str:
    return f"sqlite:{folder / 'agent.db'}"
