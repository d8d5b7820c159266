"""A signed body goes to a URL. Whatever is no success is raised, and the ticker tries again."""

import json
import logging
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import AnyHttpUrl

from ...settings import Section, WebhookSecret
from ...signatures import headers_for

PATIENCE = 15.0  # seconds, less than a channel has


class WebhookSettings(Section):
    """The secret is not the one that answers are signed with, unless you want whoever is told to be
    who answers: whoever can check a signature can make it.
    """

    webhook_url: AnyHttpUrl | None = None
    webhook_signing_secret: WebhookSecret | None = None


NEEDED = {
    "webhook_url": "where what waits is posted, as https://gateway.example.com/agent",
    "webhook_signing_secret": "what that is signed with, as"
    ' `echo "whsec_$(openssl rand -base64 32)"` makes',
}


class NotTaken(Exception):
    """The other side did not say that it has it."""


async def post(
    url: str,
    name: str,
    content: Mapping[str, Any],
    keys: Sequence[bytes],
    also: Collection[int] = (),
) -> None:
    """Raises NotTaken for every status but success, and those that will do `also`; a redirect leads
    nobody anywhere. Of the answer nothing but the status is read.
    """
    import httpx2

    logging.getLogger("httpx2").setLevel(logging.WARNING)  # below, it logs whole URLs
    body = json.dumps(content).encode()
    headers = headers_for(keys, name, int(time.time()), body) | {"Content-Type": "application/json"}
    try:
        async with (
            httpx2.AsyncClient(timeout=PATIENCE, follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
    except httpx2.TimeoutException:
        raise NotTaken(f"it did not answer within {PATIENCE:g} seconds") from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:  # never its URL, which can be a secret
        raise NotTaken(f"it cannot be reached ({type(error).__name__})") from None
    if not 200 <= status < 300 and status not in also:
        leads_elsewhere = ", and nobody follows" if 300 <= status < 400 else ""
        raise NotTaken(f"it answered {status}{leads_elsewhere}")
