"""Factors 6 and 11: launch, query, resume and stop over HTTP.

What arrives is on the disk before it is answered. The work goes on behind the answer, and after
a crash or a restart it goes on by itself.
"""

import re
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header, Query, Request
from fastapi.sse import EventSourceResponse
from pydantic import Field
from starlette.responses import Response as HttpResponse

from ..aside import aside
from ..events import Stopped
from ..inbound import (
    Approval,
    Body,
    Calling,
    Delivery,
    Exact,
    Launch,
    Postponement,
    Response,
    Result,
    Running,
    needs,
    path_to,
)
from ..runner import Runner
from ..thread import Thread
from ..views import as_json, listing
from ..waiting import Status
from .streams import AS_IT_IS, Streams, has_ended

MAX_WAIT = 300  # seconds that `Prefer: wait=` can ask for
WAIT = re.compile(r'(?:^|[,;])\s*wait\s*=\s*"?(\d{1,99})"?\s*(?=[,;]|$)', re.IGNORECASE)

api = APIRouter(prefix="/api/v1", route_class=Exact)


@api.post("/threads", status_code=202, dependencies=[needs("launch")])
async def create_thread(
    request: Request,
    body: Launch,
    runner: Running,
    delivery: Delivery,
    caller: Calling,
    prefer: Annotated[list[str] | None, Header()] = None,
) -> HttpResponse:
    thread_id = await runner.launch(caller.said(body.event(delivery)), delivery)
    if wait := WAIT.search(",".join(prefer or ())):
        await runner.wait(thread_id, min(int(wait[1]), MAX_WAIT))
    thread = await runner.agent.store.get(thread_id)
    status = 202 if not wait or thread.status == "running" else 200
    place = path_to(request, "get_thread", thread_id=thread_id)
    return await answer(thread_id, thread, runner, status, {"Location": place})


@api.get("/threads", dependencies=[needs("read")])
async def list_threads(
    runner: Running,
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: str | None = None,
) -> dict[str, Any]:
    """The oldest first."""
    # One more than is shown says whether there is another page.
    found = await runner.agent.store.find(status=status, after=after or None, limit=limit + 1)
    return listing(found, runner.agent.policy, limit=limit)


@api.get("/openapi.json", dependencies=[needs("read")], include_in_schema=False)
async def description(request: Request) -> dict[str, Any]:
    app: FastAPI = request.app
    return app.openapi()


@api.get("/threads/{thread_id}", dependencies=[needs("read")])
async def get_thread(thread_id: str, runner: Running) -> HttpResponse:
    return await answer(thread_id, await runner.agent.store.get(thread_id), runner, 200)


@api.get(
    "/threads/{thread_id}/events",
    dependencies=[needs("read")],
    responses={200: {"content": {"text/event-stream": {}}}, 204: {"description": "It has ended"}},
)
async def follow(
    thread_id: str,
    request: Request,
    runner: Running,
    after: Annotated[int, Query(ge=-1)] = -1,
    last_event_id: Annotated[int | None, Header(ge=-1)] = None,
) -> HttpResponse:
    """The events behind that one, each as it happens, until the thread has ended. A browser that
    asks again, as it does when a stream ends, is told that there is nothing more.
    """
    streams: Streams = request.app.state.streams
    seen = after if last_event_id is None else last_event_id
    thread = await runner.agent.store.get(thread_id)
    if has_ended(thread) and seen >= len(thread.events) - 1:
        return HttpResponse(status_code=204)
    seen = min(seen, len(thread.events) - 1)  # of what is to come nobody has seen anything
    following = streams.follow(thread_id, runner.agent.store, seen)
    return EventSourceResponse(following, headers=AS_IT_IS)


@api.post("/threads/{thread_id}/responses", status_code=202, dependencies=[needs("answer")])
async def respond(
    thread_id: str, body: Response, runner: Running, delivery: Delivery, caller: Calling
) -> HttpResponse:
    thread = await runner.tell(thread_id, caller.said(body.event(delivery)))
    return await answer(thread_id, thread, runner)


@api.post("/threads/{thread_id}/approvals", status_code=202, dependencies=[needs("answer")])
async def approve(thread_id: str, body: Approval, runner: Running, caller: Calling) -> HttpResponse:
    thread = await runner.tell(thread_id, caller.said(body.event()))
    return await answer(thread_id, thread, runner)


@api.post("/threads/{thread_id}/results", status_code=202, dependencies=[needs("answer")])
async def give_result(
    thread_id: str, body: Result, runner: Running, caller: Calling
) -> HttpResponse:
    """Of a call whose tool answered that it comes later; once."""
    event = caller.said(body.event(runner.agent.max_result))
    return await answer(thread_id, await runner.tell(thread_id, event), runner)


@api.post("/threads/{thread_id}/postpone", status_code=202, dependencies=[needs("answer")])
async def postpone(
    thread_id: str, body: Postponement, runner: Running, caller: Calling
) -> HttpResponse:
    """Whoever was asked is asked again then."""
    event = caller.said(body.event(runner.agent.clock()))
    return await answer(thread_id, await runner.tell(thread_id, event), runner)


@api.post("/threads/{thread_id}/resume", status_code=202, dependencies=[needs("answer")])
async def resume(thread_id: str, runner: Running, caller: Calling) -> HttpResponse:
    return await answer(thread_id, await runner.resume(thread_id, caller.person), runner)


@api.post("/threads/{thread_id}/stop", status_code=202, dependencies=[needs("answer")])
async def stop(thread_id: str, runner: Running, caller: Calling) -> HttpResponse:
    return await answer(thread_id, await runner.tell(thread_id, caller.said(Stopped())), runner)


class Fork(Body):
    at: Annotated[int, Field(ge=0, strict=True)]


@api.post("/threads/{thread_id}/fork", status_code=201, dependencies=[needs("launch")])
async def fork(thread_id: str, body: Fork, runner: Running) -> HttpResponse:
    """The copy stands where the thread was cut; `resume` runs it."""
    copy = (await runner.agent.store.get(thread_id)).fork(body.at)
    return await answer(await runner.agent.store.create(copy), copy, runner, 201)


async def answer(
    thread_id: str,
    thread: Thread,
    runner: Runner,
    status: int = 202,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    body = await aside(thread.size, as_json, thread_id, thread, runner.agent.policy)
    return HttpResponse(body, status, headers, "application/json")
