"""How much of the server one caller can hold, and for how long.

uvicorn has no limit for the time that headers take; the rest is its own or ours by ASGI.
"""

import asyncio
from typing import Any

import h11
from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_BODY = 1_000_000  # bytes
MAX_CONNECTIONS = 1_000
HEADER_SECONDS = 10.0
BODY_SECONDS = 30.0


class Punctual(H11Protocol):
    """Closes a connection whose request does not come to the end of its headers in time."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forget()

    def _watch(self) -> None:
        """A byte now and then wins no time: who is being waited for is waited for no longer."""
        if self.conn.their_state is not h11.IDLE:
            self._forget()
        elif self._late is None:
            self._late = self.loop.call_later(HEADER_SECONDS, self._end)

    def _forget(self) -> None:
        if self._late:
            self._late.cancel()
        self._late = None

    def _end(self) -> None:
        self._late = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


class LimitBody:
    """Refuses a body that is too long, or too slow, while it is read, whatever its headers say."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length, is_whole = 0, scope["type"] != "http"
        until = asyncio.get_running_loop().time() + BODY_SECONDS

        async def limited() -> Message:
            nonlocal length, is_whole
            if is_whole:  # what comes now is that the other side has gone
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, f"the body took more than {BODY_SECONDS:g} s") from None
            length += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if length > MAX_BODY:
                raise HTTPException(413, f"the body has more than {MAX_BODY} bytes")
            return message

        await self.app(scope, limited, send)
