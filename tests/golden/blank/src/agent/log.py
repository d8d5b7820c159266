"""What is logged: JSON lines on stderr, unless the program around the agent has it otherwise."""

import sys
from contextlib import suppress
from functools import lru_cache
from typing import Any, Literal, TextIO

from .events import AnyEvent, ModelFailed, ToolCall
from .redaction import redact

Level = Literal["debug", "info", "warning", "error"]
_level: Level = "info"


def log_from(level: Level) -> None:
    """Log this level and what is above it; the settings say so when an agent is put together."""
    global _level
    _level = level


class Unfailing:
    """A logger whose every method can be called without a thought for the disk."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, level: str) -> Any:
        def log(*words: Any, **about: Any) -> None:
            with suppress(Exception):
                getattr(self._inner, level)(*words, **about)

        return log


def logger() -> Unfailing:
    # Not before there is something to log: most commands have nothing, and this is slow to import.
    import structlog

    if structlog.is_configured():  # by the program that the agent is part of
        return Unfailing(structlog.get_logger())
    # A process can be started without one.
    return Unfailing(lines(sys.stderr, _level) if sys.stderr is not None else None)


@lru_cache(maxsize=1)
def lines(file: TextIO, level: Level) -> Any:
    import structlog

    return structlog.wrap_logger(
        structlog.PrintLogger(file),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


def log_event(thread_id: str, event: AnyEvent) -> None:
    """What happened and to which call; the contents stay in the thread."""
    about = {"call_id": event.call_id} if event.call_id else {}
    if isinstance(event, ToolCall):
        about["intent"] = event.intent
    if isinstance(event, ModelFailed):  # an error can hold what a user or the model said
        about["message"] = redact(event.data["message"])
    logger().info(event.type, thread=thread_id, event_id=event.id, **about)


def log_waiting(line: str) -> None:
    """A model lets us wait; the line has no key and nothing of a thread."""
    logger().warning("model_waits", problem=line)
