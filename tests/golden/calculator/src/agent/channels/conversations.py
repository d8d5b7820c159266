"""`POST /api/v1/conversations`: the guide's own webhook payloads, signed or behind the token."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field, model_validator

from ..events import HumanResponse, Trigger
from ..hooks import Signed
from ..inbound import Approval, CallId, Calling, Comment, Delivery, Launch, Response, Running, Words

routes = APIRouter(prefix="/api/v1", route_class=Signed)

# A sender that has no call to name sends an empty text.
Named = Annotated[CallId | None, BeforeValidator(lambda text: text or None)]


class CallState(BaseModel):
    thread_id: str
    call_id: Named = None


class Spec(BaseModel):
    state: CallState


class UserMessage(BaseModel):
    user_message: Words

    def event(self, delivery: str | None) -> Trigger:
        return Launch(message=self.user_message).event(delivery)


class Contacted(BaseModel):
    response: Words


class Contact(BaseModel):
    spec: Spec
    status: Contacted
    call_id: Named = None

    def event(self, delivery: str | None) -> HumanResponse | Trigger:
        call_id = self.call_id or self.spec.state.call_id
        return Response(response=self.status.response, call_id=call_id).event(delivery)


class Decided(BaseModel):
    approved: Annotated[bool, Field(strict=True)]
    comment: Comment | None = None


class FunctionCall(BaseModel):
    spec: Spec
    status: Decided
    call_id: Named = None

    @property
    def of(self) -> CallId:
        return self.call_id or self.spec.state.call_id or ""

    @model_validator(mode="after")
    def names_its_call(self) -> Self:
        if not self.of:
            raise ValueError("call_id is missing: an approval is for one call and no other")
        return self

    def event(self, _: str | None) -> HumanResponse:
        decided = self.status.model_dump()
        return Approval(call_id=self.of, **decided).event()


class ConversationCreated(BaseModel):
    type: Literal["conversation.created"]
    event: UserMessage


class HumanContactCompleted(BaseModel):
    type: Literal["human_contact.completed"]
    event: Contact


class FunctionCallCompleted(BaseModel):
    type: Literal["function_call.completed"]
    event: FunctionCall


Conversation = Annotated[
    ConversationCreated | HumanContactCompleted | FunctionCallCompleted,
    Field(discriminator="type"),
]


@routes.post("/conversations", status_code=202)
async def converse(
    body: Conversation, runner: Running, delivery: Delivery, caller: Calling
) -> dict[str, str]:
    if isinstance(body, ConversationCreated):
        caller.needs("launch")
        trigger = caller.said(body.event.event(delivery))
        thread_id = await runner.launch(trigger, delivery)
    else:
        thread_id = body.event.spec.state.thread_id
        caller.needs("answer")
        await runner.tell(thread_id, caller.said(body.event.event(delivery)))
    return {"status": "ok", "thread_id": thread_id}
