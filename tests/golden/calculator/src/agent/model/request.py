"""The request that BAML makes of our prompt: what is recorded is what is sent."""

import re
from typing import Any

from . import baml
from .clients import options
from .connection import Request
from .failures import Unavailable, first_words

MODEL = re.compile(r'^\s*\{"model":\s*"((?:[^"\\]|\\.)*)"')


def render(context: str, model: str) -> Request:
    """The exact request for this context; nothing is sent. Raises Unavailable."""
    from baml_py import errors  # a quarter of a second, so not before it is needed

    ask: Any = baml.generated("sync_client").b.request.DetermineNextStep
    try:
        made = ask(context, options(model))
    except errors.BamlError as error:
        raise Unavailable(words_of(error)) from None
    headers = {name: value for name, value in made.headers.items() if name[:5] != "baml-"}
    return Request(made.url, headers, bytes(made.body.raw()).decode())


def words_of(error: Exception) -> str:
    detail = str(getattr(error, "message", error)).partition("Stack backtrace")[0]
    if variable := re.search(r"environment variable '(\w+)'", detail):
        return f"set {variable[1]} in .env"
    if "builder error" in detail:  # in front of the cause stands the URL, which may hold a key
        cause = first_words(detail.rpartition("Caused by:")[2])
        return f"BAML cannot make the request: check the URL and the key ({cause})"
    return f"BAML cannot make the request: {first_words(detail)}"


def model_in(request: Request) -> str | None:
    """The model that is asked for by name, in the body or, Google's way, in the URL."""
    if found := MODEL.match(request.body):
        return found[1]
    found = re.search(r"/models/([^/:]+):", request.place)
    return found[1] if found else None
