"""How much of the server one caller can hold, and for how long.

uvicorn has no limit for the time that headers take; the rest is its own or ours by ASGI.
"""

import asyncio
import time
from collections import OrderedDict
from math import ceil
from typing import Any

import h11
from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .problems import problem

MAX_BODY = 1_000_000  # bytes
MAX_HEADERS = 16_000  # bytes
MAX_CONNECTIONS = 1_000
MAX_CALLERS = 10_000
HEADER_SECONDS = 10.0
BODY_SECONDS = 30.0


class Punctual(H11Protocol):
    """Closes a connection whose request does not come to the end of its headers in time, or that
    goes on with a body that has been answered.
    """

    _late: asyncio.TimerHandle | None = None
    _state: object = None  # theirs, while it is waited for

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forget()

    def send_400_response(self, msg: str) -> None:
        """What h11 does not take is answered as every other error is, where no answer has begun."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            answer = problem(400, "this is no HTTP: check the first line, the headers and the body")
            headers = [*answer.raw_headers, (b"connection", b"close")]
            head = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for part in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(part) or b"")
        self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def _is_waiting(self) -> bool:
        answered = self.conn.our_state is h11.DONE
        return self.conn.their_state in ((h11.SEND_BODY,) if answered else (h11.IDLE,))

    def _watch(self) -> None:
        """A byte now and then wins no time: who is being waited for is waited for no longer."""
        state = self.conn.their_state if self._is_waiting() else None
        if state is not self._state:
            self._forget()
        self._state = state
        if state is not None and self._late is None:
            self._late = self.loop.call_later(HEADER_SECONDS, self._end)

    def _forget(self) -> None:
        if self._late:
            self._late.cancel()
        self._late = None

    def _end(self) -> None:
        self._late = None
        if self._is_waiting() and not self.transport.is_closing():
            self.transport.close()


class Pace:
    """So many requests a minute for each caller, and as many at once. It holds up nobody else.

    A bucket that runs over: each request takes one, and they come back with time. Whoever is not
    known by a token is known by their address.
    """

    def __init__(self, app: ASGIApp, a_minute: int) -> None:
        self.app = app
        self.a_minute = a_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # how many, and when

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seconds = self.take(caller_of(scope), time.monotonic()) if scope["type"] == "http" else 0
        if seconds:
            answer = problem(429, f"more than {self.a_minute} requests a minute: slow down")
            answer.headers["Retry-After"] = str(ceil(seconds))
            return await answer(scope, receive, send)
        await self.app(scope, receive, send)

    def take(self, caller: str, now: float) -> float:
        """Seconds until there is one again, and 0 if there was one to take."""
        left, before = self._left.pop(caller, (float(self.a_minute), now))
        left = min(self.a_minute, left + (now - before) * self.a_minute / 60)
        self._left[caller] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MAX_CALLERS:
            self._left.popitem(last=False)
        return 0 if left >= 1 else (1 - left) * 60 / self.a_minute


def caller_of(scope: Scope) -> str:
    caller = scope.get("state", {}).get("caller")
    return str(caller.person) if caller else str((scope.get("client") or ("",))[0])


class Limits:
    """Refuses headers that are too long, and a body that is too long or too slow while it is read,
    whatever its headers say. A route that knows who calls can take more: `request.state.max_body`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if sum(len(name) + len(value) for name, value in scope.get("headers", ())) > MAX_HEADERS:
            answer = problem(431, f"the headers have more than {MAX_HEADERS} bytes")
            return await answer(scope, receive, send)
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
            longest = scope.get("state", {}).get("max_body", MAX_BODY)
            if length > longest:
                raise HTTPException(413, f"the body has more than {longest} bytes")
            return message

        await self.app(scope, limited, send)
