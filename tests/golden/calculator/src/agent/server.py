"""Factors 6 and 11: launch, query, resume and stop over HTTP.

What arrives is on the disk before it is answered. The work goes on behind the answer, and after
a crash or a restart it goes on by itself.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from starlette.responses import JSONResponse

from .events import Stopped
from .extras import extras
from .log import log_event
from .parts import Agent
from .runner import Runner
from .settings import Settings
from .states import Status
from .store import NoSuchThread
from .web.access import authorize
from .web.payloads import Approval, Conversation, ConversationCreated, Fork, Launch, Response
from .web.problems import documented, install
from .web.views import listing, view
from .wiring import build

MAX_WAIT = 300  # seconds that `Prefer: wait=` can ask for


def create_app(settings: Settings, agent: Agent | None = None) -> FastAPI:
    """The API of this agent, or of the one that the settings say. Raises StoreError."""
    runner = Runner(agent or build(settings, log_event), patient=True)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await runner.start_unfinished()
        yield
        await runner.shut_down()

    closed: dict[str, Any] = {"docs_url": None, "redoc_url": None, "openapi_url": None}
    app = FastAPI(title="Agent", lifespan=lifespan, redirect_slashes=False, **closed)
    app.state.runner, app.state.settings = runner, settings
    install(app)
    app.get("/healthz")(healthz)
    for router in (api, *(extra.router for extra in extras() if hasattr(extra, "router"))):
        app.include_router(router, dependencies=[Depends(authorize)], responses=documented(401))
    return app


def healthz() -> dict[str, str]:
    """Whether the process answers; without a token."""
    return {"status": "ok"}


def running(request: Request) -> Runner:
    runner: Runner = request.app.state.runner
    return runner


Running = Annotated[Runner, Depends(running)]
api = APIRouter(prefix="/api/v1", responses=documented(400, 401, 404, 409, 413, 422))


@api.post("/threads", status_code=202)
async def launch(
    body: Launch, runner: Running, prefer: Annotated[str, Header()] = ""
) -> JSONResponse:
    thread_id = await runner.launch(body.event())
    if wait := re.search(r"(?i)\bwait\s*=\s*(\d{1,6})\b", prefer):
        await runner.wait(thread_id, min(int(wait[1]), MAX_WAIT))
    thread = await runner.agent.store.get(thread_id)
    status = 202 if not wait or thread.status == "running" else 200
    return JSONResponse(
        view(thread_id, thread), status, {"Location": f"/api/v1/threads/{thread_id}"}
    )


@api.get("/threads")
async def list_threads(
    runner: Running,
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: str | None = None,
) -> dict[str, Any]:
    """The oldest first."""
    stored = await runner.agent.store.list()
    ids = [thread_id for thread_id, _ in stored]
    if after and after not in ids:
        raise NoSuchThread(f"after={after[:64]!r} is none of these threads")
    behind = stored[ids.index(after) + 1 :] if after else stored
    wanted = [item for item in behind if status in (None, item[1].status)]
    return listing(wanted[:limit], more=len(wanted) > limit)


@api.get("/openapi.json", include_in_schema=False)
async def description(request: Request) -> dict[str, Any]:
    app: FastAPI = request.app
    return app.openapi()


@api.get("/threads/{thread_id}")
async def get_thread(thread_id: str, runner: Running) -> dict[str, Any]:
    return view(thread_id, await runner.agent.store.get(thread_id))


@api.post("/threads/{thread_id}/responses", status_code=202)
async def respond(thread_id: str, body: Response, runner: Running) -> dict[str, Any]:
    return view(thread_id, await runner.tell(thread_id, body.event()))


@api.post("/threads/{thread_id}/approvals", status_code=202)
async def approve(thread_id: str, body: Approval, runner: Running) -> dict[str, Any]:
    return view(thread_id, await runner.tell(thread_id, body.event()))


@api.post("/threads/{thread_id}/resume", status_code=202)
async def resume(thread_id: str, runner: Running) -> dict[str, Any]:
    return view(thread_id, await runner.resume(thread_id))


@api.post("/threads/{thread_id}/stop", status_code=202)
async def stop(thread_id: str, runner: Running) -> dict[str, Any]:
    return view(thread_id, await runner.tell(thread_id, Stopped()))


@api.post("/threads/{thread_id}/fork", status_code=201)
async def fork(thread_id: str, body: Fork, runner: Running) -> dict[str, Any]:
    """The copy stands where the thread was cut; `resume` runs it."""
    copy = (await runner.agent.store.get(thread_id)).fork(body.at)
    return view(await runner.agent.store.create(copy), copy)


@api.post("/conversations", status_code=202)
async def converse(body: Conversation, runner: Running) -> dict[str, str]:
    if isinstance(body, ConversationCreated):
        thread_id = await runner.launch(body.event.launch())
    else:
        thread_id = body.event.spec.state.thread_id
        await runner.tell(thread_id, body.event.answer())
    return {"status": "ok", "thread_id": thread_id}
