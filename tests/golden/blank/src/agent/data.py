"""What events carry: JSON that is the same in memory, on the disk and in the context."""

import json
import re
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, BeforeValidator, StrictBool
from typing_extensions import TypedDict  # pydantic asks for this one below Python 3.12

MAX_DEPTH = 100  # YAML, which the model reads, gives up soon after


def as_json(value: Any) -> Any:
    """The value as a JSON file gives it back: what is on disk and what is in memory are the same.

    Halves of characters (lone surrogates) become `?`. Raises ValueError for numbers that are not
    finite and for what is nested too deep, TypeError for what has no JSON form.
    """
    if is_deeper(value, than=MAX_DEPTH):
        raise ValueError(f"this is nested more than {MAX_DEPTH} levels deep")
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return json.loads(text.encode("utf-8", "replace"))


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


Json = Annotated[Any, BeforeValidator(as_json)]
Text = Annotated[str, BeforeValidator(as_json)]
Object = Annotated[dict[str, Any], BeforeValidator(as_json)]
Name = Annotated[str, AfterValidator(name)]
Decision = Annotated[Object, AfterValidator(has_intent)]


class Message(TypedDict):
    message: Text


class Question(TypedDict):
    reason: Literal["errors", "steps", "in_doubt"]
    question: Text


class Answer(TypedDict):
    """In words (`response`), or yes or no (`approved`, with a comment if there is one)."""

    response: NotRequired[Text]
    approved: NotRequired[StrictBool]
    comment: NotRequired[Text]
    user: NotRequired[Text]
    channel: NotRequired[Text]
