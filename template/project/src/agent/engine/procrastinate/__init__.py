"""Threads in a queue that any number of workers on any number of machines take them from.

A job is "advance this thread": to its next wait, not by a step. `queue.py` is the queue,
`worker.py` who takes from it, `connection.py` and `schema.py` its database, `retries.py` what
becomes of a thread whose model could not be asked.
"""

from .queue import open_queue as open_engine

__all__ = ["open_engine"]
