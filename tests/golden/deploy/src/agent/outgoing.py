"""What every request to the outside needs of this machine: its proxies, and whom it trusts.

aiohttp's own reading of the environment leaves out an https:// proxy and asks the server itself;
and it takes passwords from ~/.netrc, which do not go together with a key.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext

    from yarl import URL


def proxy_for(url: "URL", proxies: Mapping[str, str]) -> "URL | None":
    """One of `urllib.request.getproxies()`. Raises ValueError for what is none that we can ask."""
    from urllib.request import proxy_bypass  # late: most commands send nothing

    from yarl import URL

    named = proxies.get(url.scheme) or proxies.get("all")
    if not named or proxy_bypass(f"{url.host}:{url.port}"):
        return None
    proxy = URL(named if "://" in named else f"http://{named}")
    if proxy.scheme not in ("http", "https") or not proxy.host:
        raise ValueError("a proxy that speaks no HTTP")
    return proxy


@cache
def trust() -> "SSLContext":
    """The certificates that the system trusts."""
    from ssl import PROTOCOL_TLS_CLIENT

    from truststore import SSLContext

    return SSLContext(PROTOCOL_TLS_CLIENT)
