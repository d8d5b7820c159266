"""Factors 7 and 11: Slack. A mention or a direct message starts a thread; what waits for a human is
a message with buttons, and a reply in its Slack thread answers or follows up.

`docs/slack.md` says how to set it up.
"""

from .ending import listen
from .hooks import router as hooks
from .settings import Slack as settings
from .telling import InSlack as channel

__all__ = ["channel", "hooks", "listen", "settings"]
