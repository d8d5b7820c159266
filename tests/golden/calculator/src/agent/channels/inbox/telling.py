"""The inbox as a channel: what waits stands there for whoever opens it."""

from ...outcomes import Message
from ...reach import Asked
from ...sessions import CHANNEL


class Inbox:
    name = CHANNEL
    about = "pages at /: what waits, and why; approve, edit, reject, answer, later"

    async def tell(self, asked: Asked) -> None:
        """Nothing is to be done: the pages show whatever waits."""

    async def settle(self, message: Message, became: str) -> None:
        """Nor here: a page shows what is."""
