"""The server as a process: where it listens, and when it does not."""

import uvicorn

from . import baml
from .log import logger
from .model import OFFLINE, OFFLINE_NOTE
from .server import create_app
from .settings import Settings
from .store import StoreError
from .web.access import is_loopback


def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises StoreError, also for an open door without a token, and
    Unavailable.
    """
    if settings.api_token is None and not is_loopback(settings.host):
        raise StoreError(f"{settings.host} is not this machine: set AGENT_API_TOKEN to serve there")
    host, port, level = settings.host, settings.port, settings.log_level
    app = create_app(settings)
    baml.client()  # made now if need be, and not while somebody waits
    if settings.model == OFFLINE:
        logger().warning("offline_model", note=OFFLINE_NOTE)
    try:
        uvicorn.run(app, host=host, port=port, log_level=level, timeout_graceful_shutdown=3)
    except SystemExit:  # how uvicorn says that it could not start, and it has logged why
        raise StoreError(f"cannot serve on {host}, port {port}: choose another --port") from None
