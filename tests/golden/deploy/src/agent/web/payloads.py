"""What the API is sent. The guide's own webhook payloads are among them."""

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)

from ..data import Answer
from ..events import HumanResponse, Trigger


def not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it says nothing")
    return text


Words = Annotated[
    str, StringConstraints(min_length=1, max_length=100_000), AfterValidator(not_blank)
]
Comment = Annotated[str, StringConstraints(max_length=100_000)]
CallId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Named = Annotated[CallId | None, BeforeValidator(lambda text: text or None)]


class Launch(BaseModel):
    message: Words

    def event(self) -> Trigger:
        return Trigger(type="user_input", data=self.message)


class Response(BaseModel):
    """`call_id` is left out only for a follow-up to a thread that is done."""

    response: Words
    call_id: CallId | None = None

    def event(self) -> HumanResponse | Trigger:
        if self.call_id is None:
            return Launch(message=self.response).event()
        return HumanResponse(call_id=self.call_id, data={"response": self.response})


class Approval(BaseModel):
    call_id: CallId
    approved: Annotated[bool, Field(strict=True)]
    comment: Comment | None = None

    def event(self) -> HumanResponse:
        said: Answer = {"approved": self.approved}
        if self.comment:
            said["comment"] = self.comment
        return HumanResponse(call_id=self.call_id, data=said)


class Fork(BaseModel):
    at: Annotated[int, Field(ge=0, strict=True)]


class State(BaseModel):
    thread_id: str
    call_id: Named = None


class Spec(BaseModel):
    state: State


class UserMessage(BaseModel):
    user_message: Words

    def launch(self) -> Trigger:
        return Launch(message=self.user_message).event()


class Contacted(BaseModel):
    response: Words


class Contact(BaseModel):
    spec: Spec
    status: Contacted
    call_id: Named = None

    def answer(self) -> HumanResponse | Trigger:
        call_id = self.call_id or self.spec.state.call_id
        return Response(response=self.status.response, call_id=call_id).event()


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

    def answer(self) -> HumanResponse:
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
