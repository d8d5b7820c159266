"""Threads in a queue that any number of workers on any number of machines take them from.

A job is "advance this thread": to its next wait, not by a step. `queue.py` is the queue,
`worker.py` who takes from it, `connection.py` and `schema.py` its database, `retries.py` what
becomes of a thread whose model could not be asked.
"""

from ...settings import Settings
from .. import Engine
from .settings import url_of


def open_engine(settings: Settings) -> Engine:
    """Raises WrongSettings."""
    from .queue import Queue  # procrastinate and psycopg are slow to import

    return Queue(url_of(settings))
