"""The server as a process: where it listens, and when it does not."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import socket

import uvicorn
from fastapi import FastAPI

from ..engine.opening import check_engine
from ..log import logger
from ..model import baml
from ..model.next_step import note_on
from ..settings import Settings
from ..store.opening import check_store
from ..stream import drain, patient_streams
from ..wiring import oddities, unset
from .access import is_loopback
from .app import create_app
from .limits import MAX_CONNECTIONS, Punctual
from .lines import lines
from .streams import Streams


class CannotServe(Exception):
    """Not there, or not like this; one line says what to do."""


def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises CannotServe, also for an open door without a token, and what
    `create_app` raises, and Unavailable.
    """
    for oddity in oddities():
        logger().warning("unknown_setting", problem=oddity)
    if not settings.tokens and not is_loopback(settings.host):
        raise CannotServe(
            f"{settings.host} is not this machine: set AGENT_API_TOKEN to serve there"
        )
    with patient_streams():
        app = create_app(settings)
        asyncio.run(check_store(app.state.runner.agent.store))
        check_engine(settings)
        if settings.approvers is None:
            problem = "AGENT_APPROVERS is not set: whoever may answer may approve anything"
            logger().warning("approvers_unset", problem=problem)
        for means in unset(settings):
            logger().warning("channel_unset", channel=means.name, problem="; ".join(means.faults))
        baml.generated("sync_client")  # made now if need be, and not while somebody waits
        if note := note_on(settings.model):
            logger().warning("offline_model", note=note)
        run(app, settings)


class Server(uvicorn.Server):
    streams: Streams

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.let_go)

    def let_go(self) -> None:
        """A process that a tool forks may outlive us: it keeps neither our port nor our callers."""
        listening = [each for server in self.servers for each in server.sockets]
        callers = [each.transport for each in self.server_state.connections]
        for each in (*listening, *(caller.get_extra_info("socket") for caller in callers)):
            with suppress(OSError):
                os.close(each.fileno())

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self.streams.close()  # they would hold it up until it breaks them off
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn ends with the signal that it was sent: its last words come first."""
        with super().capture_signals():
            try:
                yield
            finally:
                drain()


def run(app: FastAPI, settings: Settings) -> None:
    host, port = settings.host, settings.port
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level=settings.log_level,
        log_config=lines(settings.log_level),
        http=Punctual,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=3,
    )
    server = Server(config)
    server.streams = app.state.streams
    try:
        with suppress(KeyboardInterrupt):
            server.run()
    except SystemExit as error:  # how uvicorn says that it could not start, and it has logged why
        if server.started:  # then it was somebody else
            raise CannotServe(f"code in this process ended it: SystemExit {error.code}") from None
        if server.lifespan.should_exit:
            raise CannotServe("the agent did not start: the log says why") from None
        raise CannotServe(f"cannot serve on {host}, port {port}: choose another --port") from None
