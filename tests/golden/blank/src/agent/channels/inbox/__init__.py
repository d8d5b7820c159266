"""Factor 7: the inbox. Whoever is asked sees what waits for them, and why, and answers in place.

Its pages are at `/`, behind the same door as the API; what can be seen without is the way in.
Everything works as plain forms; the script only keeps an open page up to date.
"""

from .opened import router as hooks
from .pages import router as pages
from .telling import Inbox as channel

__all__ = ["channel", "hooks", "pages"]
