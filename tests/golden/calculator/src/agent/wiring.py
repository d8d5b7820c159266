"""Puts the parts together, as the settings say."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import structlog

from .events import AnyEvent
from .model import determine_next_step
from .parts import Agent
from .prefetch import prefetch
from .settings import Settings
from .store import open_store
from .tools import handle_next_step


def build(settings: Settings, notify: Callable[[str, AnyEvent], None]) -> Agent:
    """Raises StoreError."""
    return Agent(
        store=open_store(settings.store_url, settings.context_format),
        determine_next_step=partial(
            determine_next_step, model=settings.model, form=settings.context_format
        ),
        handle_next_step=handle_next_step,
        prefetch=prefetch,
        clock=lambda: datetime.now(UTC),
        notify=notify,
        max_steps=settings.max_steps,
        max_errors=settings.max_errors,
    )


def configure_log(level: str) -> None:
    """JSON lines on stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
