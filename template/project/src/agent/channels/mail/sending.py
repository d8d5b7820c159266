"""Mail as a channel: out by SMTP. What the mail server says against it is the channel's failure."""

from datetime import UTC, datetime
from email.policy import SMTP
from typing import Any

from aiosmtplib import send as send_by_smtp

from ...log import logger
from ...reach import Asked
from ...settings import WrongSettings
from .settings import Mailing, is_untouched, load_email, mailing_of, missing
from .signing import CHANNEL, Name, message_id
from .writing import Letter, request, written

PATIENCE = 15.0  # seconds for each step; a channel has twenty for all
# Not folded: a Message-ID that is cut in two is none, and no reply would be known by it.
POLICY = SMTP.clone(max_line_length=998, cte_type="7bit")


class Email:
    name = CHANNEL
    about = "asks by mail: links to a page, or a reply; a first mail starts a thread"

    def __init__(self, mailing: Mailing) -> None:
        self.mailing = mailing

    async def tell(self, asked: Asked) -> str:
        """One mail to each address, with links of its own; the Message-ID of the first."""
        addresses = addresses_in(asked.to, self.mailing)
        now = datetime.now(UTC)
        for address in addresses:
            await send(request(asked, address, self.mailing, now), self.mailing)
        return message_id(
            Name("asks", asked.thread_id, asked.waiting.call_id, addresses[0]), self.mailing
        )

    async def settle(self, told: Any, became: str) -> None:
        """A mail cannot be changed: a short second one says what became of what the first asked."""
        for address in addresses_in(told.to, self.mailing):
            asks = Name("asks", told.thread_id, told.call_id, address)
            settles = Name("settles", told.thread_id, told.call_id, address)
            answers = message_id(asks, self.mailing)
            lines = [f"What you were asked is settled: {became}.", "", "There is nothing to do."]
            await send(Letter(settles, f"Settled: {became}", lines, answers=answers), self.mailing)


def configured() -> Email | None:
    """None, and a word in the log, while nothing of it is set. Raises WrongSettings for a half."""
    settings = load_email()
    if not (lines := missing(settings)):
        return Email(mailing_of(settings))
    if not is_untouched(settings):
        raise WrongSettings(lines)
    logger().warning("channel_not_configured", channel=CHANNEL, problem="; ".join(lines))
    return None


def addresses_in(to: str | None, mailing: Mailing) -> list[str]:
    return [each.strip().lower() for each in to.split(",")] if to else list(mailing.to)


async def send(letter: Letter, mailing: Mailing) -> None:
    """Raises what the mail server, or the way to it, has against it."""
    server = mailing.smtp
    mail = written(letter, mailing, datetime.now(UTC))
    await send_by_smtp(
        mail.as_bytes(policy=POLICY),
        sender=mailing.sender,
        recipients=[letter.name.to],
        hostname=server.host,
        port=server.port,
        username=server.user or None,
        password=server.password or None,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        timeout=PATIENCE,
    )
