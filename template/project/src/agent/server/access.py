"""Who is served: whoever has the token; without a token this machine, by its own name."""

import hmac
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

bearer = HTTPBearer(auto_error=False, description="AGENT_API_TOKEN")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def authorize(request: Request, sent: Credentials) -> None:
    """The name counts because a web page can point a name of its own at 127.0.0.1."""
    token = request.app.state.settings.api_token
    if token is None:
        client = request.client.host if request.client else None
        allowed = is_loopback(client) and is_loopback(name_in(request.headers.get("host", "")))
    else:
        given = sent.credentials.encode() if sent else b""
        allowed = hmac.compare_digest(given, token.get_secret_value().encode())
    if not allowed:
        detail = "send Authorization: Bearer and the agent's AGENT_API_TOKEN"
        raise HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


def is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def name_in(header: str) -> str | None:
    """The host in a Host header, without its port."""
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None
