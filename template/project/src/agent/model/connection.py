"""One HTTP request to a model and its response; connections are kept for the next."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from httpx2 import AsyncClient

MAX_BODY = 4_000_000  # bytes
CONNECT = 5.0  # seconds
HOST = re.compile(rb"(?!.*\.\.)[\w.:-]{1,253}")  # a name or an address


class Unreachable(Exception):
    """Nobody answered; perhaps somebody will."""


class NotSendable(Exception):
    """This is no request: its URL or its key is none."""


@dataclass(frozen=True)
class Request:
    """Its headers hold the key, and its URL may; `place` can be shown."""

    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: str = field(repr=False)

    @property
    def place(self) -> str:
        return re.sub(r"//[^/]*@", "//", re.split(r"[?#]", self.url)[0])

    @property
    def secrets(self) -> list[str]:
        """What must not be told should the other side repeat it."""
        words = " ".join([*self.headers.values(), *re.split(r"[?=&#]", self.url)[1:]])
        return [word for word in words.split() if len(word) >= 8 and "/" not in word]


@dataclass(frozen=True)
class Response:
    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


async def post(request: Request) -> Response:
    """Raises Unreachable and NotSendable. A call that is cancelled closes its connection."""
    import httpx2  # late, like BAML: most commands ask no model

    http = await client()
    try:
        content = request.body.encode()
        sent = http.build_request("POST", request.url, headers=request.headers, content=content)
        if not HOST.fullmatch(sent.url.raw_host) or (sent.url.port or 0) > 65535:
            raise httpx2.InvalidURL("no name server knows such a host")
        answer = await http.send(sent, stream=True)
        async with aclosing(answer):
            body = await start_of(answer)
    except (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.InvalidURL) as error:
        raise NotSendable(type(error).__name__) from None
    except UnicodeError:
        raise NotSendable("a header has letters that no header can have") from None
    except httpx2.HTTPError as error:
        raise Unreachable(str(error) or type(error).__name__) from None
    return Response(answer.status_code, body.decode("utf-8", "replace"), dict(answer.headers))


async def start_of(answer: Any) -> bytes:
    """As much of the body as a model's response can have."""
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > MAX_BODY:
            break
    return bytes(body)


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple["AsyncClient", Any]] = (
    WeakKeyDictionary()
)


async def client() -> "AsyncClient":
    """The one of this event loop, which closes it when it ends, as it does every generator."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        kept = keep_open()
        _clients[loop] = await anext(kept), kept
    return _clients[loop][0]


async def keep_open() -> AsyncGenerator["AsyncClient"]:
    import httpx2

    logging.getLogger("httpx2").setLevel(logging.WARNING)  # below, it logs whole URLs
    client = httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=CONNECT),  # how long it takes is not decided here
        limits=httpx2.Limits(keepalive_expiry=30.0),
        verify=trust(),
    )
    try:
        yield client
    finally:
        await client.aclose()


@cache
def trust() -> Any:
    import httpx2

    return httpx2.create_ssl_context()
