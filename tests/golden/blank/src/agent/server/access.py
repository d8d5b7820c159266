"""Who is served: whoever has the token, or a session that was begun with one; without a token this
machine, by its own name.

All of it is in the headers, so nobody's body is read before it is known.
"""

import re
import time
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import quote

from fastapi.security import HTTPBearer
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from ..inbound import LOCAL, Caller
from ..people import Person
from ..sessions import COOKIE, LOCAL_BROWSER, SIGN_IN, is_from_elsewhere, known_by, owner_of
from ..settings import Token
from .problems import problem

# Says in the description of the API what is sent; `Door` looks at it.
bearer = HTTPBearer(auto_error=False, description="AGENT_API_TOKEN")
HOST = re.compile(r"(?:([A-Za-z0-9.-]+)|\[([0-9A-Fa-f:.]+)\])(?::[0-9]{1,5})?")
# What a proxy adds: behind it is another machine, whatever the address says.
FORWARDED = re.compile(
    r"(x-)?forwarded|via|cdn-loop|x-(forwarded|original|envoy)-.*|(x-)?(real|client|cluster-client|connecting)-ip"
    r"|(true-client|cf-connecting|fastly-client|fly-client)-ip",
    re.IGNORECASE,
)


class Door:
    """Closed to everything but the routes that are `open`, which let in whom they know. Who is not
    known and asks for one of the `pages` is led to where they can say who they are.
    """

    def __init__(
        self,
        app: ASGIApp,
        tokens: Mapping[str, Token],
        open: Sequence[BaseRoute],
        pages: Sequence[BaseRoute] = (),
    ) -> None:
        self.app = app
        self.tokens = tokens
        self.open = open
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or is_one_of(self.open, scope):
            return await self.app(scope, receive, send)
        asked, is_page = HTTPConnection(scope), is_one_of(self.pages, scope)
        caller = self.caller(asked, is_page)
        answer = unauthorized() if caller is None else refusal(asked, caller)
        if answer is None:
            asked.state.caller = caller
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif is_page and (caller is None or (answer.status_code == 403 and reads(scope))):
            await RedirectResponse(sign_in_for(asked), 303)(scope, receive, send)
        else:
            await answer(scope, receive, send)

    def caller(self, asked: HTTPConnection, is_page: bool) -> Caller | None:
        if not self.tokens:
            return LOCAL_BROWSER if is_page else LOCAL
        cookie = asked.cookies.get(COOKIE, "")
        return caller_in(asked.headers, self.tokens) or known_by(cookie, self.tokens, time.time())


def is_one_of(routes: Sequence[BaseRoute], scope: Scope) -> bool:
    return any(route.matches(scope)[0] is not Match.NONE for route in routes)


def reads(scope: Scope) -> bool:
    return scope["method"] in ("GET", "HEAD")


def sign_in_for(asked: HTTPConnection) -> str:
    """Where to say who one is, and to come back from. A cookie is not sent along with a link on
    another site, so from there even who is signed in passes through here.
    """
    query = f"?{asked.url.query}" if asked.url.query and reads(asked.scope) else ""
    return f"{asked.scope.get('root_path', '')}{SIGN_IN}?next={quote(asked.url.path + query, '')}"


def caller_in(headers: Headers, tokens: Mapping[str, Token]) -> Caller | None:
    """Whose token this is."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    owner = owner_of(given, tokens)
    if owner is None or scheme.lower() != "bearer":
        return None
    return Caller(Person("token", owner[0]), tokens[owner[0]].scopes)


def refusal(asked: HTTPConnection, caller: Caller) -> JSONResponse | None:
    """Why this is not answered, if it is not."""
    if caller not in (LOCAL, LOCAL_BROWSER):
        by_cookie = caller.person.channel != "token"
        elsewhere = by_cookie and is_from_elsewhere(asked.headers)
        return problem(403, "a page of another site asks") if elsewhere else None
    # The name counts because a web page can point a name of its own at 127.0.0.1.
    client = asked.client.host if asked.client else None
    hosts = asked.headers.getlist("host")
    if forwarded := next(filter(is_a_proxy_s, asked.headers), None):
        return unauthorized(f"this came through a proxy ({forwarded}): {SET_ONE}")
    if not (is_loopback(client) and len(hosts) == 1 and is_loopback(name_in(hosts[0]))):
        return unauthorized(f"without a token this machine alone is served: {SET_ONE}")
    is_refused = is_from_elsewhere if caller == LOCAL_BROWSER else is_cross_site
    if is_refused(asked.headers):
        return problem(403, "a page of another site asks: set AGENT_API_TOKEN to serve such pages")
    return None


SET_ONE = "set AGENT_API_TOKEN, and "


def unauthorized(why: str = "") -> JSONResponse:
    answer = problem(401, f"{why}send Authorization: Bearer and the agent's AGENT_API_TOKEN")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def is_a_proxy_s(header: str) -> bool:
    return bool(FORWARDED.fullmatch(header.replace("_", "-")))  # some take one for the other


def is_cross_site(headers: Headers) -> bool:
    """What a browser says of the page that asks; what is no browser says nothing."""
    origins = headers.getlist("origin")
    fetched = {site.strip().lower() for site in headers.getlist("sec-fetch-site")}
    return not (fetched <= {"same-origin", "same-site", "none"} and all(map(is_ours, origins)))


def is_ours(origin: str) -> bool:
    """A page of this machine, on any port."""
    scheme, _, host = origin.partition("://")
    return scheme in ("http", "https") and is_loopback(name_in(host))


def is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def name_in(host: str) -> str | None:
    """The name or address without its port; None for whatever else there is in it."""
    found = HOST.fullmatch(host)
    return (found[1] or found[2]).lower() if found else None
