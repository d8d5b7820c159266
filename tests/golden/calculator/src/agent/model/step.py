"""Which of our steps an object is: its intent and choices are equal to ours, and so on."""

import json
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from ..errors import format_error
from ..exactness import changed
from ..tools import NextStep
from .json_text import NoStep, as_number

T = TypeVar("T")
MOST = 5  # faults that are told
WORDS = {
    "missing": "{field} is missing",
    "literal_error": "{field} must be {expected}",
    "enum": "{field} must be {expected}",
    "list_type": "{field} must be a list",
    "string_type": "{field} must be a text",
    "int_type": "{field} must be a number",
    "float_type": "{field} must be a number",
    "decimal_type": "{field} must be a number",
    "decimal_parsing": "{field} must be a number",
    "bool_type": "{field} must be true or false",
    "extra_forbidden": "it has a key that this intent does not have",
}


@cache
def all_steps() -> TypeAdapter[NextStep]:
    return TypeAdapter(Annotated[NextStep, Field(discriminator="intent")])


def read_step(found: dict[str, Any]) -> NextStep:
    """Raises NoStep with every fault, in words of ours."""
    return read_as(all_steps(), found)


def read_as(steps: TypeAdapter[T], found: dict[str, Any]) -> T:
    """A second look is for texts that are numbers, once it is known where numbers belong."""
    try:
        return validated(steps, found)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    try:
        return validated(steps, spelled_out(found, faults))
    except ValidationError as error:
        raise NoStep("; ".join(in_words(steps, error.errors(include_url=False)))) from None


def validated(steps: TypeAdapter[T], found: dict[str, Any]) -> T:
    """As JSON, strictly: no text is a number there, no number a yes, no name nearly right.

    Raises ValidationError, and NoStep for what would not stay as it is.
    """
    try:
        step = steps.validate_json(json.dumps(found), strict=True)
    except ValidationError:
        raise
    except BaseException as error:  # noqa: BLE001, a validator is yours
        raise NoStep(format_error(error)) from None
    if names := changed(found, steps.dump_python(step, by_alias=True)):
        raise NoStep(f"{names[0]} cannot be kept as it is written")
    return step


def spelled_out(found: dict[str, Any], faults: list[ErrorDetails]) -> dict[str, Any]:
    """A copy in which a text that is a number or a yes, and nothing else, is what it says."""
    copy: dict[str, Any] = json.loads(json.dumps(found))
    for fault in faults:
        *way, name = where(found, fault) or [None]
        holder = copy
        for key in way:
            holder = holder[key]
        if name is not None:
            holder[name] = meant(holder[name], fault["type"])
    return copy


def meant(value: Any, wanted: str) -> Any:
    match wanted, value:
        case "int_type" | "float_type", str():
            number = as_number(value)
            return value if number is None else number
        case "int_type", float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
        case "bool_type", "true" | "false":
            return value == "true"
    return value


def where(found: Any, fault: ErrorDetails) -> list[Any]:
    """The keys that lead to the faulty value: pydantic names the classes on the way as well."""
    way = []
    for key in fault["loc"]:
        inside = isinstance(found, dict) and key in found
        if inside or (isinstance(found, list) and isinstance(key, int)):
            way.append(key)
            found = found[key]
    return way


def in_words(steps: TypeAdapter[Any], faults: list[ErrorDetails]) -> list[str]:
    """Each fault once and without what stood in the reply, which would be said again."""
    if faults[0]["type"].startswith("union_tag"):
        return [f"intent must be one of {', '.join(intents(steps))}"]
    said = list(dict.fromkeys(map(fault_in_words, faults)))
    more = [f"and {len(said) - MOST:,} faults more"] if len(said) > MOST else []
    return said[:MOST] + more


def fault_in_words(fault: ErrorDetails) -> str:
    words = WORDS.get(fault["type"], f"{{field}}: {fault['msg']}")
    return words.format(field=field_of(fault), **fault.get("ctx", {}))


def field_of(fault: ErrorDetails) -> str:
    """Its name, which is ours, and places in a list; pydantic names the classes as well."""
    _, *way = fault["loc"] or ("",)
    places = [f".{place}" for place in way[1:] if isinstance(place, int)]
    return f"{way[0]}{''.join(places)}" if way else "it"


def intents(steps: TypeAdapter[Any]) -> list[str]:
    return list(steps.json_schema()["discriminator"]["mapping"])
