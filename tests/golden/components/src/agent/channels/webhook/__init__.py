"""Factor 7: a human is reached through a URL of yours, and answers through it; A2H's draft shapes.

What is asked goes there, signed; behind it stands a gateway to other channels, or your own program.
"""

from .answering import router as routes
from .sending import WebhookSettings as settings
from .telling import Webhook as channel

__all__ = ["channel", "routes", "settings"]
