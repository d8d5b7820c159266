"""Threads in a queue that any number of workers on any number of machines take them from.

A job is "advance this thread": to its next wait, not by a step. `queue.py` is the queue,
`worker.py` who takes from it, `connection.py` and `schema.py` its database, `retries.py` what
becomes of a thread whose model could not be asked.
"""

from ...settings import Settings
from .. import Engine
from .settings import url_of


def opened(settings: Settings) -> Engine:
    """Raises WrongSettings."""
    from .queue import Queue  # procrastinate and psycopg are slow to import

    return Queue(url_of(settings))


def check(settings: Settings) -> None:
    """Raises WrongSettings and NotQueued."""
    from . import schema

    schema.check(url_of(settings))


def migrated(settings: Settings) -> str:
    """Raises WrongSettings and NotQueued."""
    from .schema import migrate

    applied = migrate(url_of(settings))
    return f"the queue is up to date{': ' if applied else ''}{', '.join(applied)}"
