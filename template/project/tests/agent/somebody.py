"""Somebody who uses a server that is killed again and again, and what the ledgers say of it."""

import os
import random
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import DONE, QUESTION

THREADS = "/api/v1/threads"
FEW = 6  # threads that are under way at once
NOBODY = "is nobody there?"  # which nobody answers
# What happens in a thread, by the first word of its first message.
SCRIPTS = {
    "approved": [SAFE_STEP, APPROVAL_STEP, DONE],
    "later": [APPROVAL_STEP, DONE],
    "asked": [QUESTION, SAFE_STEP, DONE],
    "nobody": [{**QUESTION, "message": NOBODY}, DONE],
}


def note(file: str, line: str) -> None:
    """A ledger: a line that is there is there whatever happens next."""
    place = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(place, f"{line}\n".encode())
    os.fsync(place)
    os.close(place)


def noted(file: str) -> list[str]:
    return Path(file).read_text().split() if Path(file).exists() else []


def has_died(child: int) -> bool:
    """Whoever asks for how it ended can still do so."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class NotNow(Exception):
    """The store is gone for the moment."""


def there(answer: httpx2.Response) -> httpx2.Response:
    if answer.status_code == 503:
        raise NotNow
    return answer.raise_for_status()


class Somebody:
    """Uses the server while it is there. What was accepted is promised, and written down."""

    def __init__(self, *ports: int) -> None:
        self.addresses = [f"http://127.0.0.1:{port}" for port in ports]
        self.begun = 0  # threads, of the last of which nobody may know whether it is there
        self.launched: list[str] = []
        self.answered: list[tuple[str, str]] = []
        self.done: set[str] = set()
        self.is_content = False

    def go_on(self, seconds: float, threads: int) -> None:
        """Until so many seconds have passed, or so many are done, and each that was begun."""
        until = time.monotonic() + seconds
        with self.connected():
            while time.monotonic() < until and not self.is_content:
                self.do_something(len(self.launched) < max(threads, self.begun))
                self.is_content = len(self.done) >= max(threads, self.begun)

    def go_on_beside(self, server: int, seconds: float) -> None:
        """Until it is dead, or so many seconds have passed; a few threads are always under way."""
        until = time.monotonic() + seconds
        with self.connected():
            while time.monotonic() < until and not has_died(server):
                self.do_something(len(self.launched) - len(self.done) < FEW)

    @contextmanager
    def connected(self) -> Iterator[None]:
        self.is_content = False
        with self.connection() as self.client:
            yield

    def connection(self) -> AbstractContextManager[httpx2.Client]:
        return httpx2.Client(base_url=random.choice(self.addresses), timeout=5)

    def do_something(self, launches: bool) -> None:
        try:
            if launches:
                self.launch()
            self.done.update(filter(self.look_at, set(self.launched) - self.done))
        except (httpx2.TransportError, NotNow):
            time.sleep(0.005)

    def saw(self) -> dict[str, Any]:
        """What was accepted, and what was done."""
        seen = {"launched": self.launched, "answered": self.answered}
        return seen | {"ran": noted("ran"), "told": noted("told")}

    def launch(self) -> None:
        """Again under the same key if nobody knows what became of it."""
        number = len(self.launched)
        self.begun = number + 1
        message = f"{list(SCRIPTS)[number % len(SCRIPTS)]} {number}"
        key = {"Idempotency-Key": f"{number} of {os.getpid()}"}
        answer = self.client.post(THREADS, json={"message": message}, headers=key)
        self.launched.append(there(answer).json()["id"])

    def look_at(self, each: str) -> bool:
        """Whether it is done. What it waits for is answered, or not."""
        thread = there(self.client.get(f"{THREADS}/{each}")).json()
        waiting = thread["awaiting"]
        if waiting is None or random.random() < 0.5:
            return bool(thread["status"] == "done")
        match waiting["reason"]:
            case "question" if str(thread["events"][0]["data"]).startswith("nobody"):
                return False
            case "approval":
                body = {"approved": random.random() < 0.9}
                self.tell(each, waiting, "approvals", body)
            case "in_doubt":
                self.tell(each, waiting, "approvals", {"approved": False})
            case "result":
                self.tell(each, waiting, "results", {"result": 7})
            case _:
                self.tell(each, waiting, "responses", {"response": "go on"})
        return False

    def tell(self, each: str, waiting: dict[str, Any], what: str, body: dict[str, Any]) -> None:
        call = {"call_id": waiting["call_id"]}
        answer = self.client.post(f"{THREADS}/{each}/{what}", json=call | body)
        if answer.status_code == 503:
            raise NotNow
        if answer.status_code == 202:
            self.answered.append((each, waiting["call_id"]))
        elif answer.status_code != 409:  # somebody, or time, was quicker
            raise AssertionError(answer.text)
