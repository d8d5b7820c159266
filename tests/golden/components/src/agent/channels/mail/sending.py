"""Mail as a channel: out by SMTP. What the mail server says against it is the channel's failure."""

from datetime import UTC, datetime
from email.policy import SMTP

from aiosmtplib import send as send_by_smtp

from ...outcomes import Message
from ...reach import Asked
from ...shown import words
from .settings import Mailing, load_email, mailing_of
from .signing import CHANNEL, Name, message_id
from .writing import Letter, answer, request, written

PATIENCE = 15.0  # seconds for each step; a channel has twenty for all
# Not folded: a Message-ID that is cut in two is none, and no reply would be known by it.
POLICY = SMTP.clone(max_line_length=998, cte_type="7bit")


class Email:
    name = CHANNEL
    about = "mails with links to a page, and replies; a first mail starts a thread"

    def __init__(self, mailing: Mailing | None = None) -> None:
        """Raises WrongSettings."""
        self.mailing = mailing or mailing_of(load_email())

    async def tell(self, asked: Asked) -> str:
        """One mail to each address, with links of its own; the Message-ID of the first."""
        addresses = addresses_in(asked.to, self.mailing)
        now = datetime.now(UTC)
        for address in addresses:
            await send(request(asked, address, self.mailing, now), self.mailing)
        return message_id(
            Name("asks", asked.thread_id, asked.waiting.call_id, addresses[0]), self.mailing
        )

    async def settle(self, message: Message, became: str) -> None:
        """A mail cannot be changed: a short second one says what became of what the first asked.
        What a thread that came by mail ended with is the answer to that mail.
        """
        if message.came:
            await send(answer(message, message.came, became), self.mailing)
            return
        thread_id, call_id = message.thread_id or "", message.call_id
        for address in addresses_in(message.to, self.mailing):
            asks = Name("asks", thread_id, call_id, address)
            letter = Letter(
                Name("settles", thread_id, call_id, address, became),
                f"Settled: {became}",
                [words(f"What you were asked is settled: {became}."), "", "Nothing is left to do."],
                answers=message_id(asks, self.mailing) if thread_id else message.ref,
            )
            await send(letter, self.mailing)


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
