"""What is logged: JSON lines on stderr, unless the program around the agent has it otherwise."""

import sys
from functools import cache
from typing import Any

from .events import AnyEvent, ModelFailed, ToolCall
from .redaction import redact


@cache
def logger() -> Any:
    # Not before there is something to log: most commands have nothing, and this is slow to import.
    import structlog

    from .settings import Settings

    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.processors.JSONRenderer(),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(Settings().log_level),
            logger_factory=lambda: structlog.PrintLogger(sys.stderr),
        )
    return structlog.get_logger()


def log_event(thread_id: str, event: AnyEvent) -> None:
    """What happened and to which call; the contents stay in the thread."""
    about = {"call_id": event.call_id} if event.call_id else {}
    if isinstance(event, ToolCall):
        about["intent"] = event.intent
    if isinstance(event, ModelFailed):  # an error can hold what a user or the model said
        about["message"] = redact(event.data["message"])
    logger().info(event.type, thread=thread_id, event_id=event.id, **about)
