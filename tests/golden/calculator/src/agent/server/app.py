"""Factors 6 and 11: the agent as a web application, alone or within another one."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import chain
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import BaseRoute

from ..discovery import brought
from ..engine.opening import open_engine
from ..hooks import Signed, signature
from ..log import log_event, log_from, log_waiting
from ..parts import Agent
from ..runner import Runner
from ..settings import Settings, WrongSettings
from ..watch import watched
from ..wiring import build, everybody, faults_of_sections, faults_to_serve, with_channels
from . import problems
from .access import Door, bearer
from .limits import Limits, Pace
from .routes import api
from .streams import Streams

public = APIRouter()


def create_app(settings: Settings, agent: Agent | None = None) -> FastAPI:
    """The API of this agent, or of the one that the settings say. Raises StoreError, WrongSettings.

    What was running goes on when the app starts or, where an app around this one does not start
    it, with the first request.
    """
    log_from(settings.log_level)
    if faults := faults_of_sections() if agent else faults_to_serve(settings):
        raise WrongSettings(faults)
    agent = agent or with_channels(build(settings, log_event, log_waiting), settings)
    streams = Streams()
    agent = replace(agent, notify=everybody(agent.notify, streams.tell))
    background = list(chain(*brought("background")))
    runner = Runner(agent, patient=True, engine=open_engine(settings), background=background)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        with watched():
            await runner.start_unfinished()
            yield
            streams.close()
            await runner.shut_down()
            if runner.engine:
                await runner.engine.close()

    closed: dict[str, Any] = {"docs_url": None, "redoc_url": None, "openapi_url": None}
    app = FastAPI(title="Agent", lifespan=lifespan, redirect_slashes=False, **closed)
    app.state.runner, app.state.settings, app.state.streams = runner, settings, streams
    problems.install(app)
    unguarded = [public, *brought("hooks")]
    for router in unguarded:
        app.include_router(router, responses=problems.EVERYWHERE)
    guarded = [api, *brought("routes")]
    signed = [each for each in guarded if settings.webhook_secret and each.route_class is Signed]
    for router in guarded:
        known_by = [Depends(signature if router in signed else bearer)]
        app.include_router(router, dependencies=known_by, responses=problems.EVERYWHERE)
    pages = list(brought("pages"))
    for router in pages:
        app.include_router(router)
    app.add_middleware(Limits)
    app.add_middleware(Pace, a_minute=settings.max_requests)
    app.add_middleware(
        Door,
        tokens=settings.tokens,
        open=routes_of([*unguarded, *signed]),
        pages=routes_of(pages),
    )
    return app


def routes_of(routers: Iterable[APIRouter]) -> list[BaseRoute]:
    return [route for router in routers for route in router.routes]


@public.get("/healthz")
def healthz() -> dict[str, str]:
    """Whether the process answers; without a token."""
    return {"status": "ok"}
