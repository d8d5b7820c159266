"""Slack's Web API, over slack-sdk: without another dependency, so its calls wait in a thread."""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web import WebClient

from ...workers import Threads
from .settings import configured

PATIENCE = 10  # seconds
THREADS = Threads()  # not asyncio's own, which are few, and would hold up mail where Slack is slow
QUIET = logging.Logger("slack", logging.CRITICAL)  # what goes wrong is raised


class NotTaken(Exception):
    """Slack did not do it, and says why in a word."""


async def call(method: str, **body: Any) -> Mapping[str, Any]:
    """What Slack answers. Raises NotTaken, OSError where nobody answers, and WrongSettings."""
    given = {name: value for name, value in body.items() if value is not None}
    return await call_api(method, json=given)


async def look(method: str, **about: Any) -> Mapping[str, Any]:
    """The same for what only reads, and takes no JSON."""
    return await call_api(method, http_verb="GET", params=about)


async def call_api(method: str, **how: Any) -> Mapping[str, Any]:
    slack = configured()
    client = WebClient(slack.token, slack.slack_api_url, PATIENCE, logger=QUIET, retry_handlers=[])
    try:
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(THREADS, partial(client.api_call, method, **how))
    except SlackApiError as error:
        raise NotTaken(f"Slack did not take {method}: {reason(error.response)}") from None
    return answer.data if isinstance(answer.data, dict) else {}


def reason(response: Any) -> str:
    """Their own word for it, and when to come back if they say so."""
    data = getattr(response, "data", response)
    told = data.get("error") if isinstance(data, dict) else None
    status = getattr(response, "status_code", None) or (
        data.get("status") if isinstance(data, dict) else None
    )
    headers = getattr(response, "headers", None) or {}
    later = {name.lower(): value for name, value in headers.items()}.get("retry-after")
    word = str(told)[:100] if told else f"status {status}"
    return f"{word}, again in {later} s" if later else word
