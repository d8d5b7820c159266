"""What a route is given, the server's or a channel's: what arrives, checked, and the runner."""

from collections.abc import Callable, Coroutine, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import JSONDecodeError
from typing import Annotated, Any, Self
from uuid import UUID, uuid5

from fastapi import Depends, Header, HTTPException, Request
from fastapi.routing import APIRoute
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from starlette.responses import Response as HttpResponse

from .errors import LONGEST, format_error, one_line
from .events import Answer, Error, HumanResponse, Postponed, ToolResponse, Trigger
from .people import E, Person, said_by
from .results import as_result
from .runner import Runner
from .settings import SCOPES, Scope
from .shapes import Exactly, read_json

Handle = Callable[[Request], Coroutine[Any, Any, HttpResponse]]


@dataclass(frozen=True)
class Caller:
    """Who asks over HTTP, and what they may."""

    person: Person
    scopes: Set[Scope] = SCOPES

    def said(self, event: E) -> E:
        return said_by(self.person, event)

    def needs(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise HTTPException(403, f"the token of {self.person.user} may not {scope}")


LOCAL = Caller(Person("http", "local"))  # where no token is set, whoever is on this machine


def calling(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Calling = Annotated[Caller, Depends(calling)]


def needs(scope: Scope) -> Any:
    """A dependency of a route: the token of who calls it must have this scope."""

    def check(caller: Calling) -> None:
        caller.needs(scope)

    return Depends(check)


async def running(request: Request) -> Runner:
    """The runner of this app, with whatever was unfinished taken up."""
    runner: Runner = request.app.state.runner
    await runner.start_unfinished()  # where an app around this one does not run its lifespan
    return runner


Running = Annotated[Runner, Depends(running)]

FURTHEST = timedelta(days=366)  # that a human can put something off
DELIVERIES = UUID("6ba2a2a4-6a0c-5f0e-9b1f-0d5f4c1e7a12")
Key = Annotated[str | None, Header(min_length=1, max_length=255)]  # an empty one is no key


def path_to(request: Request, name: str, **about: str) -> str:
    """Of a route of ours, as who asks reaches it. `request.url_for` asks the outermost app, which
    knows nothing of it, or has another of this name.
    """
    return f"{request.scope.get('root_path', '')}{request.app.url_path_for(name, **about)}"


def delivery_id(*names: str) -> str:
    """The id of what these names tell apart: whoever delivers it again gets the same (UUIDv5)."""
    return str(uuid5(DELIVERIES, "\n".join(names)))


def named_delivery(
    request: Request, idempotency_key: Key = None, webhook_id: Key = None
) -> str | None:
    """None where the sender gives no key, so that nobody can know it from the next. Of what is
    signed the name counts that is signed too: with another it would be another delivery.
    """
    for name in ("idempotency-key", "webhook-id"):
        if len(request.headers.getlist(name)) > 1:
            raise HTTPException(422, f"{name} is there more than once: send one")
    key = getattr(request.state, "signed_as", None) or idempotency_key or webhook_id
    place = (request.scope["route"].path, *request.path_params.values())
    return delivery_id(*place, key) if key else None


Delivery = Annotated[str | None, Depends(named_delivery)]


def not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it says nothing")
    return text


Words = Annotated[
    str, StringConstraints(min_length=1, max_length=100_000), AfterValidator(not_blank)
]
Comment = Annotated[str, StringConstraints(max_length=100_000)]
CallId = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ToTheLetter(Request):
    """What Python's own reader makes of JSON is not what was sent: of a key that is there twice it
    drops one, and `NaN` it takes.
    """

    async def json(self) -> Any:
        try:
            return read_json(await self.body())
        except JSONDecodeError:
            raise
        except ValueError as error:
            raise HTTPException(422, format_error(error)) from None


class Exact(APIRoute):
    """A route that reads its JSON to the letter."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def exactly(request: Request) -> HttpResponse:
            request.__class__ = ToTheLetter  # the same one, of which a body can be read once
            await self.check(request)
            return await handle(request)

        return exactly

    async def check(self, request: Request) -> None:
        """Before anything is read. Raises HTTPException."""


class Body(BaseModel):
    """What the API is sent: a key that it does not know is a meaning dropped in silence."""

    model_config = ConfigDict(extra="forbid")


class Launch(Body):
    message: Words

    def event(self, delivery: str | None) -> Trigger:
        meta: dict[str, Any] | None = {"delivery": delivery} if delivery else None
        return Trigger(type="user_input", data=self.message, meta=meta)


class Response(Body):
    """`call_id` is left out only for a follow-up to a thread that is done."""

    response: Words
    call_id: CallId | None = None

    def event(self, delivery: str | None) -> HumanResponse | Trigger:
        if self.call_id is None:
            return Launch(message=self.response).event(delivery)
        return HumanResponse(call_id=self.call_id, data={"response": self.response})


class Result(Body):
    """What became of a call that goes on elsewhere: its result, or one line on why it failed."""

    call_id: CallId
    result: Any = None
    error: Words = ""

    @model_validator(mode="after")
    def is_one_of_both(self) -> Self:
        if len({"result", "error"} & self.model_fields_set) != 1:
            raise ValueError("give either its result or its error")
        return self

    def event(self, room: int) -> ToolResponse | Error:
        """In so many characters."""
        if "error" in self.model_fields_set:
            return Error(call_id=self.call_id, data={"message": one_line(self.error)[:LONGEST]})
        return ToolResponse(call_id=self.call_id, data=as_result(self.result, room))


class Postponement(Body):
    call_id: CallId
    until: AwareDatetime

    def event(self, now: datetime) -> Postponed:
        """Raises HTTPException for a time that is over, or in another year."""
        if not now < self.until < now + FURTHEST:
            raise HTTPException(422, f"until: name a time within the next {FURTHEST.days} days")
        return Postponed(call_id=self.call_id, data={"until": self.until.isoformat()})


class Approval(Body):
    call_id: CallId
    approved: Annotated[bool, Field(strict=True)]
    arguments: Exactly | None = None
    comment: Comment | None = None

    def event(self) -> HumanResponse:
        said: Answer = {"approved": self.approved}
        if self.arguments is not None:
            said["arguments"] = self.arguments
        if self.comment:
            said["comment"] = self.comment
        return HumanResponse(call_id=self.call_id, data=said)
