"""Puts the parts together, as the settings say."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from .channels import brought
from .context import ContextFormat
from .errors import format_error
from .events import AnyEvent
from .log import log_from, logger
from .model.asking import Manner, unheard
from .model.next_step import determine_next_step
from .parts import Agent
from .people import Approvers
from .prefetch import prefetch
from .settings import Settings, unknown_settings
from .store import StoreError, ThreadStore
from .store.filesystem import FileSystemThreadStore
from .tools import handle_next_step

Notify = Callable[[str, AnyEvent], None]
Say = Callable[[str], None]


def build(settings: Settings, notify: Notify, say: Say = unheard) -> Agent:
    """The agent of this project; `notify` is called with every event, and `say` with a line about
    a model that lets us wait. Raises StoreError.
    """
    log_from(settings.log_level)
    return Agent(
        store=open_store(settings.store_url, settings.context_format),
        determine_next_step=partial(
            determine_next_step,
            model=settings.model,
            form=settings.context_format,
            manner=Manner(settings.decoding, settings.model_timeout, say),
        ),
        handle_next_step=handle_next_step,
        prefetch=prefetch,
        clock=lambda: datetime.now(UTC),
        notify=everybody(notify, *brought("listen")),
        approvers=Approvers(settings.approvers),
        max_steps=settings.max_steps,
        max_errors=settings.max_errors,
        max_thread_size=settings.max_thread_size,
        tool_timeout=settings.tool_timeout,
        max_result=settings.max_result,
    )


def oddities() -> list[str]:
    """A line for each variable that looks like a setting and is none, of a channel's neither."""
    if unknown_settings():
        list(brought("settings"))  # imported, so that theirs are known
    return unknown_settings()


def everybody(*listeners: Notify) -> Notify:
    """Tells one after the other. One that fails is logged: what happened has happened."""

    def notify(thread_id: str, event: AnyEvent) -> None:
        for listener in listeners:
            try:
                listener(thread_id, event)
            except KeyboardInterrupt:  # at the terminal
                raise
            except BaseException as error:  # noqa: BLE001, nothing that listens ends a thread
                logger().error("not_told", thread=thread_id, problem=format_error(error))

    return notify


def open_store(url: str, form: ContextFormat) -> ThreadStore:
    """Raises StoreError for a URL that names none."""
    scheme, _, place = url.partition(":")
    if scheme != "file" or not place:
        raise StoreError(f"AGENT_STORE_URL={url} names no store of this project: use file:FOLDER")
    return FileSystemThreadStore(Path(place), form)
