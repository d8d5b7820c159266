"""A signed body goes to a URL. Whatever is no success is raised, and the ticker tries again."""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, AnyHttpUrl

from ...outgoing import proxy_for, trust
from ...settings import Section, WebhookSecret
from ...signatures import headers_for

PATIENCE = 15.0  # seconds, less than a channel has


def without_fragment(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.fragment is not None:
        raise ValueError("write it without what begins with #: no server is told that")
    return url


class WebhookSettings(Section):
    """The secret is not the one that answers are signed with, unless you want whoever is told to be
    who answers: whoever can check a signature can make it.
    """

    webhook_url: Annotated[AnyHttpUrl, AfterValidator(without_fragment)] | None = None
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
    from urllib.request import getproxies

    from aiohttp import ClientSession, ClientTimeout, TCPConnector
    from yarl import URL

    body = json.dumps(content).encode()
    headers = headers_for(keys, name, int(time.time()), body) | {"Content-Type": "application/json"}
    try:
        async with (
            ClientSession(
                timeout=ClientTimeout(PATIENCE), connector=TCPConnector(ssl=trust())
            ) as client,
            client.post(
                url,
                data=body,
                headers=headers,
                proxy=proxy_for(URL(url), getproxies()),
                allow_redirects=False,
            ) as answer,
        ):
            status = answer.status
    except TimeoutError:
        raise NotTaken(f"it did not answer within {PATIENCE:g} seconds") from None
    except Exception as error:  # noqa: BLE001, never its URL, which can be a secret
        raise NotTaken(f"it cannot be reached ({type(error).__name__})") from None
    if not 200 <= status < 300 and status not in also:
        leads_elsewhere = ", and nobody follows" if 300 <= status < 400 else ""
        raise NotTaken(f"it answered {status}{leads_elsewhere}")
