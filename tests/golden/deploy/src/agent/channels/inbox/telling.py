"""The inbox as a channel: what waits stands there for whoever opens it."""

from ...reach import Asked
from ...sessions import CHANNEL


class Inbox:
    name = CHANNEL

    async def tell(self, asked: Asked) -> None:
        """Nothing is to be done: the pages show whatever waits."""
