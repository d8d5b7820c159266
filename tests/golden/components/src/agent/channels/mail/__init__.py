"""Factors 7 and 11: mail. What waits for a human comes as a mail with signed links, and is answered
on the page behind them or by a reply; a first mail starts a thread, and its end is the answer.

The folder is not called `email`: that is a module of Python's own.
"""

from fastapi import APIRouter

from .page import router as link_page
from .polling import poll
from .posted import router as posted
from .sending import Email as channel
from .settings import EmailSettings as settings

hooks = APIRouter(routes=[*posted.routes, *link_page.routes])

background = [poll]

__all__ = ["background", "channel", "hooks", "settings"]
