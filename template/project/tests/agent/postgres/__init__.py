"""The store in Postgres, and a way to make one: in a real server, in a schema of its own."""

from pathlib import Path

from agent.due import Policy
from agent.store.postgres import PostgresThreadStore
from agent.store.postgres.connecting import set_up

from .servers import fresh_url


def made(_: Path) -> PostgresThreadStore:
    url = fresh_url()
    set_up(url)
    return PostgresThreadStore(url, Policy)
