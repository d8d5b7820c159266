"""Slack as a channel: what waits is a message with buttons, and later what became of it."""

from collections.abc import Iterable

from ...outcomes import Message
from ...reach import Asked
from .blocks import headline, request, settled
from .calling import NotTaken, call, look
from .ending import tell
from .hearing import CHANNEL, place_of
from .settings import configured
from .words import Block, escaped


class InSlack:
    name = CHANNEL
    about = "a message with buttons, where the thread began in Slack, or to AGENT_SLACK_TO"

    def __init__(self) -> None:
        """Raises WrongSettings."""
        configured()

    async def tell(self, asked: Asked) -> str:
        """Its channel and its name there (`ts`). Raises NotTaken, OSError, WrongSettings."""
        channel, thread_ts = where(asked)
        posted = await call(
            "chat.postMessage",
            channel=channel,
            thread_ts=thread_ts,
            text=headline(asked.waiting, asked.reminds),
            blocks=request(asked),
            unfurl_links=False,
            unfurl_media=False,
        )
        return f"{posted['channel']}/{posted['ts']}"

    async def settle(self, message: Message, became: str) -> None:
        if place := place_of(message.came):
            await tell(place, "Done", became)
            return
        channel, _, ts = message.ref.partition("/")
        await settle_at(channel, ts, await blocks_of(channel, ts), became)


def where(asked: Asked) -> tuple[str | None, str | None]:
    """Its channel, and its Slack thread if it is in one."""
    if asked.to:
        return asked.to, None
    return place_of(asked.began) or (configured().slack_to, None)


async def settle_at(channel: str, ts: str, blocks: Iterable[Block], became: str) -> None:
    """The message goes on saying what was asked, and from now on what became of it."""
    now = settled(blocks, became)
    await call("chat.update", channel=channel, ts=ts, text=escaped(became), blocks=now)


async def blocks_of(channel: str, ts: str) -> list[Block]:
    """Of a message as it is there now. Raises NotTaken where there is none."""
    about = {"channel": channel, "ts": ts, "oldest": ts, "latest": ts, "inclusive": True}
    found = (await look("conversations.replies", **about)).get("messages", [])
    for message in found:
        if message.get("ts") == ts:
            return list(message.get("blocks", []))
    raise NotTaken(f"there is no message {ts} in {channel} any more")
