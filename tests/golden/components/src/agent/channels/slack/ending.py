"""A thread that began in Slack says there how it ended, as people who write there look for it.

Done is the answer to the message that came, so it is told once it can be (`Channel.settle`). A
failure has no call to which that could be written: it is told as it happens, and never again.
"""

import asyncio

from ...errors import format_error
from ...events import AnyEvent, ModelFailed, Stopped
from ...log import logger
from ...settings import WrongSettings, load_settings
from ...store import StoreError
from ...store.opening import open_store
from .calling import NotTaken, call
from .hearing import place_of
from .words import said, section

_telling: set[asyncio.Task[None]] = set()  # which would be collected while they are at it


async def tell(place: tuple[str, str], head: str, words: str) -> None:
    channel, thread_ts = place
    await call(
        "chat.postMessage",
        channel=channel,
        thread_ts=thread_ts,
        text=said(words, 300) if words else head,
        blocks=[section(f"*{head}*"), *([section(said(words))] if words else [])],
        unfurl_links=False,
        unfurl_media=False,
    )


def listen(thread_id: str, event: AnyEvent) -> None:
    """Behind the event: nobody waits for Slack."""
    match event:
        case ModelFailed():
            why = (event.meta or {}).get("problem") or event.data["message"]
            head, words = "Failed, until somebody lets it try again", str(why)
        case Stopped():
            head, words = "Stopped", ""
        case _:
            return
    task = asyncio.get_running_loop().create_task(say(thread_id, head, words))
    _telling.add(task)
    task.add_done_callback(_telling.discard)


async def say(thread_id: str, head: str, words: str) -> None:
    try:
        settings = load_settings()
        store = open_store(settings.store_url, settings.context_format)
        if place := place_of((await store.get(thread_id)).events[0]):
            await tell(place, head, words)
    except (NotTaken, OSError, StoreError, WrongSettings) as problem:
        logger().warning("slack_not_told", thread=thread_id, problem=format_error(problem))
