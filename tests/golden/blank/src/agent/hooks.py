"""What a webhook's body is checked with before anything reads it, the JSON parser included."""

import time

from fastapi import HTTPException, Request
from fastapi.security import APIKeyHeader

from .inbound import Caller, Exact
from .people import Person
from .settings import Settings
from .signatures import ID, NAMES, SIGNATURE, fault_before, fault_in, keys_in

CHANNEL = "webhook"
# Says in the description of the API what is sent; `Signed` looks at it.
signature = APIKeyHeader(name=SIGNATURE, auto_error=False, description="Standard Webhooks")


class Signed(Exact):
    """A route whose callers sign after Standard Webhooks, in place of a token, while
    AGENT_WEBHOOK_SECRET is set: `routes = APIRouter(route_class=Signed)`.
    """

    async def check(self, request: Request) -> None:
        settings: Settings = request.app.state.settings
        if settings.webhook_secret:
            keys = keys_in(settings.webhook_secret.get_secret_value())
            if why := await fault_of(request, keys):
                raise HTTPException(401, why)
            request.state.caller = Caller(Person(CHANNEL, "signed"))
            request.state.signed_as = request.headers[ID]


async def fault_of(request: Request, keys: list[bytes]) -> str | None:
    """Why this request is not believed, if it is not."""
    if twice := [name for name in NAMES if len(request.headers.getlist(name)) > 1]:
        return f"{twice[0]} is there more than once"
    # Nobody's body is waited for who has not signed.
    return fault_before(request.headers, time.time()) or fault_in(
        request.headers, await request.body(), keys, time.time()
    )
