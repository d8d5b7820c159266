"""Where Slack calls us: it is kept and answered at once, and the rest comes behind the answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from pydantic import BaseModel, ValidationError
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, Response

from ...errors import format_error
from ...forms import WrongFields
from ...inbound import Running
from ...log import logger
from ...runner import Runner
from ...settings import WrongSettings
from ...store import StoreError
from .blocks import LATER
from .calling import NotTaken, call
from .clicking import REFUSALS, Click, Submission, act, errors_at, over, waiting_for
from .hearing import Heard, hear
from .modals import Shown, modal
from .settings import Slack, configured
from .signed import signed
from .telling import settle_at
from .words import escaped

router = APIRouter(prefix="/hooks/slack")
M = TypeVar("M", bound=BaseModel)
Then = Callable[..., Awaitable[None]]
OPENS = ("edit", "reject", "say")
IN_TIME = 2.0  # seconds in which it is kept, or else it is answered before: Slack waits for three
NOT_SERVED = "This agent does not take answers from you."


class Challenge(BaseModel):
    challenge: str


def read(kind: type[M], text: str | bytes) -> M | None:
    """None for what is of another shape: Slack tells more than anybody asks for."""
    try:
        return kind.model_validate_json(text)
    except ValidationError:
        return None


@router.post("")
async def happened(request: Request, runner: Running) -> Response:
    """An event, or the question whether this address is ours."""
    body = await signed(request)
    if asked := read(Challenge, body):
        return JSONResponse({"challenge": asked.challenge})
    heard = read(Heard, body)
    if heard and (why := await hear(heard, configured(), runner)):
        said = heard.event
        return answered(to_one, said.channel, said.user, why, said.thread_ts or said.ts)
    return answered()


@router.post("/interactions")
async def clicked(request: Request, runner: Running) -> Response:
    """A button, or a modal that was sent."""
    payload = payload_in(await signed(request))
    if click := read(Click, payload):
        return await on_click(click, configured(), runner)
    if sent := read(Submission, payload):
        return await on_submission(sent, configured(), runner)
    return answered()


def payload_in(body: bytes) -> str:
    try:
        return parse_qs(body.decode(), max_num_fields=10).get("payload", [""])[0]
    except ValueError:  # more fields than Slack sends
        return ""


async def on_click(click: Click, slack: Slack, runner: Runner) -> Response:
    if (shown := read(Shown, click.actions[0].value)) is None:  # a button that is none of ours
        return answered()
    if not click.is_served(slack):
        return answered(whisper, click, NOT_SERVED)
    if shown.do in OPENS:
        return answered(open_modal, click, shown, runner)
    deciding = asyncio.create_task(refusal_of(act(shown, click.caller, runner)))
    await asyncio.wait([deciding], timeout=IN_TIME)
    return answered(after, deciding, click, shown, runner)


async def refusal_of(work: Awaitable[None]) -> str | None:
    try:
        await work
    except REFUSALS as refusal:
        return words_on(refusal)
    return None


async def after(
    deciding: Awaitable[str | None], click: Click, shown: Shown, runner: Runner
) -> None:
    """What nobody would see otherwise: that it was not taken, or put off."""
    if why := await deciding:
        await turn_down(click, shown, why, runner)
    elif shown.do == "later":
        await whisper(click, f"It is asked again: {list(LATER)[shown.n].lower()}.")


async def open_modal(click: Click, shown: Shown, runner: Runner) -> None:
    """Slack takes it for three seconds after the click."""
    try:
        waiting = await waiting_for(shown, click.caller, runner)
        await call("views.open", trigger_id=click.trigger_id, view=modal(shown, waiting))
    except (*REFUSALS, NotTaken) as refusal:
        await turn_down(click, shown, words_on(refusal), runner)


async def turn_down(click: Click, shown: Shown, why: str, runner: Runner) -> None:
    """Its message may be one that nobody knows of, as after a crash: it is settled here and now."""
    await whisper(click, why)
    if became := await over(shown, runner):
        place = click.container
        await settle_at(place.channel_id, place.message_ts, click.message.blocks, became)


async def on_submission(sent: Submission, slack: Slack, runner: Runner) -> Response:
    """What cannot be is said in the modal, which then stays open."""
    values = sent.view.state.values
    if (shown := read(Shown, sent.view.private_metadata)) is None:
        return answered()
    if not sent.is_served(slack):
        return wrong({"": NOT_SERVED}, values)
    deciding = asyncio.create_task(decided(sent, shown, runner))
    await asyncio.wait([deciding], timeout=IN_TIME)
    if deciding.done():
        return deciding.result()
    slow = wrong({"": "It takes long to be kept. Send it again: it counts once."}, values)
    slow.background = BackgroundTask(done, ended, (deciding,))
    return slow


async def ended(deciding: Awaitable[Response]) -> None:
    await deciding


async def decided(sent: Submission, shown: Shown, runner: Runner) -> Response:
    values = sent.view.state.values
    try:
        await act(shown, sent.caller, runner, values)
    except WrongFields as fault:
        return wrong(fault.faults, values)
    except REFUSALS as refusal:
        return wrong({"": words_on(refusal)}, values)
    return answered()


def words_on(refusal: Exception) -> str:
    why = format_error(refusal) if isinstance(refusal, ValidationError) else str(refusal)
    return f"Nothing was changed: {why}"


def wrong(faults: Mapping[str, str], values: Mapping[str, Any]) -> Response:
    errors = errors_at(faults, values)
    return JSONResponse({"response_action": "errors", "errors": errors})


def answered(then: Then | None = None, *about: Any) -> Response:
    """That it was taken, and what is done behind the answer."""
    return Response(background=BackgroundTask(done, then, about) if then else None)


async def done(then: Then, about: tuple[Any, ...]) -> None:
    try:
        await then(*about)
    except (NotTaken, OSError, StoreError, WrongSettings) as problem:
        logger().warning("slack_not_told", problem=format_error(problem))


async def whisper(click: Click, text: str) -> None:
    place = click.container
    await to_one(place.channel_id, click.user.id, text, place.thread_ts)


async def to_one(channel: str, user: str, text: str, thread_ts: str | None) -> None:
    """Where it was said or clicked, and for nobody else to see."""
    words = {"text": escaped(text), "channel": channel, "user": user, "thread_ts": thread_ts}
    await call("chat.postEphemeral", **words)
