"""A queue in a real Postgres, over each store that processes can share; all ends with a test."""

import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from agent.due import Policy
from agent.engine.procrastinate.schema import migrate
from agent.store import opening

from ..postgres_servers import Server, fresh_url
from .living import Life

STORES = ["file", *(["postgres"] if find_spec("agent.store.postgres") else [])]


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """An empty queue, in a server of its own if the test asks for one."""
    own = "server" in request.fixturenames
    url = request.getfixturevalue("server").url if own else fresh_url()
    migrate(url)
    return str(url)


@pytest.fixture
def server() -> Server:
    return Server(Path(tempfile.mkdtemp(prefix="pg-")))


@pytest.fixture(params=STORES)
def life(request: pytest.FixtureRequest, url: str) -> Iterator[Life]:
    store = url if request.param == "postgres" else "file:.threads"
    opening.migrate(store, Policy())
    life = Life(store, url)
    yield life
    life.end()
