"""A workspace, in which somebody clicks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from httpx2 import Client

from ..ways import Way
from .stand_in import Said, StandIn, standing_in
from .talking import Workspace, filled, has_buttons, variables

NAME = "slack"


class InTheWorkspace:
    def __init__(self, slack: StandIn) -> None:
        self.slack = slack
        self.variables = variables(slack.url)

    def answer(self, client: Client, thread: dict[str, Any], approved: bool) -> str:
        """A rejection has a modal, in which what it is told stands as well."""
        team, message = Workspace(client, self.slack), dict(self.message(thread))
        if not has_buttons(message):  # somebody was quicker, and it says so
            return self.says(client, thread)
        told, opened = len(self.slack.whispers), len(self.slack.views)
        team.click(message, "Approve" if approved else "Reject…")
        for view in self.slack.views[opened:]:
            refused = team.submit(view, filled(view)).text
            if "errors" in refused:
                return refused
        return json.dumps(self.slack.whispers[told:]) if self.slack.whispers[told:] else ""

    def says(self, client: Client, thread: dict[str, Any]) -> str:
        return json.dumps(self.message(thread)["blocks"])

    def message(self, thread: dict[str, Any]) -> Said:
        contacted = thread["awaiting"]["contacted"]
        [ref] = [each["ref"] for each in contacted if each["channel"] == NAME]
        return next(m for m in self.slack.messages if f"{m['channel']}/{m['ts']}" == ref)


@contextmanager
def way() -> Iterator[Way]:
    with standing_in() as slack:
        yield InTheWorkspace(slack)
