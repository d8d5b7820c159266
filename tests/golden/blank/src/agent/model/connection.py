"""One HTTP request to a model and its response; connections are kept for the next."""

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from ..outgoing import proxy_for, trust

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession
    from yarl import URL

MAX_BODY = 4_000_000  # bytes
CONNECT = 5.0  # seconds
LARGE = 1_000_000  # bytes: from there on aiohttp wants to send a body in parts
HOST = re.compile(r"(?!.*\.\.)[\w.:-]{1,253}")  # a name or an address
HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+: [\t -~]*", re.ASCII)


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

    @cached_property
    def place(self) -> str:
        return re.sub(r"//[^/]*@", "//", re.split(r"[?#]", self.url)[0])

    @property
    def secrets(self) -> list[str]:
        """What must not be told should the other side repeat it."""
        told = [value for name, value in self.headers.items() if name.lower() != "content-type"]
        queried = re.split(r"[?=&#/]", self.url.partition("?")[2])
        words = " ".join([*told, *queried, *map(unquote, queried)]).split()
        return [word for word in words if len(word) >= 8]


@dataclass(frozen=True)
class Response:
    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


async def post(request: Request) -> Response:
    """Raises Unreachable and NotSendable. A call that is cancelled closes its connection."""
    import aiohttp  # late, like BAML: most commands ask no model
    from yarl import URL

    if not all(HEADER.fullmatch(f"{name}: {value}") for name, value in request.headers.items()):
        raise NotSendable("a header has letters that no header can have")
    if re.search(r"\s", request.url):
        raise NotSendable("its URL has a space or a line break")
    body = request.body.encode()
    kept = await client()
    try:
        url = URL(request.url, encoded=True)  # as BAML made it
        if url.scheme not in ("http", "https") or not HOST.fullmatch(url.raw_host or ""):
            raise NotSendable("its URL names no server")
        proxy = proxy_to(url, kept.proxies)
        data = body if len(body) < LARGE else BytesIO(body)
        async with kept.http.post(
            url, data=data, headers=request.headers, proxy=proxy, allow_redirects=False
        ) as answer:
            text = await start_of(answer)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status, text, headers)
    except aiohttp.ClientHttpProxyError as error:
        return Response(error.status, f"so says the proxy: {error.message}")
    except aiohttp.ClientConnectorCertificateError as error:
        raise NotSendable(f"its certificate is not trusted: {cause_of(error)}") from None
    except ValueError:
        raise NotSendable("its URL names no server") from None
    except aiohttp.ClientError as error:
        raise Unreachable(cause_of(error)) from None


def proxy_to(url: "URL", proxies: dict[str, str]) -> "URL | None":
    try:
        return proxy_for(url, proxies)
    except ValueError:
        raise NotSendable("the proxy in the environment is none that speaks HTTP") from None


def cause_of(error: Exception) -> str:
    """In one line, in words, and without the URL, in which a key may stand."""
    from aiohttp import ClientPayloadError

    if isinstance(error, TimeoutError):
        return f"no connection within {CONNECT:g} s"
    if isinstance(error, ClientPayloadError):
        return "its response broke off, or cannot be unpacked"
    cause = getattr(error, "os_error", None) or getattr(error, "message", None) or error
    if isinstance(cause, OSError) and cause.errno is None:
        return "it closed the connection"
    return re.sub(r"\w+://\S*", "it", " ".join(str(cause).split()))


async def start_of(answer: "ClientResponse") -> str:
    """As much of the body as a model's response can have."""
    body = bytearray()
    async for part in answer.content.iter_any():
        body += part
        if len(body) > MAX_BODY:
            break
    return body.decode("utf-8", "replace")


class Client(NamedTuple):
    http: "ClientSession"
    proxies: dict[str, str]
    kept: AsyncGenerator["ClientSession"]


_clients: dict[asyncio.AbstractEventLoop, Client] = {}


async def client() -> Client:
    """The one of this event loop, which closes it when it ends, as it does every generator."""
    from urllib.request import getproxies

    loop = asyncio.get_running_loop()
    if loop not in _clients:
        for other in [each for each in list(_clients) if each.is_closed()]:
            _clients.pop(other, None)  # one that was closed without ending its generators
        kept = keep_open(loop)
        _clients[loop] = Client(await anext(kept), getproxies(), kept)
    return _clients[loop]


async def keep_open(loop: asyncio.AbstractEventLoop) -> AsyncGenerator["ClientSession"]:
    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

    http = ClientSession(
        connector=TCPConnector(ssl=trust(), limit=0, keepalive_timeout=30.0),
        timeout=ClientTimeout(total=None, sock_connect=CONNECT),  # the rest is not decided here
        cookie_jar=DummyCookieJar(),
    )
    try:
        yield http
    finally:
        _clients.pop(loop, None)
        await http.close()
