"""The page behind a link in a mail. To look at it changes nothing; a click there decides.

It needs no session: the link says whose it is. It is HTML as plain as can be, with no script.
"""

import time
from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from ...errors import format_error
from ...events import HumanResponse
from ...forms import WrongFields, edited, typed_in
from ...inbound import Approval, Caller, Running
from ...store import NoSuchThread
from ...thread import CannotFollow, NotAllowed, Thread
from ...waiting import Waiting
from .answering import answer_of
from .paper import SAFE, shown
from .settings import load_email, missing
from .signing import Link, link_in

MAX_FIELDS = 500

router = APIRouter(include_in_schema=False)


@router.get("/email/{token}")
async def look(token: str, runner: Running) -> Response:
    link = known(token)
    return shown(link, await thread_of(link, runner))


@router.post("/email/{token}")
async def decide(token: str, request: Request, runner: Running) -> Response:
    link = known(token)
    thread, form = await thread_of(link, runner), fields_in(await request.body())
    if link.until <= time.time():
        return shown(link, thread, 410)
    try:
        if (waiting := thread.asked(link.call_id)) is None:
            raise CannotFollow("it waits no longer")
        said = Caller(link.person).said(said_in(form, waiting))
        await runner.tell(link.thread_id, said)
    except (WrongFields, ValidationError) as fault:
        return shown(link, thread, 422, format_error(fault))
    except CannotFollow as fault:
        thread = await thread_of(link, runner)
        return shown(link, thread, 403 if isinstance(fault, NotAllowed) else 409, str(fault))
    place = f"{request.scope.get('root_path', '')}/email/{token}"
    return RedirectResponse(place, 303, SAFE)


def known(token: str) -> Link:
    settings = load_email()
    link = link_in(token, settings.email_secret) if settings.email_secret else None
    if link is None or missing(settings):
        raise HTTPException(404, "this link is none of ours, or was cut: copy all of it")
    return link


async def thread_of(link: Link, runner: Running) -> Thread:
    try:
        return await runner.agent.store.get(link.thread_id)
    except NoSuchThread:
        raise HTTPException(404, "what this link is about is not there any more") from None


def fields_in(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise HTTPException(400, "the body is not a form") from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def said_in(form: Mapping[str, str], waiting: Waiting) -> HumanResponse:
    """Raises WrongFields and ValidationError."""
    call_id = waiting.call_id
    match form.get("do"):
        case "approve":
            return Approval(call_id=call_id, approved=True).event()
        case "reject":
            comment = form.get("comment", "").strip() or None
            return Approval(call_id=call_id, approved=False, comment=comment).event()
        case "change":
            changed = edited(waiting, typed_in(form))
            return Approval(call_id=call_id, approved=True, arguments=changed).event()
        case "answer":
            return answer_of(waiting, form.get("response", ""))
    raise WrongFields({"": "choose what to do"})
