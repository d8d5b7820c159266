"""Everybody answers one call at once, everywhere: it runs once, and each is told the truth."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from ...yours.samples import APPROVAL_STEP, effects
from ..commands import Server, Shell, shell_with
from ..scripted import changed
from ..serving import THREADS, settled, told
from .browsing import SAME

pytestmark = pytest.mark.slow

EDITED = changed(APPROVAL_STEP)
SET = [part for name, value in EDITED.items() for part in ("--set", f"{name}={value}")]


@pytest.fixture
def shell() -> Iterator[Shell]:
    with shell_with() as shell:
        yield shell


class Race:
    """Each of these answers as somebody would, and says which answer that was if it was taken."""

    def __init__(self, shell: Shell, server: Server, thread: dict[str, Any]) -> None:
        self.shell, self.url = shell, str(server.client.base_url).rstrip("/")
        self.id, self.call_id = thread["id"], thread["awaiting"]["call_id"]

    def over_http(self, **body: Any) -> dict[str, Any] | str:
        body = {"call_id": self.call_id, **body}
        url = f"{self.url}{THREADS}/{self.id}/approvals"
        answer = stored(lambda: httpx2.post(url, json=body, timeout=60))
        if answer.status_code == 202:
            return {"call_id": "", **body} | {"call_id": ""}
        assert answer.status_code == 409, answer.text
        return str(answer.json()["detail"])

    def in_the_inbox(self, do: str) -> dict[str, Any] | str:
        form = {"do": do, "call_id": self.call_id}
        page = f"{self.url}/threads/{self.id}"
        answer = stored(lambda: httpx2.post(page, data=form, headers=SAME, timeout=60))
        if answer.status_code == 303:
            return {"call_id": "", "approved": do == "approve"}
        assert answer.status_code == 409, answer.text
        return answer.text

    def at_the_terminal(self, word: str) -> dict[str, Any] | str:
        words = {"edit": ["approve", self.id, self.call_id, *SET]}.get(word)
        words = words or [word, self.id, self.call_id]
        code, _, err = self.shell.run(*words)
        while "is locked" in err:  # so many write at once: try again later, it says
            code, _, err = self.shell.run(*words)
        if code == 2:
            return err
        arguments = {"arguments": EDITED} if word == "edit" else {}
        return {"call_id": "", "approved": word != "reject", **arguments}


def stored(send: Callable[[], httpx2.Response]) -> httpx2.Response:
    """What is answered once the thread is not locked any more: so many write at once."""
    while (answer := send()).status_code == 503:
        time.sleep(0.1)
    return answer


def test_a_hundred_answers_to_one_call(shell: Shell) -> None:
    with shell.serving() as server:
        body = told(APPROVAL_STEP)
        waits = server.client.post(THREADS, json=body, headers={"Prefer": "wait=10"}).json()
        race = Race(shell, server, waits)
        tries: list[Any] = []
        for number in range(88):
            match number % 4:
                case 0:
                    tries.append(lambda: race.over_http(approved=True))
                case 1:
                    tries.append(lambda: race.over_http(approved=True, arguments=EDITED))
                case 2:
                    tries.append(lambda: race.in_the_inbox("approve"))
                case _:
                    tries.append(lambda: race.in_the_inbox("reject"))
        words = ["approve", "reject", "edit"] * 4
        tries += [lambda word=word: race.at_the_terminal(word) for word in words]
        with ThreadPoolExecutor(25) as pool:
            said = list(pool.map(lambda one: one(), [*tries[-12:], *tries[:-12]]))
        thread = settled(server.client, waits["id"])

    [answer] = [event["data"] for event in thread["events"] if event["type"] == "human_response"]
    decided = {name: answer[name] for name in ("approved", "arguments") if name in answer}
    ends = [event for event in thread["events"] if event["type"] in ("tool_response", "error")]
    assert len(ends) == int(answer["approved"])  # what was changed may be what the tool refuses
    assert effects() == sum(event["type"] == "tool_response" for event in ends)
    taken = [each for each in said if isinstance(each, dict)]
    assert taken
    assert all(each == {"call_id": "", **decided} for each in taken), json.dumps(decided)
    word = "approved" if answer["approved"] else "rejected"
    refused = [each for each in said if isinstance(each, str)]
    assert all(f"it was {word}" in each for each in refused), refused[:3]
    assert len(taken) + len(refused) == 100
