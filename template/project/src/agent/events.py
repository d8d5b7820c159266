"""Every fact that can happen in a thread, frozen, and what it carries.

`Thread.append` gives an event its place (`id`) and its time (`at`); until then both are unset.
"""

import json
import re
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
)
from typing_extensions import TypedDict  # pydantic asks for this one below Python 3.12

STORED = "stored"  # the context in which events are validated that come from a store
MAX_DEPTH = 100  # YAML, which the model reads, gives up soon after


def as_json(value: Any, errors: str = "replace") -> Any:
    """The value as a JSON file gives it back: what is on disk and what is in memory are the same.

    Halves of characters (lone surrogates) become `?`. Raises ValueError for numbers that are not
    finite and for what is nested too deep, TypeError for what has no JSON form.
    """
    if is_deeper(value, than=MAX_DEPTH):
        raise ValueError(f"this is nested more than {MAX_DEPTH} levels deep")
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return json.loads(text.encode("utf-8", errors))


def exactly_json(value: Any) -> Any:
    """What will run is what was said. Raises ValueError for what JSON would change."""
    try:
        return as_json(value, "strict")
    except UnicodeEncodeError:
        raise ValueError("a text has half a character (a lone surrogate), or is no UTF-8") from None


def unless_stored(value: Any, info: ValidationInfo) -> Any:
    """What is read from a store is what `as_json` made, and JSON has been read already."""
    return value if info.context == STORED else as_json(value)


def is_deeper(value: Any, than: int) -> bool:
    items = value.values() if isinstance(value, dict) else value
    nested = isinstance(value, dict | list | tuple)
    return than == 0 or (nested and any(is_deeper(item, than - 1) for item in items))


def name(text: str) -> str:
    """What can be a tag in the context: lower-case letters, digits and underscores."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", text):
        raise ValueError("a name has lower-case letters, digits and underscores, 64 at most")
    return text


def has_intent(data: dict[str, Any]) -> dict[str, Any]:
    name(str(data.get("intent")))
    return data


Json = Annotated[Any, BeforeValidator(unless_stored)]
Text = Annotated[str, BeforeValidator(unless_stored)]
Object = Annotated[dict[str, Any], BeforeValidator(unless_stored)]
Exactly = Annotated[dict[str, Any], BeforeValidator(exactly_json)]
Name = Annotated[str, AfterValidator(name)]
Decision = Annotated[Object, AfterValidator(has_intent)]


class Message(TypedDict):
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


class Error(Event):
    """A call failed (with its id); or a reply or a pre-fetch could not be used (without)."""

    type: Literal["error"] = "error"
    data: Message


class HumanRequest(Event):
    """The loop itself needs a human: too many errors, steps or restarts, a circle, or a call in
    doubt.
    """

    type: Literal["human_request"] = "human_request"
    call_id: str
    data: Question


class HumanResponse(Event):
    """A human answered one call."""

    type: Literal["human_response"] = "human_response"
    call_id: str
    data: Answer

    @property
    def said(self) -> tuple[Any, ...]:
        what = ("response", "approved", "arguments", "comment")
        return tuple(self.data.get(name) for name in what)


class ModelFailed(Event):
    """The model could not be asked: no key, no network, no quota."""

    type: Literal["model_failed"] = "model_failed"
    data: Message


class Resumed(Event):
    """A human let a failed thread try again."""

    type: Literal["resumed"] = "resumed"


class Restarted(Event):
    """A thread was found running with nobody at it, so its process ended, and it is taken up."""

    type: Literal["restarted"] = "restarted"


class Stopped(Event):
    """A human ended the thread for good."""

    type: Literal["stopped"] = "stopped"


OwnEvent = ToolCall | ToolStarted | ToolResponse | Error | HumanRequest | ModelFailed | Restarted
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
        FACTS.get(kind, other).model_validate(data, context=STORED)
        for kind, other, data in zip(kinds, outside, raw, strict=True)
    )
