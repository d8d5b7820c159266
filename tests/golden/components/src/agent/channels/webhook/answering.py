"""What a gateway posts back: the same contact or call, completed, signed on its raw body."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from ...events import HumanRequest
from ...hooks import CHANNEL, Signed
from ...inbound import Approval, Caller, CallId, Calling, Comment, Response, Running, Words, needs
from ...people import Person
from ...waiting import Waiting
from .shapes import APPROVE, CALL, CONTACT, REJECT, call

router = APIRouter(prefix="/hooks/a2h", route_class=Signed)


class Who(BaseModel):
    """Who answered, as the gateway knows them."""

    model_config = ConfigDict(coerce_numbers_to_str=True, str_max_length=200)

    email: str | None = None
    id: str | None = None
    name: str | None = None


class Status(BaseModel):
    user_info: Who | None = None


class Contacted(Status):
    response: Words | None = None
    response_option_name: Words | None = None


class Decided(Status):
    approved: Annotated[bool, Field(strict=True)]
    comment: Comment | None = None
    reject_option_name: Comment | None = None


class HumanContact(BaseModel):
    run_id: str
    call_id: CallId
    status: Contacted


class Spec(BaseModel):
    fn: str | None = None
    kwargs: dict[str, Any] | None = None


class FunctionCall(BaseModel):
    run_id: str
    call_id: CallId
    spec: Spec | None = None
    status: Decided


@router.post(f"/{CONTACT}", status_code=202, dependencies=[needs("answer")])
async def contacted(body: HumanContact, runner: Running, caller: Calling) -> dict[str, str]:
    """The option's name is the answer where nothing was written. What is in doubt is decided."""
    said = body.status.response or body.status.response_option_name or ""
    event = Response(response=said, call_id=body.call_id).event(None)
    option = body.status.response_option_name
    if option in (APPROVE, REJECT) and await is_in_doubt(body, runner):
        decided = Approval(
            call_id=body.call_id, approved=option == APPROVE, comment=body.status.response
        )
        await runner.tell(body.run_id, by(caller, body.status).said(decided.event()))
    else:
        await runner.tell(body.run_id, by(caller, body.status).said(event))
    return {"status": "ok", "thread_id": body.run_id}


@router.post(f"/{CALL}", status_code=202, dependencies=[needs("answer")])
async def decided(body: FunctionCall, runner: Running, caller: Calling) -> dict[str, str]:
    status, who = body.status, by(caller, body.status)
    asked = (await runner.agent.store.get(body.run_id)).was_asked(body.call_id, who.person)
    if status.approved and asked and body.spec and is_another(body.spec, asked):
        raise HTTPException(409, "spec is another call than the one that was asked about")
    why = status.comment or (None if status.approved else status.reject_option_name)
    event = Approval(call_id=body.call_id, approved=status.approved, comment=why).event()
    await runner.tell(body.run_id, who.said(event))
    return {"status": "ok", "thread_id": body.run_id}


def is_another(spec: Spec, asked: Waiting) -> bool:
    """A yes is one to what was asked: who changes a call has the API to say so."""
    told: dict[str, Any] = call(asked)["kwargs"]
    given = told if spec.kwargs is None else spec.kwargs
    # A secret was told by its length, which another environment tells otherwise.
    secret = {name for name, value in asked.arguments.items() if told[name] != value}
    return (
        spec.fn not in (None, asked.intent)
        or told.keys() != given.keys()
        or any(as_others_hold(given[n]) != as_others_hold(told[n]) for n in told.keys() - secret)
    )


def as_others_hold(value: Any) -> Any:
    """JSON, as programs read it that have floats and no other numbers."""
    return json.loads(json.dumps(value), parse_int=float)


async def is_in_doubt(body: HumanContact, runner: Running) -> bool:
    """Of what was asked, whatever has become of it: the same answer again is the same."""
    events = (await runner.agent.store.get(body.run_id)).events
    asked = (event for event in events if isinstance(event, HumanRequest))
    return any(
        (event.call_id, event.data["reason"]) == (body.call_id, "in_doubt") for event in asked
    )


def by(caller: Caller, status: Status) -> Caller:
    """Who signs says who answered. Without a signature it is whoever has the token."""
    said = status.user_info or Who()
    who = said.email or said.id or said.name
    if caller.person.channel != CHANNEL or not who:
        return caller
    return Caller(Person(CHANNEL, who), caller.scopes)
