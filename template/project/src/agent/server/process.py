"""The server as a process: where it listens, and when it does not."""

import uvicorn

from ..log import logger
from ..model import baml
from ..model.next_step import note_on
from ..settings import Settings
from ..wiring import oddities
from .access import is_loopback
from .app import create_app
from .limits import MAX_CONNECTIONS, Punctual


class CannotServe(Exception):
    """Not there, or not like this; one line says what to do."""


def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises CannotServe, also for an open door without a token, and what
    `create_app` raises, and Unavailable.
    """
    for oddity in oddities():
        logger().warning("unknown_setting", problem=oddity)
    if settings.api_token is None and not is_loopback(settings.host):
        raise CannotServe(
            f"{settings.host} is not this machine: set AGENT_API_TOKEN to serve there"
        )
    host, port, level = settings.host, settings.port, settings.log_level
    app = create_app(settings)
    baml.generated("sync_client")  # made now if need be, and not while somebody waits
    if note := note_on(settings.model):
        logger().warning("offline_model", note=note)
    try:
        uvicorn.run(
            app,
            host=host,
            port=port,
            log_level=level,
            http=Punctual,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=3,
        )
    except SystemExit:  # how uvicorn says that it could not start, and it has logged why
        raise CannotServe(f"cannot serve on {host}, port {port}: choose another --port") from None
