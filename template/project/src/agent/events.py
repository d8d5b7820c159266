"""Every fact that can happen in a thread, frozen, and what it carries.

`Thread.append` gives an event its place (`id`) and its time (`at`); until then both are unset.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool
from typing_extensions import TypedDict  # pydantic asks for this one below Python 3.12

from .shapes import STORED, Decision, Exactly, Json, Moment, Name, Object, Text


class Explained(TypedDict):
    message: Text


Reason = Literal["errors", "steps", "repeated", "size", "restarts", "in_doubt"]


class Question(TypedDict):
    reason: Reason
    question: Text


class Answer(TypedDict):
    """In words (`response`), or yes or no (`approved`, with a comment if there is one).

    A yes may bear other `arguments`: all of those with which the call shall run instead.
    """

    response: NotRequired[Text]
    approved: NotRequired[StrictBool]
    arguments: NotRequired[Exactly]
    comment: NotRequired[Text]
    user: NotRequired[Text]
    channel: NotRequired[Text]


class Told(TypedDict):
    """Which channel put it before whom; `ref` is the channel's own name of its message. Later on,
    what that message was made to say of what `became` of the call.
    """

    channel: Text
    to: NotRequired[Text]
    ref: NotRequired[Text]
    became: NotRequired[Text]
    failed: NotRequired[Text]  # why nobody was told


class Deferral(TypedDict):
    """Until when a result can come, and what the tool calls the work that goes on."""

    until: NotRequired[Moment]
    ref: NotRequired[Text]


class NotNow(TypedDict):
    until: Moment
    user: NotRequired[Text]
    channel: NotRequired[Text]


class Event(BaseModel):
    """What every event has. `meta` is for the record and is never shown to the model."""

    # Each class is compiled when the first of its kind is made or read, not by every command.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

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

    def with_arguments(self, arguments: dict[str, Any]) -> Self:
        """The same call, the same intent, as a human wants it."""
        return self.model_copy(update={"data": {**arguments, "intent": self.intent}})


class ToolStarted(Event):
    """An approved call is about to run. Found without a result, nobody knows whether it did."""

    type: Literal["tool_started"] = "tool_started"
    call_id: str


class ToolResponse(Event):
    """The tool's result: any JSON."""

    type: Literal["tool_response"] = "tool_response"
    call_id: str


class ToolDeferred(Event):
    """The tool has begun what takes longer. Its result comes from outside, or its time ends."""

    type: Literal["tool_deferred"] = "tool_deferred"
    call_id: str
    data: Deferral


class Error(Event):
    """A call failed (with its id); or a reply or a pre-fetch could not be used (without)."""

    type: Literal["error"] = "error"
    data: Explained


class HumanRequest(Event):
    """The loop itself needs a human: too many errors, steps or restarts, a circle, or a call in
    doubt.
    """

    type: Literal["human_request"] = "human_request"
    call_id: str
    data: Question


class HumanContacted(Event):
    """A channel put one call before a human, or could not."""

    type: Literal["human_contacted"] = "human_contacted"
    call_id: str
    data: Told


class Postponed(Event):
    """A human will be asked again later, and says when."""

    type: Literal["postponed"] = "postponed"
    call_id: str
    data: NotNow


class Expired(Event):
    """The time of one call is over: nobody answered, or no result came. That is no rejection."""

    type: Literal["expired"] = "expired"
    call_id: str
    data: Explained


class HumanResponse(Event):
    """A human answered one call."""

    type: Literal["human_response"] = "human_response"
    call_id: str
    data: Answer

    @property
    def said(self) -> list[Any]:
        what = ("response", "approved", "arguments", "comment")
        return [self.data.get(name) for name in what]


class ModelFailed(Event):
    """The model could not be asked: no key, no network, no quota."""

    type: Literal["model_failed"] = "model_failed"
    data: Explained


class Resumed(Event):
    """A human let a failed thread try again."""

    type: Literal["resumed"] = "resumed"


class Restarted(Event):
    """A thread was found running with nobody at it, so its process ended, and it is taken up."""

    type: Literal["restarted"] = "restarted"


class Stopped(Event):
    """A human ended the thread for good."""

    type: Literal["stopped"] = "stopped"


ToolEvent = ToolCall | ToolStarted | ToolDeferred | ToolResponse | Error
OwnEvent = ToolEvent | HumanRequest | HumanContacted | Expired | ModelFailed | Restarted
HumanEvent = HumanResponse | Postponed | Resumed | Stopped
AnyEvent = Trigger | Prefetched | OwnEvent | HumanEvent

FACTS: dict[str, type[OwnEvent | HumanEvent]] = {
    fact.model_fields["type"].default: fact for fact in (*get_args(OwnEvent), *get_args(HumanEvent))
}


def load(raw: list[dict[str, Any]], known: Sequence[AnyEvent] = ()) -> tuple[AnyEvent, ...]:
    """Events as they were stored behind those. What has a kind of its own was pre-fetched if it
    stands between the first message and the first decision. Raises ValueError or LookupError.
    """
    kinds = [data["type"] for data in raw]
    first_call = kinds.index("tool_call") if "tool_call" in kinds else len(kinds)
    if any(isinstance(event, ToolCall) for event in known):
        first_call = 0
    begins = 0 if known else 1
    outside = [Prefetched if begins <= place < first_call else Trigger for place in range(len(raw))]
    return tuple(
        FACTS.get(kind, other).model_validate(data, context=STORED)
        for kind, other, data in zip(kinds, outside, raw, strict=True)
    )
