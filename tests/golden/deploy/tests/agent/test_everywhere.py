"""One request on every channel that is there, answered on all at once: it is decided once, and
everywhere it stands in the end what became of it and who decided.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.due import Policy, Route
from agent.server.app import create_app
from agent.settings import Settings
from agent.store.filesystem import FileSystemThreadStore
from agent.tools import handle_next_step
from agent.wiring import means

from ..yours.samples import APPROVAL_STEP
from .scripted import agent_of, changed
from .serving import HERE, THREADS, as_told, kinds, launch, settled
from .ways import Api, Way, ways

EDITED = changed(APPROVAL_STEP)


class World:
    def __init__(self, client: TestClient, there: dict[str, Way]) -> None:
        self.client, self.there = client, there

    def race(self, number: int) -> None:
        """Every second time one of them changes the arguments first."""
        thread = self.told()
        changes = {"arguments": EDITED} if number % 2 else {}
        tries = [partial(Api().approve, self.client, thread, **changes)]
        for place, way in enumerate(self.there.values()):
            tries.append(partial(way.answer, self.client, thread, (number + place) % 3 != 0))
        random.Random(number).shuffle(tries)
        together = Barrier(len(tries))

        def at_once(answer: Callable[[], str]) -> str:
            together.wait()
            return answer()

        with ThreadPoolExecutor(len(tries)) as pool:
            said = list(pool.map(at_once, tries))
        self.holds(settled(self.client, thread["id"]), thread, said)

    def told(self) -> dict[str, Any]:
        """A thread of which everybody was told."""
        thread = launch(self.client, APPROVAL_STEP)
        deadline = time.monotonic() + 20
        while {each["channel"] for each in thread["awaiting"]["contacted"]} != self.there.keys():
            assert time.monotonic() < deadline, thread["awaiting"]["contacted"]
            time.sleep(0.01)
            thread = self.client.get(f"{THREADS}/{thread['id']}").json()
        return thread

    def holds(self, after: dict[str, Any], thread: dict[str, Any], said: list[str]) -> None:
        [answer] = [event["data"] for event in after["events"] if event["type"] == "human_response"]
        ends = [kind for kind in kinds(after) if kind in ("tool_response", "error")]
        assert len(ends) == int(answer["approved"])
        word = "approved" if answer["approved"] else "rejected"
        refused = [each for each in said if each]
        assert len(refused) < len(said)
        assert all(f"it was {word}" in each for each in refused), refused
        how = f"{word} with other arguments" if "arguments" in answer else word
        became = f"it was {how} by {answer['channel']}:{answer['user']}"
        for name, way in self.there.items():
            assert became in until(became, way, self.client, thread), name


def until(words: str, way: Way, client: TestClient, thread: dict[str, Any]) -> str:
    """What it says, as soon as it says that, or at last."""
    deadline = time.monotonic() + 20
    while words not in (said := way.says(client, thread)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return said


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A server that tells on all of them at once."""
    with ExitStack() as stack:
        there = {name: stack.enter_context(stand()) for name, stand in ways().items()}
        for way in there.values():
            for name, value in way.variables.items():
                monkeypatch.setenv(name, value)
        channels = {each.name: each.channel for each in means() if each.channel}
        agent = agent_of(
            FileSystemThreadStore(Path(".threads")),
            as_told,
            handle_next_step=handle_next_step,
            clock=lambda: datetime.now(UTC),
            channels=channels,
            policy=Policy(tuple(Route(channel=name) for name in channels)),
        )
        app = create_app(Settings(max_requests=10**6), agent)
        client = TestClient(app, "http://127.0.0.1", client=HERE, raise_server_exceptions=False)
        with client:
            yield World(client, there)


def test_every_channel_of_this_project_has_a_way() -> None:
    """So that none is left out of this by being new."""
    assert {each.name for each in means()} == ways().keys()


def test_what_is_answered_everywhere_at_once_happens_once(world: World) -> None:
    for number in range(3):
        world.race(number)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(int(os.environ.get("RACES_BY_TEN", "2"))))
def test_again_and_again(part: int, world: World) -> None:
    for number in range(10):
        world.race(10 * part + number)
