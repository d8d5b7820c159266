"""What an event can carry: JSON, and what of it has a form of its own."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from math import isfinite
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

STORED = "stored"  # the context in which events are validated that come from a store
MAX_DIGITS = 4_000  # Python itself reads no whole numbers that are much longer
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


def read_json(written: str | bytes) -> Any:
    """What a JSON text says, to the letter. Raises JSONDecodeError for what is none, as `NaN` is,
    or is nested so deep that nobody can tell; and ValueError for numbers that cannot be held, and
    for what says one thing twice.
    """
    try:
        return json.loads(
            written,
            parse_constant=no_json,
            parse_float=finite,
            parse_int=whole,
            object_pairs_hook=said_once,
        )
    except UnicodeDecodeError:
        no_json("what is no UTF-8")
    except RecursionError:
        no_json("what nobody can read")


def no_json(what: str) -> NoReturn:
    raise json.JSONDecodeError(f"{what[:50]} is no JSON", "", 0)


def finite(number: str) -> float:
    """Raises ValueError for what would be something else, or nothing."""
    read = float(number)
    is_lost = read == 0 and re.search("[1-9]", number.lower().partition("e")[0])
    if is_lost or not isfinite(read):
        raise ValueError(f"{number[:50]} is larger or smaller than a number can be")
    return read


def whole(number: str) -> int:
    if len(number) > MAX_DIGITS:
        raise ValueError(f"a number has {len(number):,} digits, and {MAX_DIGITS:,} at most")
    return int(number)


def said_once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, value in pairs:
        if name in read:
            raise ValueError(f"{name[:50]!r} is there twice: say one thing")
        read[name] = value
    return read


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


def moment(text: str) -> datetime:
    """A time with its place in the world, as RFC 3339 writes it. Raises ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time needs its offset, as in 2026-01-31T12:00:00Z")
    return at


def is_moment(text: str) -> str:
    moment(text)
    return text


Json = Annotated[Any, BeforeValidator(unless_stored)]
Text = Annotated[str, BeforeValidator(unless_stored)]
Object = Annotated[dict[str, Any], BeforeValidator(unless_stored)]
Exactly = Annotated[dict[str, Any], BeforeValidator(exactly_json)]
Name = Annotated[str, AfterValidator(name)]
Decision = Annotated[Object, AfterValidator(has_intent)]
Moment = Annotated[Text, AfterValidator(is_moment)]
