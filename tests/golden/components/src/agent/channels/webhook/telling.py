"""The webhook as a channel: what waits is posted, and later what became of it."""

from ...hooks import CHANNEL
from ...inbound import delivery_id
from ...outcomes import Message
from ...reach import Asked
from ...settings import load, require
from ...signatures import keys_in
from .sending import NEEDED, WebhookSettings, post
from .shapes import kind_of, shape_of

UNKNOWN = (404, 405, 501)  # of who takes no outcomes: A2H's draft has none


class Webhook:
    name = CHANNEL
    about = "posts what waits to a URL of yours, signed, in A2H's shapes; it posts back the answer"

    def __init__(self) -> None:
        """Raises WrongSettings."""
        settings = load(WebhookSettings)
        require(settings, NEEDED)
        assert settings.webhook_url is not None
        assert settings.webhook_signing_secret is not None
        self.url = str(settings.webhook_url)
        self.keys = keys_in(settings.webhook_signing_secret.get_secret_value())

    async def tell(self, asked: Asked) -> str:
        """Its `webhook-id`, which is the same however often it is sent."""
        name = name_of(asked)
        url = below(asked.to or self.url, kind_of(asked.waiting))
        await post(url, name, shape_of(asked), self.keys)
        return name

    async def settle(self, message: Message, became: str) -> None:
        url = below(message.to or self.url, "outcomes")
        content = {"run_id": message.thread_id, "call_id": message.call_id, "became": became}
        await post(url, delivery_id(message.ref, became), content, self.keys, also=UNKNOWN)


def name_of(asked: Asked) -> str:
    """What was put off is asked anew, and a reminder is a message of its own."""
    waiting = asked.waiting
    since = waiting.asked_at.isoformat() if waiting.asked_at else ""
    what = "reminder" if asked.reminds else "request"
    return delivery_id(CHANNEL, asked.thread_id, waiting.call_id, asked.to or "", since, what)


def below(url: str, name: str) -> str:
    base, mark, query = url.partition("?")
    return f"{base.rstrip('/')}/{name}{mark}{query}"
