"""The inbox, as whoever has it open answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from httpx2 import Client

from ..ways import Way, counted
from .browsing import SAME

NAME = "inbox"


class InTheInbox:
    def __init__(self) -> None:
        self.variables: dict[str, str] = {}

    def answer(self, client: Client, thread: dict[str, Any], approved: bool) -> str:
        do = "approve" if approved else "reject"
        form = {"do": do, "call_id": thread["awaiting"]["call_id"]}
        page = f"/threads/{thread['id']}"
        return counted(client.post(page, data=form, headers=SAME, follow_redirects=False))

    def says(self, client: Client, thread: dict[str, Any]) -> str:
        """Whoever answers too late reads it there."""
        return self.answer(client, thread, approved=False) or self.answer(client, thread, True)


@contextmanager
def way() -> Iterator[Way]:
    yield InTheInbox()
