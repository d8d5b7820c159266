"""What a connection to Postgres is told, and what Postgres says, for stores and engines alike.

It has to notice by itself that there is nobody at its other end: the network is cut, or the host is
gone, or a router has forgotten it. Nothing says so, and TCP by itself waits long.
"""

import re
from typing import Any

# As libpq has them, in seconds and milliseconds; so within a quarter of a minute.
KEEPALIVES: dict[str, Any] = {
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}

# What the server says, and says again until somebody mends it.
STAYS_SO = re.compile(
    "does not exist|authentication failed|no password|permission denied|pg_hba|not permitted"
    r"|unrecognized|invalid (port number|value|\w+ value)"
)


def at_the_server() -> str:
    """The same from the other end, for a session that holds what others wait for."""
    named = {f"tcp_{name.removeprefix('tcp_')}": value for name, value in KEEPALIVES.items()}
    return "; ".join(f"SET {name} = {value}" for name, value in named.items())
