"""The pages of those who are known: what there is, one thread, what the model saw."""

import json
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.responses import Response

from ...aside import aside
from ...due import expires_at
from ...forms import PREFIX, WrongFields, form_for
from ...inbound import Calling, Running, needs
from ...model.failures import Unavailable
from ...model.replay import replay
from ...runner import Runner
from ...settings import Settings
from ...store import StoreError
from ...thread import CannotFollow
from . import acting, contexts
from .opened import typed
from .overview import TABS, Tab, first_words, overview
from .rendering import page, to
from .timeline import call_of, timeline, tokens_in_all

REFUSALS = (HTTPException, RequestValidationError, ValidationError, CannotFollow, StoreError)
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Page(APIRoute):
    """What goes wrong is a page too, in the API's own words."""

    def get_route_handler(self) -> Handler:
        answer = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await answer(request)
            except REFUSALS as error:
                if (said := words_on(request, error)) is None:
                    raise
                status, why = said
                return page(request, "problem.html", status, why=why)

        return answered


def words_on(request: Request, error: Exception) -> tuple[int, str] | None:
    """The status with which the API answers this, and what it says; None for what it does not."""
    handlers: Mapping[Any, Any] = request.app.exception_handlers
    kinds = [kind for kind in type(error).__mro__ if kind in handlers and kind is not Exception]
    if not kinds:
        return None
    answer: Response = handlers[kinds[0]](request, error)
    return answer.status_code, json.loads(bytes(answer.body))["detail"]


router = APIRouter(include_in_schema=False, route_class=Page)


@router.get("/", dependencies=[needs("read")], name="inbox")
async def inbox(
    request: Request,
    runner: Running,
    status: Tab = "waiting",
    number: Annotated[int, Query(alias="page", ge=1, le=10**6)] = 1,
) -> Response:
    return await listed(request, runner, status, number)


@router.post("/")
async def create_thread(request: Request, runner: Running, caller: Calling) -> Response:
    form = await typed(request)
    try:
        thread_id = await acting.launch_from(form, runner, caller)
    except REFUSALS as error:
        said = words_on(request, error)
        if said is None or "read" not in caller.scopes:
            raise
        return await listed(request, runner, "waiting", 1, said, form)
    return to(request, f"/threads/{thread_id}")


async def listed(
    request: Request,
    runner: Runner,
    tab: Tab,
    number: int,
    refused: tuple[int, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> Response:
    shown = await overview(runner.agent.store, tab, number)
    status, why = refused or (200, "")
    return page(
        request,
        "inbox.html",
        status,
        shown=shown,
        tabs=TABS,
        why=why,
        message=(form or {}).get("message", ""),
        key=uuid4(),
        now=runner.agent.clock(),
    )


@router.get("/threads/{thread_id}", dependencies=[needs("read")])
async def thread_page(thread_id: str, request: Request, runner: Running) -> Response:
    return await shown(thread_id, request, runner)


@router.post("/threads/{thread_id}")
async def tell(thread_id: str, request: Request, runner: Running, caller: Calling) -> Response:
    form = await typed(request)
    try:
        goes_on_with = await acting.act(form, thread_id, runner, caller)
    except WrongFields as wrong:
        return await shown(thread_id, request, runner, (422, ""), form, wrong.faults)
    except REFUSALS as error:
        said = words_on(request, error)
        if said is None or "read" not in caller.scopes:
            raise
        return await shown(thread_id, request, runner, said, form)
    return to(request, f"/threads/{goes_on_with}")


async def shown(
    thread_id: str,
    request: Request,
    runner: Runner,
    refused: tuple[int, str] | None = None,
    form: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response:
    """One thread; what was refused of a form stands above it, and what was typed in its place."""
    thread = await runner.agent.store.get(thread_id)
    status, why = refused or (200, "")
    form, waiting = form or {}, thread.awaiting
    show = partial(
        page,
        request,
        "thread.html",
        status,
        thread_id=thread_id,
        thread=thread,
        began=first_words(thread.events[0]),
        waiting=waiting,
        arguments=call_of(waiting) if waiting else (),
        fields=form_for(waiting) if waiting else (),
        entries=await aside(thread.size, timeline, thread),
        tokens=tokens_in_all(thread),
        why=why,
        expires=expires_at(waiting, runner.agent.policy) if waiting else None,
        later=acting.LATER,
        form=form,
        faults=faults or {},
        as_typed=acting.as_typed,
        prefix=PREFIX,
        key=uuid4(),
        now=runner.agent.clock(),
    )
    return await aside(thread.size, show)


@router.get("/threads/{thread_id}/context", dependencies=[needs("read")])
async def context(
    thread_id: str,
    request: Request,
    runner: Running,
    at: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """What the model sees now, or saw when it decided on event `at`."""
    settings: Settings = request.app.state.settings
    thread = await runner.agent.store.get(thread_id)
    moments = contexts.moments(thread)
    place = next((n for n, moment in enumerate(moments) if moment.at == at), None)
    if place is None:
        raise HTTPException(404, f"the model was not asked at event {at}")
    form = settings.context_format
    text = await aside(thread.size, contexts.context_at, thread, at, form)
    before = moments[place - 1] if place else None
    then = await aside(thread.size, contexts.context_at, thread, before.at, form) if before else ""
    show = partial(
        page,
        request,
        "context.html",
        thread_id=thread_id,
        moments=moments,
        chosen=moments[place],
        before=before,
        text=text,
        lines=await aside(len(text), contexts.changes, then, text) if before else [],
    )
    return await aside(len(text), show)


@router.get("/threads/{thread_id}/replay", dependencies=[needs("read")])
async def replayed(thread_id: str, request: Request, runner: Running) -> Response:
    """Whether the model would be asked in the same words today."""
    settings: Settings = request.app.state.settings
    thread = await runner.agent.store.get(thread_id)
    try:
        verdicts = await aside(thread.size + 10**6, replay, thread, settings.model)
    except Unavailable as problem:
        return page(request, "problem.html", 503, why=str(problem))
    return page(request, "replay.html", thread_id=thread_id, verdicts=verdicts)
