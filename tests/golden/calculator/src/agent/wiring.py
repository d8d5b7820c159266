"""Puts the parts together, as the settings say."""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from .discovery import brought
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
from .settings import Settings, Unset, WrongSettings, load, unknown_settings
from .store import StoreError
from .store.opening import module_of, open_store
from .tools import handle_next_step

Notify = Callable[[str, AnyEvent], None]
Say = Callable[[str], None]
# Misspelt in the environment, it is not set: `offline` would answer others, and nobody would know.
NO_MODEL = "AGENT_MODEL is not set: name a model, or say AGENT_MODEL=offline"
TERMINAL = "terminal"  # a channel of whoever runs the agent there, and no server's
NO_SERVER_S = "whoever runs `agent` at a terminal is asked there; a server tells nobody by it"


def build(settings: Settings, notify: Notify, say: Say = unheard) -> Agent:
    """The agent of this project; `notify` is called with every event, and `say` with a line about
    a model that lets us wait. Raises StoreError.
    """
    log_from(settings.log_level)
    return Agent(
        store=open_store(settings.store_url, settings.context_format, policy_as(settings)),
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

    Raises WrongSettings for a channel that is none, or lacks some of its own settings.
    """
    there = means()
    if faults := faults_of_channels(settings, there):
        raise WrongSettings(faults)
    channels = {each.name: each.channel for each in there if each.channel}
    return replace(agent, channels=channels, policy=policy_of(settings, there))


def faults_of_channels(settings: Settings, there: Sequence["Means"]) -> list[str]:
    chosen = {route.channel for route in routes_in(settings, there)}
    faults = [fault for each in there if each.name in chosen for fault in each.faults]
    return faults + unknown_channels(settings, there)


def unknown_channels(settings: Settings, there: Sequence["Means"]) -> list[str]:
    chosen = {route.channel for route in routes_in(settings, there)}
    names = [*(each.name for each in there), TERMINAL]
    return [
        f"AGENT_CHANNELS: {name} is no channel of this project ({', '.join(names)})"
        for name in sorted(chosen.difference(names))
    ]


def faults_of_sections() -> list[str]:
    faults = []
    for section in brought("settings"):
        try:
            load(section)
        except WrongSettings as wrong:
            faults += wrong.faults
    return faults


def faults_to_serve(settings: Settings) -> list[str]:
    """What a server does not start with, all of it: a shell may do with less."""
    faults = faults_of_sections()
    if settings.tokens and "model" not in settings.model_fields_set:
        faults.append(NO_MODEL)
    return list(dict.fromkeys([*faults, *faults_of_channels(settings, means())]))


@dataclass(frozen=True)
class Means:
    """A channel of this project, or what its settings lack for one; `is_unset`: all of it."""

    name: str
    about: str
    channel: Channel | None = None
    faults: Sequence[str] = ()
    is_unset: bool = False


def means() -> list[Means]:
    return [means_of(channel) for channel in brought("channel")]


def means_of(channel: Any) -> Means:
    try:
        return Means(channel.name, channel.about, channel())
    except WrongSettings as lacking:
        is_unset = isinstance(lacking, Unset)
        return Means(channel.name, channel.about, None, lacking.faults, is_unset)


def unset(settings: Settings) -> list[Means]:
    """The channels by which nobody is told: nothing of them is set, or they are no server's."""
    if settings.channels is None:
        return [each for each in means() if each.is_unset]
    named = {route.channel for route in settings.channels}
    return [Means(TERMINAL, "", None, [NO_SERVER_S])] if TERMINAL in named else []


def routes_in(settings: Settings, there: Iterable[Means]) -> list[Route]:
    """As the settings say; else all of them at once, but those of which nothing is set."""
    return settings.channels or [Route(channel=each.name) for each in there if not each.is_unset]


def policy_as(settings: Settings) -> Callable[[], Policy]:
    """The policy of a server with these settings, in whichever process: what a database derives is
    the same everywhere. The channels are looked for when it is asked for.
    """
    return cache(lambda: policy_of(settings, means()))


def policy_of(settings: Settings, there: Sequence[Means]) -> Policy:
    able = frozenset(each.name for each in there if each.channel)
    routes = tuple(route for route in routes_in(settings, there) if route.channel in able)
    return Policy(routes, as_time(settings.expires_after), able)


def as_time(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def oddities() -> list[str]:
    """A line for each variable that looks like a setting and is none, of a channel's neither."""
    if unknown_settings():  # whoever has settings is imported, so that theirs are known
        list(brought("settings"))
        with suppress(StoreError):
            module_of(os.environ.get("AGENT_STORE_URL") or "file:")
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
