"""A thread that began in Slack says there how it ended, as people who write there look for it."""

import asyncio

from ...errors import format_error
from ...events import AnyEvent, ModelFailed, Stopped, ToolCall
from ...humans import DoneForNow
from ...log import logger
from ...settings import WrongSettings, load_settings
from ...store import StoreError
from ...store.opening import open_store
from .calling import NotTaken, call
from .hearing import place_of
from .words import said, section

DONE = DoneForNow.model_fields["intent"].default
_telling: set[asyncio.Task[None]] = set()  # which would be collected while they are at it


def listen(thread_id: str, event: AnyEvent) -> None:
    """Behind the event: nobody waits for Slack. A process that dies meanwhile has not told it."""
    if ending := ending_in(event):
        task = asyncio.get_running_loop().create_task(tell(thread_id, *ending))
        _telling.add(task)
        task.add_done_callback(_telling.discard)


def ending_in(event: AnyEvent) -> tuple[str, str] | None:
    """How it ended, in our words, and what somebody says of it."""
    match event:
        case ToolCall() if event.intent == DONE:
            return "Done", str(event.arguments.get("message", ""))
        case ModelFailed():
            why = (event.meta or {}).get("problem") or event.data["message"]
            return "Failed, until somebody lets it try again", str(why)
        case Stopped():
            return "Stopped", ""
    return None


async def tell(thread_id: str, head: str, words: str) -> None:
    try:
        settings = load_settings()
        store = open_store(settings.store_url, settings.context_format)
        if place := place_of((await store.get(thread_id)).events[0]):
            channel, thread_ts = place
            blocks = [section(f"*{head}*"), *([section(said(words))] if words else [])]
            await call(
                "chat.postMessage",
                channel=channel,
                thread_ts=thread_ts,
                text=said(words, 300) if words else head,
                blocks=blocks,
                unfurl_links=False,
                unfurl_media=False,
            )
    except (NotTaken, OSError, StoreError, WrongSettings) as problem:
        logger().warning("slack_not_told", thread=thread_id, problem=format_error(problem))
