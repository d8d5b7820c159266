"""Puts the parts together, as the settings say."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from .channels import brought
from .context import ContextFormat
from .due import Policy, Route
from .errors import format_error
from .events import AnyEvent
from .log import log_from, logger
from .model.asking import Manner, unheard
from .model.next_step import determine_next_step
from .parts import Agent
from .people import Approvers
from .prefetch import prefetch
from .reach import Channel
from .settings import Settings, WrongSettings, unknown_settings
from .store import StoreError, ThreadStore
from .store.filesystem import FileSystemThreadStore
from .tools import handle_next_step

Notify = Callable[[str, AnyEvent], None]
Say = Callable[[str], None]
TERMINAL = "terminal"  # a channel of whoever runs the agent there, and no server's


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
        policy=Policy(expires_after=as_time(settings.expires_after)),
        max_steps=settings.max_steps,
        max_errors=settings.max_errors,
        max_thread_size=settings.max_thread_size,
        tool_timeout=settings.tool_timeout,
        max_result=settings.max_result,
    )


def with_channels(agent: Agent, settings: Settings) -> Agent:
    """It tells humans itself, by every channel of this project or as the settings say.

    Raises WrongSettings for a channel that is none.
    """
    made: list[Channel | None] = [channel() for channel in brought("channel")]
    channels = {channel.name: channel for channel in made if channel}
    routes = settings.channels or [Route(channel=name) for name in channels]
    if unknown := {route.channel for route in routes} - channels.keys() - {TERMINAL}:
        there = ", ".join([*channels, TERMINAL])
        raise WrongSettings(
            [f"AGENT_CHANNELS: {name} is no channel of this project ({there})" for name in unknown]
        )
    ours = tuple(route for route in routes if route.channel in channels)
    return replace(agent, channels=channels, policy=replace(agent.policy, routes=ours))


def as_time(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


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
