"""The same with a server as a process of its own: it answers in time, and a crash loses nothing."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.inbound import delivery_id
from agent.store.locking import file_lock

from ...yours.samples import APPROVAL_STEP, effects
from ..commands import Server, Shell, as_told, shell_with
from ..serving import THREADS, settled, told
from .stand_in import Fault, Said, StandIn, standing_in
from .talking import (
    ADA,
    BOB,
    ROOM,
    TEAM,
    Workspace,
    event_of,
    filled,
    message_of,
    variables,
    wait_for,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def slack() -> Iterator[StandIn]:
    with standing_in() as slack:
        yield slack


@pytest.fixture
def shell(slack: StandIn) -> Iterator[Shell]:
    with shell_with(lambda prompt: as_told(prompt.replace("slack_message", "user_input"))) as shell:
        shell.variables.update(variables(slack.url), AGENT_CHANNELS="slack")
        yield shell


def mention_of(script: str) -> Said:
    return event_of({**message_of(f"<@U0BOT> {script}"), "type": "app_mention"})


def thread_of(server: Server, envelope: Said) -> dict[str, Any]:
    place = TEAM, envelope["event"]["channel"], envelope["event"]["ts"]
    return settled(server.client, delivery_id("slack", *place))


def test_it_answers_at_once_however_slow_slack_is(shell: Shell, slack: StandIn) -> None:
    with shell.serving() as server:
        team = Workspace(server.client, slack)
        team.deliver(mention_of(told(APPROVAL_STEP)["message"]))
        asked = team.asked()
        slack.faults = [Fault(delay=4, did=True)] * 3
        for number in range(3):
            began = time.monotonic()
            if number == 1:
                team.reply(asked, "yes")
            else:
                team.click(asked, "Approve" if number else "Edit…")
            assert time.monotonic() - began < 3  # as long as Slack waits


@contextmanager
def written_to(thread: dict[str, Any]) -> Iterator[None]:
    """By somebody who takes their time over it."""
    with file_lock(Path(".threads/.locks") / f"{thread['id']}.write"):
        yield


def test_it_answers_at_once_however_slow_the_store_is(shell: Shell, slack: StandIn) -> None:
    envelope = mention_of(told(APPROVAL_STEP)["message"])
    with shell.serving() as server:
        team = Workspace(server.client, slack)
        team.deliver(envelope)
        asked = team.asked()
        team.click(asked, "Edit…")
        view = team.opened()
        with written_to(thread_of(server, envelope)):
            began = time.monotonic()
            team.click(asked, "Approve")
            clicked = time.monotonic() - began
            answer = team.submit(view, filled(view)).json()
            sent = time.monotonic() - began - clicked
        assert (clicked < 3, sent < 3) == (True, True)
        assert "Send it again" in str(answer["errors"])
        assert f"it was approved by slack:{ADA}, and has run" in team.settled(asked)
        thread = thread_of(server, envelope)
        assert (thread["status"], effects()) == ("done", 1)


def test_a_click_is_not_lost_with_the_server(shell: Shell, slack: StandIn) -> None:
    """It is killed right behind the click, before anything has run, and another one goes on."""
    envelope = mention_of(told(APPROVAL_STEP)["message"])
    with shell.serving() as server:
        team = Workspace(server.client, slack)
        team.deliver(envelope)
        asked = team.asked()
        assert team.click(asked, "Approve").status_code == 200
        server.kill()
    with shell.serving() as server:
        team = Workspace(server.client, slack)
        thread = thread_of(server, envelope)
        answers = [each["data"] for each in thread["events"] if each["type"] == "human_response"]
        assert answers == [{"approved": True, "user": ADA, "channel": "slack"}]
        if thread["status"] == "awaiting_human_approval":  # nobody knows whether it ran
            assert "may have run" in team.settled(asked)
            team.click(team.asked(), "It was not done…")
            team.submit(team.opened(), filled(team.opened()))
            thread = thread_of(server, envelope)
        assert f"it was approved by slack:{ADA}" in team.settled(asked)
        assert effects() <= 1
        wait_for(lambda: "*Done*" in slack.messages[-1]["blocks"][0]["text"]["text"])
        team.deliver(envelope, **{"X-Slack-Retry-Num": "1"})
        assert len(server.client.get(THREADS).json()["threads"]) == 1


def test_two_hundred_clicks_at_once_are_one_answer(shell: Shell, slack: StandIn) -> None:
    envelope = mention_of(told(APPROVAL_STEP)["message"])
    with shell.serving() as server:
        team = Workspace(server.client, slack)
        team.deliver(envelope)
        asked = {**team.asked()}
        assert asked["channel"] == ROOM
        with ThreadPoolExecutor(20) as pool:
            users = [ADA, BOB] * 100
            statuses = list(pool.map(lambda user: team.click(asked, "Approve", user), users))
        assert {answer.status_code for answer in statuses} == {200}
        thread = thread_of(server, envelope)
        assert sum(each["type"] == "human_response" for each in thread["events"]) == 1
        assert effects() == 1
        assert "it was approved by slack:" in team.settled(team.slack.messages[0])
