"""The store in Postgres, and where there is one: in a real server, in a schema of its own."""

from pathlib import Path

from agent.store.postgres.connecting import set_up

from ..postgres_servers import fresh_url


def url(_: Path) -> str:
    set_up(ready := fresh_url())
    return ready
