"""Who runs a thread has a lock of Postgres', which ends with the connection of their process."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from hashlib import blake2b
from uuid import uuid4

import psycopg

from ...log import logger
from ...postgres import at_the_server
from .. import NotStored
from .connecting import Connection, connect, said_plainly

PAUSE = 2.0  # seconds between two looks whether the connection is there


class Leases:
    """Of one process, on one connection. Any thread may use it.

    A lock is the session's, so the same process would get it twice: what it holds, it knows itself.
    When the connection is lost, all are; they are taken again with the next one. A lease that
    somebody else got meanwhile is theirs: whoever had it is told, and until they hear of it, the
    versions of the thread say who was quicker. The name of one says what is done with which thread.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._name = f"agent {uuid4()}"
        self._held: dict[str, Callable[[], None]] = {}
        self._connection: Connection | None = None
        self._keeper: threading.Thread | None = None
        self._lock = threading.Lock()

    def take(self, name: str, lose: Callable[[], None]) -> bool:
        """Whether it is ours now, until we let go or it is lost. Raises NotStored."""
        with self._lock:
            if name in self._held:
                return False
            with said_plainly(self.url, self._connection is not None):
                if not try_lock(self._session(), name):
                    return False
            self._held[name] = lose
            if not (self._keeper and self._keeper.is_alive()):
                self._keeper = threading.Thread(target=self._keep, daemon=True)
                self._keeper.start()
            return True

    def let_go(self, name: str, taken: Future[bool]) -> None:
        if taken.cancelled() or taken.exception() or not taken.result():
            return
        with self._lock, suppress(psycopg.Error):  # without a connection there is no lock
            is_ours = self._held.pop(name, None)
            if is_ours and self._connection and not self._connection.closed:
                self._connection.execute("SELECT pg_advisory_unlock(%s)", (key(name),))

    def _keep(self) -> None:
        """Look after what is held, until nothing is."""
        while True:
            time.sleep(PAUSE)
            with self._lock:
                if not self._held:
                    self._keeper = None
                    return
                try:
                    with said_plainly(self.url):
                        with suppress(psycopg.Error):
                            self._session().execute("SELECT 1")
                        self._session()
                except NotStored as problem:
                    logger().warning("leases_lost", problem=str(problem))

    def _session(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connection = connect(self.url, self._name)
            connection.execute(at_the_server().encode())
            # The server may not have noticed yet that the connection before this is lost.
            connection.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                " WHERE application_name = %s AND pid <> pg_backend_pid()",
                (self._name,),
            )
            for name, lose in list(self._held.items()):
                if not try_lock(connection, name):
                    logger().warning("lease_lost", lease=name)
                    del self._held[name]
                    lose()
        return self._connection


def try_lock(connection: Connection, name: str) -> bool:
    found = connection.execute("SELECT pg_try_advisory_lock(%s)", (key(name),)).fetchone()
    return bool(found and found[0])


def key(name: str) -> int:
    """64 bits for it, as Postgres counts them."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
