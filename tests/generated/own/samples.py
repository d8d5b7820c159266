"""What the tests need to know of this project's tools."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.store import ThreadStore
from agent.store.filesystem import FileSystemThreadStore

SAFE_STEP: dict[str, Any] = {"intent": "list_inbox"}
SAFE_RESULT: Any = ["letter.txt"]
APPROVAL_STEP: dict[str, Any] = {"intent": "send_letter", "to": 17, "letter": 3}
FAILING_STEP: dict[str, Any] = {"intent": "look_up_weather", "city": "Paris"}

STORES: list[Callable[[Path], ThreadStore]] = [FileSystemThreadStore]


def prepare() -> None:
    Path("inbox").mkdir()
    Path("inbox", "letter.txt").write_text("hello")


def effects() -> int:
    sent = Path("inbox", "sent.log")
    return len(sent.read_text().splitlines()) if sent.exists() else 0
