"""A request is sent until there is a response: what may pass is tried again, within one limit."""

import asyncio
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .completion import as_meant
from .connection import NotSendable, Request, Response, Unreachable, post
from .failures import Unavailable, explain, passes

TRIES = 5  # of what does not say when to come back
PAUSE = 0.5  # seconds before the second; before each further one twice as long
SILENCE = 10.0  # seconds after which whoever looks on hears that there is no answer yet

Say = Callable[[str], None]


class Passing(Exception):
    """It may be over soon; when, if the other side says so."""

    def __init__(self, fault: str, seconds: float | None = None) -> None:
        super().__init__(fault)
        self.seconds = seconds


async def send(request: Request, limit: float, say: Say, until: float | None = None) -> Response:
    """A response that asking again would not change. Raises Unavailable.

    `limit` is in seconds and holds for all tries together; `until` is its end on the loop's clock,
    if it runs already. Giving up, for whichever reason, closes the connection, so that the other
    side can stop as well.
    """
    until = until or asyncio.get_running_loop().time() + limit
    fault = f"no answer from {request.place}"
    try:
        async with asyncio.timeout_at(until):
            for pause in pauses():
                try:
                    return await once(request, say, limit)
                except Passing as passing:
                    fault = str(passing)
                    await wait(passing, pause, until, say)
    except TimeoutError:
        pass
    raise Unavailable(f"{fault}; gave up after {limit:g} s (AGENT_MODEL_TIMEOUT)")


async def once(request: Request, say: Say, limit: float) -> Response:
    """Raises Passing, and Unavailable for what cannot be sent at all."""
    try:
        with heard(say, f"no answer yet from {request.place}: it has {limit:g} s"):
            response = as_meant(await post(request))
    except NotSendable as error:
        raise Unavailable(f"this cannot be sent to {request.place}: {error}") from None
    except Unreachable as error:
        raise Passing(
            f"it cannot be reached: check the network and the URL ({request.place}: {error})"
        ) from None
    if passes(response):
        raise Passing(explain(response, request.secrets), seconds_asked(response))
    return response


def pauses() -> Iterator[float | None]:
    """How long to wait after each try if nobody says; None when that was the last."""
    for number in range(TRIES - 1):
        yield PAUSE * 2**number * random.uniform(0.8, 1.2)
    while True:
        yield None


async def wait(passing: Passing, pause: float | None, until: float, say: Say) -> None:
    """Raises Unavailable if there is no use in waiting, or no time."""
    if passing.seconds is None and pause is None:
        raise Unavailable(f"{passing}; tried {TRIES} times: resume later")
    seconds = max(passing.seconds or 0, pause or PAUSE)
    if asyncio.get_running_loop().time() + seconds >= until:
        raise Unavailable(
            f"{passing}; to wait {seconds:.0f} s more is longer than AGENT_MODEL_TIMEOUT allows:"
            " resume later"
        )
    say(f"{passing}; asking again in {seconds:.1f} s")
    await asyncio.sleep(seconds)


@contextmanager
def heard(say: Say, line: str) -> Iterator[None]:
    """Says this line when what is inside takes long."""
    timer = asyncio.get_running_loop().call_later(SILENCE, say, line)
    try:
        yield
    finally:
        timer.cancel()


def seconds_asked(response: Response) -> float | None:
    """How long the other side wants to be left alone: in one of its headers, or Google's way."""
    if delay := re.search(r'"retryDelay":\s*"([0-9.]{1,99})s"', response.body):
        return number(delay[1])
    if (milliseconds := number(response.headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    after = response.headers.get("retry-after")
    if after is None or (seconds := number(after)) is not None:
        return seconds if after else None
    try:
        at = parsedate_to_datetime(after)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"[0-9]{1,99}(\.[0-9]{1,99})?", text) else None
