"""Puts the parts together, as the settings say."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from .context import ContextFormat
from .events import AnyEvent
from .model import determine_next_step
from .parts import Agent
from .prefetch import prefetch
from .settings import Settings
from .store import FileSystemThreadStore, StoreError, ThreadStore
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


def open_store(url: str, form: ContextFormat) -> ThreadStore:
    """Raises StoreError for a URL that names none."""
    scheme, _, place = url.partition(":")
    if scheme != "file" or not place:
        raise StoreError(f"AGENT_STORE_URL={url} names no store of this project: use file:FOLDER")
    return FileSystemThreadStore(Path(place), form)
