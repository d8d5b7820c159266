"""One HTTP request to a model and its response; connections are kept for the next."""

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from ssl import SSLContext

    from aiohttp import ClientResponse, ClientSession
    from yarl import URL

MAX_BODY = 4_000_000  # bytes
CONNECT = 5.0  # seconds
HOST = re.compile(r"(?!.*\.\.)[\w.:-]{1,253}")  # a name or an address


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
    import aiohttp  # late, like BAML: most commands ask no model
    from yarl import URL

    try:
        "".join(request.headers.values()).encode("ascii")
        if re.search(r"\s", request.url):
            raise NotSendable("its URL has a space or a line break")
        url = URL(request.url, encoded=True)  # as BAML made it
        if url.scheme not in ("http", "https") or not HOST.fullmatch(url.raw_host or ""):
            raise NotSendable("its URL names no server")
        http, body = await client(), request.body.encode()
        async with http.post(
            url, data=body, headers=headers_for(url, request), allow_redirects=False
        ) as answer:
            text = await start_of(answer)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status, text, headers)
    except UnicodeError:
        raise NotSendable("a header has letters that no header can have") from None
    except (aiohttp.InvalidURL, ValueError) as error:
        raise NotSendable(type(error).__name__) from None
    except aiohttp.ClientError as error:
        raise Unreachable(cause_of(error)) from None


def headers_for(url: "URL", request: Request) -> dict[str, str]:
    """Who is named in the URL is who asks."""
    named = url.user is not None
    return {
        name: value
        for name, value in request.headers.items()
        if not (named and name.lower() == "authorization")
    }


def cause_of(error: Exception) -> str:
    """In one line, and without the URL, in which a key may stand."""
    cause = getattr(error, "os_error", None) or getattr(error, "message", None) or error
    return " ".join(str(cause).split()) or type(error).__name__


async def start_of(answer: "ClientResponse") -> str:
    """As much of the body as a model's response can have."""
    body = bytearray()
    async for part in answer.content.iter_any():
        body += part
        if len(body) > MAX_BODY:
            break
    return body.decode("utf-8", "replace")


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple["ClientSession", Any]] = (
    WeakKeyDictionary()
)


async def client() -> "ClientSession":
    """The one of this event loop, which closes it when it ends, as it does every generator."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        kept = keep_open()
        _clients[loop] = await anext(kept), kept
    return _clients[loop][0]


async def keep_open() -> AsyncGenerator["ClientSession"]:
    from urllib.request import getproxies

    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

    client = ClientSession(
        connector=TCPConnector(ssl=trust(), keepalive_timeout=30.0),
        timeout=ClientTimeout(total=None, sock_connect=CONNECT),  # the rest is not decided here
        cookie_jar=DummyCookieJar(),
        trust_env=bool(getproxies()),
    )
    try:
        yield client
    finally:
        await client.close()


@cache
def trust() -> "SSLContext":
    """The certificates that the system trusts."""
    from ssl import PROTOCOL_TLS_CLIENT

    from truststore import SSLContext

    return SSLContext(PROTOCOL_TLS_CLIENT)
