"""People in Slack: what they write, click and fill in arrives as documented has it, signed."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from httpx2 import Client, Response

from agent.channels.slack import channel, listen
from agent.due import Policy, Route
from agent.people import Approvers

from ..serving import THREADS, as_told, serving
from .stand_in import BOT, BOT_TOKEN, Said, StandIn, standing_in

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM, ROOM, ADA, BOB = "T0TEAM", "C0ROOM", "U0ADA", "U0BOB"
EVENTS, CLICKS = "/hooks/slack", "/hooks/slack/interactions"
FORM = "application/x-www-form-urlencoded"
_numbers = count(1)


def variables(url: str) -> dict[str, str]:
    return {
        "AGENT_SLACK_BOT_TOKEN": BOT_TOKEN,
        "AGENT_SLACK_SIGNING_SECRET": SECRET,
        "AGENT_SLACK_TEAMS": TEAM,
        "AGENT_SLACK_TO": "C0OPS",
        "AGENT_SLACK_API_URL": url,
    }


def signature(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers that Slack signs with, `at` seconds since 1970."""
    stamp = str(int(time.time() if at is None else at))
    said = b"v0:" + stamp.encode() + b":" + body
    made = hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={made}"}


def event_of(event: Said, team: str = TEAM) -> Said:
    """The Events API's envelope."""
    number = next(_numbers)
    return {
        "token": "XXYYZZ",
        "team_id": team,
        "api_app_id": "A0APP",
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{number:08}",
        "event_time": int(time.time()),
        "authorizations": [
            {"enterprise_id": None, "team_id": team, "user_id": BOT, "is_bot": True}
        ],
    }


def message_of(text: str, user: str = ADA, **more: Any) -> Said:
    ts = f"{time.time():.6f}"
    about = {"type": "message", "channel": ROOM, "user": user, "text": text, "ts": ts}
    return about | {"event_ts": ts, "channel_type": "channel", "team": TEAM} | more


@dataclass
class Workspace:
    """A team that has the agent as an app. What it is answered with is kept in `answers`."""

    client: Client
    slack: StandIn
    answers: list[Response] = field(default_factory=list)

    def send(self, path: str, body: bytes, kind: str, **headers: str) -> Response:
        given = {"Content-Type": kind, **signature(body), **headers}
        answer = self.client.post(path, content=body, headers=given)
        assert answer.status_code < 500, answer.text
        self.answers.append(answer)
        return answer

    def deliver(self, envelope: Said, **headers: str) -> Response:
        return self.send(EVENTS, json.dumps(envelope).encode(), "application/json", **headers)

    def mention(self, text: str, user: str = ADA, **more: Any) -> Said:
        """The message, as it stands there then."""
        said = message_of(f"<@{BOT}> {text}", user, **{"type": "app_mention", **more})
        assert self.deliver(event_of(said)).status_code == 200
        return said

    def reply(self, to: Said, text: str, user: str = ADA, **more: Any) -> Said:
        thread_ts = to.get("thread_ts", to["ts"])
        said = message_of(text, user, thread_ts=thread_ts, channel=to["channel"], **more)
        assert self.deliver(event_of(said)).status_code == 200
        return said

    def click(self, message: Said, label: str, user: str = ADA, team: str = TEAM) -> Response:
        """The button with this label."""
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": "somebody", "name": "somebody", "team_id": team},
            "api_app_id": "A0APP",
            "token": "XXYYZZ",
            "container": {
                "type": "message",
                "message_ts": message["ts"],
                "channel_id": message["channel"],
                "is_ephemeral": False,
            },
            "trigger_id": f"{next(_numbers)}.2.abc",
            "team": {"id": TEAM, "domain": "team"},
            "channel": {"id": message["channel"], "name": "room"},
            "message": message,
            "response_url": "https://hooks.slack.com/actions/T0TEAM/1/x",
            "actions": [button_of(message, label) | {"action_ts": f"{time.time():.6f}"}],
        }
        return self.interact(payload)

    def submit(self, view: Said, values: Said, user: str = ADA, team: str = TEAM) -> Response:
        payload = {
            "type": "view_submission",
            "team": {"id": TEAM, "domain": "team"},
            "user": {"id": user, "username": "somebody", "name": "somebody", "team_id": team},
            "api_app_id": "A0APP",
            "token": "XXYYZZ",
            "trigger_id": f"{next(_numbers)}.2.abc",
            "view": {**view, "team_id": TEAM, "hash": "1.abc", "state": {"values": values}},
            "response_urls": [],
        }
        return self.interact(payload)

    def interact(self, payload: Said) -> Response:
        return self.send(CLICKS, urlencode({"payload": json.dumps(payload)}).encode(), FORM)

    def asked(self, number: int = 0) -> Said:
        """The message with buttons that was posted so many before, once that is written down."""
        messages = self.slack.messages
        found: list[Said] = wait_for(lambda: list(filter(has_buttons, messages))[number:])
        wait_for(lambda: found[-1]["ts"] in self.client.get(THREADS).text)
        return found[0]

    def settled(self, message: Said) -> str:
        """What it says once there is nothing to click."""
        wait_for(lambda: not has_buttons(message))
        return str(message["blocks"][-1]["text"]["text"])

    def whispered(self) -> str:
        """What was said to one alone last."""
        return str(wait_for(lambda: self.slack.whispers)[-1]["text"])

    def opened(self) -> Said:
        return dict(wait_for(lambda: self.slack.views)[-1])


def wait_for(what: Any, seconds: float = 10) -> Any:
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)
    return found


def buttons_of(message: Said) -> list[Said]:
    blocks = [block for block in message.get("blocks", []) if block["type"] == "actions"]
    return [each for block in blocks for each in block["elements"]]


def has_buttons(message: Said) -> bool:
    return bool(buttons_of(message))


def button_of(message: Said, label: str) -> Said:
    return next(each for each in buttons_of(message) if each["text"]["text"] == label)


def filled(view: Said, **changed: str) -> Said:
    """The values of a modal as it was opened, but for what somebody types or chooses."""
    values: Said = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, name = block["element"], block["block_id"].removeprefix("argument.")
        if element["type"] == "static_select":
            option = element.get("initial_option")
            if name in changed:
                options = element["options"]
                option = next(each for each in options if each["text"]["text"] == changed[name])
            state = {"type": "static_select", "selected_option": option}
        else:
            typed = changed.get(name, element.get("initial_value"))
            state = {"type": "plain_text_input", "value": typed or None}
        values[block["block_id"]] = {element["action_id"]: state}
    return values


@contextmanager
def working(
    patch: pytest.MonkeyPatch, approvers: dict[str, list[str]] | None = None, **parts: Any
) -> Iterator[Workspace]:
    """A workspace, and the agent behind its hooks, with its ticker."""
    with standing_in() as slack:
        for name, value in variables(slack.url).items():
            patch.setenv(name, value)
        told: dict[str, Any] = {
            "channels": {"slack": channel()},
            "policy": Policy(routes=(Route(channel="slack"),)),
            "approvers": Approvers(approvers),
            "clock": lambda: datetime.now(UTC),
            "notify": listen,
        }
        with serving(**({"model": as_told} | told | parts)) as client:
            yield Workspace(client, slack)
