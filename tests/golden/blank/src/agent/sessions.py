"""A browser shows its token once, and is known by a cookie from then on.

The cookie is no token, and nothing of it is kept: it says who and until when, signed with the
token's own secret. A secret that is taken out of the settings ends its sessions with it.
"""

import hmac
from collections.abc import Mapping
from urllib.parse import quote, unquote

from pydantic import SecretStr
from starlette.datastructures import Headers

from .inbound import Caller
from .people import Person
from .settings import Token

COOKIE = "agent_session"
LASTS = 12 * 60 * 60  # seconds
SIGN_IN = "/sign-in"  # whoever is not known and asks for a page is led there
CHANNEL = "inbox"
LOCAL_BROWSER = Caller(Person(CHANNEL, "local"))  # where no token is set


def owner_of(given: str, tokens: Mapping[str, Token]) -> tuple[str, SecretStr] | None:
    """Whose secret this is. All are compared, each in the same time, whichever it is."""
    theirs = [
        (name, secret)
        for name, token in tokens.items()
        for secret in token.secrets
        if hmac.compare_digest(given.encode(), secret.get_secret_value().encode())
    ]
    return theirs[0] if theirs else None


def cookie_for(name: str, secret: SecretStr, now: float) -> str:
    until = int(now) + LASTS
    return f"{until}.{signature(name, until, secret)}.{quote(name)}"


def signature(name: str, until: int, secret: SecretStr) -> str:
    said = f"agent session\n{name}\n{until}"
    return hmac.new(secret.get_secret_value().encode(), said.encode(), "sha256").hexdigest()


def known_by(cookie: str, tokens: Mapping[str, Token], now: float) -> Caller | None:
    """Whose session this is, while it lasts."""
    until, _, rest = cookie.partition(".")
    given, _, quoted = rest.partition(".")
    name = unquote(quoted)
    token = tokens.get(name)
    if token is None or not (until.isascii() and until.isdecimal() and len(until) < 20):
        return None
    expected = [signature(name, int(until), secret) for secret in token.secrets]
    right = [hmac.compare_digest(given.encode(), each.encode()) for each in expected]
    return Caller(Person(CHANNEL, name), token.scopes) if any(right) and now < int(until) else None


def is_from_elsewhere(headers: Headers) -> bool:
    """Whether a page that is none of ours sends this. What is no browser says nothing."""
    sites = {site.strip().lower() for site in headers.getlist("sec-fetch-site")}
    if sites:
        return not sites <= {"same-origin", "none"}
    host = headers.get("host", "").lower()
    origins = headers.getlist("origin")
    return any(origin.partition("://")[2].lower() != host for origin in origins)
