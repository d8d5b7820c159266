"""A gateway behind the URL, whose people answer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from httpx2 import Client

from ..ways import Way, counted
from .receiver import OURS, THEIRS, Receiver, completed, post_back, receiving

NAME = "webhook"


class BehindTheUrl:
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.variables = {
            "AGENT_WEBHOOK_URL": receiver.url,
            "AGENT_WEBHOOK_SIGNING_SECRET": OURS,
            "AGENT_WEBHOOK_SECRET": THEIRS,
        }

    def answer(self, client: Client, thread: dict[str, Any], approved: bool) -> str:
        asked = self.content(thread, "function_calls")
        status = {"approved": approved, "user_info": {"name": "gateway"}}
        return counted(post_back(client, "function_calls", completed(asked, **status)))

    def says(self, client: Client, thread: dict[str, Any]) -> str:
        return str(self.content(thread, "outcomes")["became"])

    def content(self, thread: dict[str, Any], kind: str) -> Any:
        """The newest of its kind about this thread, once there is one."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for post in reversed(self.receiver.taken):
                if f"/{kind}?" in post.path and post.content["run_id"] == thread["id"]:
                    return post.content
            time.sleep(0.01)
        raise AssertionError(f"nothing of {kind} came")


@contextmanager
def way() -> Iterator[Way]:
    with receiving() as receiver:
        yield BehindTheUrl(receiver)
