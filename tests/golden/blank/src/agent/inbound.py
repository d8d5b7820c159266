"""What a route is given, the server's or a channel's: what arrives, checked, and the runner."""

from typing import Annotated

from fastapi import Depends, Request
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from .events import Answer, HumanResponse, Trigger
from .runner import Runner


async def running(request: Request) -> Runner:
    """The runner of this app, with whatever was unfinished taken up."""
    runner: Runner = request.app.state.runner
    await runner.start_unfinished()  # where an app around this one does not run its lifespan
    return runner


Running = Annotated[Runner, Depends(running)]


def not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it says nothing")
    return text


Words = Annotated[
    str, StringConstraints(min_length=1, max_length=100_000), AfterValidator(not_blank)
]
Comment = Annotated[str, StringConstraints(max_length=100_000)]
CallId = Annotated[str, StringConstraints(min_length=1, max_length=100)]


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
