"""People in a workspace who click, fill in and write, now and then twice, while Slack fails."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from httpx2 import Client

from agent.inbound import delivery_id

from ..crowds import EDIT, Crowd, Mind, Said, Seen
from ..somebody import NOBODY
from .stand_in import BOT, Fault, StandIn, standing_in
from .stand_in import Said as Body
from .talking import (
    ADA,
    BOB,
    ROOM,
    TEAM,
    Workspace,
    buttons_of,
    event_of,
    filled,
    has_buttons,
    message_of,
    variables,
)

NAME = "slack"
FAULTS = [
    Fault(503, "service_unavailable"),
    Fault(429, "ratelimited", headers={"Retry-After": "1"}),
    Fault(dropped=True),
    Fault(dropped=True, did=True),
    Fault(500, did=True),
    Fault(error="", delay=0.3, did=True),
]
AGAIN = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
A_MOMENT = 0.7  # seconds in which one reads a message
BUTTONS = {"yes": "Approve", "changed": "Edit…", "no": "Reject…"}


class FailingSlack(StandIn):
    def __init__(self, mind: Mind) -> None:
        super().__init__()
        self.mind = mind
        self.asked: set[str] = set()

    def fault(self) -> Fault | None:
        return self.mind.chance.choice(FAULTS) if self.mind.does(0.25) else None

    def chat_postMessage(self, body: Body) -> Body:
        self.asked |= {"/".join(call_of(body))} if has_buttons(body) else set()
        return super().chat_postMessage(body)


def call_of(message: Body) -> tuple[str, str]:
    about = json.loads(buttons_of(message)[0]["value"])
    return about["thread_id"], about["call_id"]


def ref_of(message: Body) -> str:
    return f"{message['channel']}/{message['ts']}"


class InTheWorkspace:
    def __init__(self, slack: FailingSlack, mind: Mind) -> None:
        self.slack, self.mind = slack, mind
        self.variables = variables(slack.url)
        self.seen = Seen()
        self.owed: list[tuple[Body, Said | str]] = []  # what Slack has not delivered yet
        self.delivered: list[Body] = []
        self.number = 0

    @property
    def is_content(self) -> bool:
        return not self.owed

    def turn(self, client: Client, threads: int) -> None:
        self.team = Workspace(client, self.slack)
        if self.delivered and self.mind.does(0.05):  # long after
            self.team.deliver(self.mind.chance.choice(self.delivered), **AGAIN)
        if self.owed:
            self.deliver(*self.owed[0])
            self.delivered.append(self.owed.pop(0)[0])
        elif self.number < threads:
            self.begin()
        else:
            as_it_is_now = [{**message} for message in self.slack.messages]
            for message in filter(has_buttons, as_it_is_now):
                is_theirs = self.mind.is_theirs("/".join(call_of(message)))
                if is_theirs and NOBODY not in json.dumps(message) and self.mind.does(0.3):
                    self.answer(message)

    def begin(self) -> None:
        text = f"<@{BOT}> {self.mind.begins(self.number, NAME)}"
        said = message_of(text, type="app_mention")
        self.number += 1
        self.owed.append((event_of(said), delivery_id(NAME, TEAM, ROOM, said["ts"])))

    def deliver(self, envelope: Body, about: Said | str) -> None:
        """As Slack does: again until it is acknowledged, and now and then once more."""
        since = time.time()
        for headers in [{}, AGAIN] if self.mind.does(0.2) else [{}]:
            assert self.team.deliver(envelope, **headers).status_code == 200
        match about:
            case Said():
                self.seen.took(replace(about, since=since))
            case thread_id:
                self.seen.launched.append(thread_id)

    def answer(self, message: Body) -> None:
        labels = [each["text"]["text"] for each in buttons_of(message)]
        user = self.mind.chance.choice([ADA, BOB])
        thread_id, call_id = call_of(message)
        said = Said(thread_id, call_id, f"{NAME}:{user}", "no")
        if "It was not done…" in labels:
            self.click(message, "It was not done…", said)
        elif "Approve" in labels:
            said = replace(said, what=self.mind.decides())
            self.click(message, BUTTONS[said.what], said)
        else:
            said = replace(said, what=self.mind.words("words in slack"))
            if "thread_ts" not in message or self.mind.does(0.2):
                self.click(message, next(each for each in labels if each.endswith("…")), said)
            elif time.time() - float(message["ts"]) > A_MOMENT:
                self.reply(message, replace(said, ref=ref_of(message)))

    def reply(self, message: Body, said: Said) -> None:
        self.seen.sent.append(said)
        place = {"thread_ts": message["thread_ts"], "channel": message["channel"]}
        words = message_of(said.what, said.who.removeprefix(f"{NAME}:"), **place)
        self.owed.append((event_of(words), said))

    def click(self, message: Body, label: str, said: Said) -> None:
        user, opened = said.who.removeprefix(f"{NAME}:"), len(self.slack.views)
        if said.what == "yes":
            self.seen.sent.append(said)
        for _ in range(2 if self.mind.does(0.2) else 1):
            assert self.team.click(message, label, user).status_code == 200
        if said.what == "yes":
            self.seen.took(said)
        elif view := self.opened(opened, said):
            self.submit(view, said)

    def opened(self, before: int, said: Said) -> Body | None:
        """Slack may not have opened it, and may open now what was clicked for before."""
        until = time.monotonic() + 0.4
        does = {"changed": "edit", "no": "reject"}.get(said.what, "say")
        wanted = {"do": does, "thread_id": said.thread, "call_id": said.call}
        while time.monotonic() < until:
            for view in self.slack.views[before:]:
                if wanted.items() <= json.loads(view["private_metadata"]).items():
                    return view
            time.sleep(0.01)
        return None

    def submit(self, view: Body, said: Said) -> None:
        typed: dict[str, Any] = dict([EDIT]) if said.what == "changed" else {}
        typed |= {"words": said.what} if view["callback_id"] == "say" else {}
        self.seen.sent.append(said)
        answer = self.team.submit(view, filled(view, **typed), said.who.removeprefix(f"{NAME}:"))
        assert answer.status_code == 200
        self.seen.took(said, counted=not answer.content)

    def saw(self) -> Seen:
        self.seen.asked = {NAME: self.slack.asked}
        for message in self.slack.messages:
            self.seen.settled |= set() if has_buttons(message) else {ref_of(message)}
            if message.get("thread_ts") and "*Done*" in json.dumps(message["blocks"]):
                place = TEAM, message["channel"], message["thread_ts"]
                self.seen.ended.add(delivery_id(NAME, *place))
        return self.seen


@contextmanager
def crowd(mind: Mind) -> Iterator[Crowd]:
    with standing_in(slack := FailingSlack(mind)):
        yield InTheWorkspace(slack, mind)
