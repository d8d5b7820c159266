"""The log of the web server around us, as lines like our own."""

import re
import traceback
from typing import Any

from structlog.processors import JSONRenderer, TimeStamper
from structlog.stdlib import ProcessorFormatter, add_log_level
from structlog.typing import EventDict, WrappedLogger

from ..errors import format_error


def lines(level: str) -> dict[str, Any]:
    """What uvicorn is configured with: JSON on stderr, without bodies, queries and secrets."""
    form = {
        "()": ProcessorFormatter,
        "foreign_pre_chain": [add_log_level, TimeStamper(fmt="iso")],
        "processors": [ProcessorFormatter.remove_processors_meta, with_problem, JSONRenderer()],
    }
    handler = {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": form},
        "handlers": {"lines": handler},
        "loggers": {"uvicorn": {"handlers": ["lines"], "level": level.upper(), "propagate": False}},
    }


def with_problem(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """What stands behind the `?` of an address can be anything, and so can an error."""
    line["event"] = re.sub(r"\?\S*", "", str(line["event"]))
    fault = line.pop("exc_info", None)
    if isinstance(fault, tuple) and isinstance(fault[1], BaseException):
        frames = traceback.extract_tb(fault[2])
        line["problem"] = format_error(fault[1])
        line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return line
