"""Mail as a channel: out by SMTP. What the mail server says against it is the channel's failure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import SMTP

from aiosmtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException
from aiosmtplib import send as send_by_smtp

from ...cache import Cache
from ...log import logger
from ...outcomes import Message
from ...reach import Asked
from ...shown import one_line, words
from .settings import Mailing, load_email, mailing_of
from .signing import CHANNEL, Name, message_id, name_in
from .writing import Letter, answer, request, written

PATIENCE = 15.0  # seconds for each step; a channel has twenty for all
# Not folded: a Message-ID that is cut in two is none, and no reply would be known by it.
POLICY = SMTP.clone(max_line_length=998, cte_type="7bit")


class NotTaken(Exception):
    """The mail server does not take the mail of one address, now or `for_good`."""

    def __init__(self, why: str, for_good: bool) -> None:
        super().__init__(why)
        self.for_good = for_good


class Email:
    name = CHANNEL
    about = "mails with links to a page, and replies; a first mail starts a thread"

    def __init__(self, mailing: Mailing | None = None) -> None:
        """Raises WrongSettings."""
        self.mailing = mailing or mailing_of(load_email())
        self._sent: Cache[str, str] = Cache(1_000_000)  # the Message-IDs of what was taken

    async def tell(self, asked: Asked) -> str:
        """One mail to each address, with links of its own; the Message-ID of the first."""
        now = datetime.now(UTC)
        addresses = addresses_in(asked.to, self.mailing)
        letters = [request(asked, address, self.mailing, now) for address in addresses]
        await self._send_each(letters)
        return message_id(replace(letters[0].name, kind="asks"), self.mailing)

    async def settle(self, message: Message, became: str) -> None:
        """A mail cannot be changed: a short second one says what became of what the first asked.
        What a thread that came by mail ended with is the answer to that mail.
        """
        if message.came:
            await send(answer(message, message.came, became), self.mailing)
            return
        asked = name_in(message.ref, self.mailing.secret)  # None where the secret is another now
        first, *others = addresses_in(message.to, self.mailing)
        places = {first: message.ref}
        if asked:
            places |= {to: message_id(replace(asked, to=to), self.mailing) for to in others}
        await self._send_each(
            [settlement(message, to, became, places.get(to, "")) for to in (first, *others)]
        )

    async def _send_each(self, letters: Sequence[Letter]) -> None:
        """Raises what the mail server has against one that it may take later, or against all. Who
        has theirs gets it no second time while the others' is tried again.
        """
        refused = list[NotTaken]()
        for letter in letters:
            name = message_id(letter.name, self.mailing)
            if self._sent.get(name):
                continue
            try:
                await send(letter, self.mailing)
            except NotTaken as refusal:
                refused.append(refusal)
            else:
                self._sent.keep(name, name, 2 * len(name))
        for each in refused:
            if len(refused) == len(letters) or not each.for_good:
                raise each
            logger().warning("mail_refused", problem=str(each))


def settlement(message: Message, to: str, became: str, answers: str) -> Letter:
    return Letter(
        Name("settles", message.thread_id or "", message.call_id, to, about=became),
        f"Settled: {became}",
        [words(f"What you were asked is settled: {became}."), "", "Nothing is left to do."],
        answers=answers,
    )


def addresses_in(to: str | None, mailing: Mailing) -> list[str]:
    return [each.strip().lower() for each in to.split(",")] if to else list(mailing.to)


async def send(letter: Letter, mailing: Mailing) -> None:
    """Raises NotTaken, and whatever is wrong with the mail server or the way to it."""
    server = mailing.smtp
    mail = written(letter, mailing, datetime.now(UTC))
    try:
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
    except SMTPRecipientsRefused as refusal:
        raise refused_by(refusal.recipients[0], letter) from None
    except SMTPDataError as refusal:
        raise refused_by(refusal, letter) from None


def refused_by(said: SMTPResponseException, letter: Letter) -> NotTaken:
    text = f"{letter.name.to} was refused: {said.code} {said.message}"
    return NotTaken(one_line(text), said.code >= 500)
