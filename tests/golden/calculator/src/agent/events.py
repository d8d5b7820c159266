"""Every fact that can happen in a thread, frozen.

`Thread.append` gives an event its place (`id`) and its time (`at`); until then both are unset.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from .data import Answer, Decision, Json, Message, Name, Object, Question, Text


class Event(BaseModel):
    """What every event has. `meta` is for the record and is never shown to the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int = -1
    type: str
    at: datetime | None = None
    call_id: str | None = Field(default=None, exclude_if=lambda value: value is None)
    data: Json = Field(default_factory=dict)
    meta: Object | None = Field(default=None, exclude_if=lambda value: value is None)


def not_reserved(name: str) -> str:
    if name in FACTS:
        raise ValueError(f"{name} is the name of one of the agent's own facts")
    return name


Kind = Annotated[Name, AfterValidator(not_reserved)]


class Trigger(Event):
    """Somebody or something outside spoke: `user_input`, `slack_message`, `cron_tick`…"""

    type: Kind
    data: Text | Object


class Prefetched(Event):
    """Code looked something up before the model was asked; the type says what: `orders`…"""

    type: Kind
    data: Object


class ToolCall(Event):
    """The model decided: `{"intent", …arguments}`. A question to a human is a decision too."""

    type: Literal["tool_call"] = "tool_call"
    call_id: str
    data: Decision

    @property
    def intent(self) -> str:
        return str(self.data["intent"])

    @property
    def arguments(self) -> dict[str, Any]:
        return {name: value for name, value in self.data.items() if name != "intent"}


class ToolStarted(Event):
    """An approved call is about to run. Found without a result, nobody knows whether it did."""

    type: Literal["tool_started"] = "tool_started"
    call_id: str


class ToolResponse(Event):
    """The tool's result: any JSON."""

    type: Literal["tool_response"] = "tool_response"
    call_id: str


class Error(Event):
    """A call failed (with its id); or a reply or a pre-fetch could not be used (without)."""

    type: Literal["error"] = "error"
    data: Message


class HumanRequest(Event):
    """The loop itself needs a human: too many errors or steps, or a call in doubt."""

    type: Literal["human_request"] = "human_request"
    call_id: str
    data: Question


class HumanResponse(Event):
    """A human answered one call."""

    type: Literal["human_response"] = "human_response"
    call_id: str
    data: Answer

    @property
    def said(self) -> tuple[str | None, bool | None, str | None]:
        return self.data.get("response"), self.data.get("approved"), self.data.get("comment")


class ModelFailed(Event):
    """The model could not be asked: no key, no network, no quota."""

    type: Literal["model_failed"] = "model_failed"
    data: Message


class Resumed(Event):
    """A human let a failed thread try again."""

    type: Literal["resumed"] = "resumed"


class Stopped(Event):
    """A human ended the thread for good."""

    type: Literal["stopped"] = "stopped"


OwnEvent = ToolCall | ToolStarted | ToolResponse | Error | HumanRequest | ModelFailed
HumanEvent = HumanResponse | Resumed | Stopped
AnyEvent = Trigger | Prefetched | OwnEvent | HumanEvent

FACTS: dict[str, type[OwnEvent | HumanEvent]] = {
    fact.model_fields["type"].default: fact for fact in (*get_args(OwnEvent), *get_args(HumanEvent))
}


def load(raw: list[dict[str, Any]]) -> tuple[AnyEvent, ...]:
    """Events as they were stored. What has a kind of its own was pre-fetched if it stands between
    the first message and the first decision. Raises ValueError or LookupError.
    """
    kinds = [data["type"] for data in raw]
    first_call = kinds.index("tool_call") if "tool_call" in kinds else len(kinds)
    outside = [Prefetched if 0 < place < first_call else Trigger for place in range(len(raw))]
    return tuple(
        FACTS.get(kind, other).model_validate(data)
        for kind, other, data in zip(kinds, outside, raw, strict=True)
    )
