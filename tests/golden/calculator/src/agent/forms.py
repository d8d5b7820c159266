"""Factor 7: the arguments of a call as a form that a human can change, and the way back.

Pure, and no word of HTML: a page shows a field as an input, a Slack modal as a block. A field that
comes back as it was shown keeps its value to the letter, whatever a text field can hold.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from pydantic import ValidationError

from .errors import format_error
from .redaction import marked
from .rules import call_of, strictly
from .shapes import read_json
from .shown import visible
from .tools import parse_tool
from .waiting import Waiting

LONG = 60  # characters; a longer text is shown over several lines
PREFIX = "argument."  # of the name of an argument's field, in a form of a page
LEFT_OUT = ""  # what is chosen, or typed, for an argument that the call can do without

Kind = Literal["text", "long_text", "number", "choice", "json"]


class NotAValue(Exception):
    """Why what was typed is no value of its kind; one line says what to type."""


class WrongFields(ValueError):
    """What was typed is no call: why, by the name of the field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        words = (f"{name}: {why}" for name, why in faults.items())
        super().__init__("; ".join(each.removeprefix(": ") for each in words))
        self.faults = faults


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True)
class Field:
    """`value` is what is shown at first; `kind` says how, and how what comes back is read."""

    name: str
    kind: Kind
    label: str
    value: str
    required: bool = True
    choices: tuple[Choice, ...] = ()
    about: str = ""


def form_for(waiting: Waiting) -> tuple[Field, ...]:
    """Nothing where there is no tool whose arguments could be changed."""
    if waiting.reason != "approval":
        return ()
    try:
        tool = parse_tool(call_of(waiting, waiting.arguments))
    except BaseException:  # noqa: BLE001, a validator is yours
        return ()
    return form_of(type(tool).model_json_schema(), waiting.arguments)


def form_of(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> tuple[Field, ...]:
    """A field for each property of a tool's JSON schema but its intent, in their order."""
    properties = {name: of for name, of in schema["properties"].items() if name != "intent"}
    definitions = schema.get("$defs", {})
    required = schema.get("required", ())
    return tuple(
        field_of(name, resolved(of, definitions), name in required, arguments, definitions)
        for name, of in properties.items()
    )


def field_of(
    name: str,
    schema: Mapping[str, Any],
    required: bool,
    arguments: Mapping[str, Any],
    definitions: Mapping[str, Any],
) -> Field:
    variants = [resolved(each, definitions) for each in schema.get("anyOf", [schema])]
    some = [each for each in variants if each.get("type") != "null"]
    # By its name too: an argument called `api_key` is a secret, whatever it looks like.
    value = marked({name: arguments[name]})[name] if name in arguments else None
    kind, choices = kind_of(some), choices_of(some)
    if not fits(kind, value, choices):
        kind, choices = "json", ()
    if choices and not required:
        choices = (Choice(LEFT_OUT, "—"), *choices)
    if kind == "text" and (len(str(value)) > LONG or "\n" in str(value)):
        kind = "long_text"
    return Field(
        name,
        kind,
        schema.get("title", name),
        LEFT_OUT if value is None else shown_as(kind, value),
        required and len(some) == len(variants),
        choices,
        schema.get("description", ""),
    )


def resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return {**definitions[name], **schema} if name in definitions else schema


def kind_of(variants: list[Mapping[str, Any]]) -> Kind:
    types = {each.get("type") for each in variants}
    if types <= {"integer", "number"} and not choices_of(variants):
        return "number"
    if choices_of(variants):
        return "choice"
    return "text" if types == {"string"} else "json"


def choices_of(variants: list[Mapping[str, Any]]) -> tuple[Choice, ...]:
    """Those of a schema that lists its values, or is yes or no."""
    if len(variants) != 1:
        return ()
    [only] = variants
    if only.get("type") == "boolean":
        return Choice("true", "yes"), Choice("false", "no")
    listed = only.get("enum", [only["const"]] if "const" in only else [])
    return tuple(Choice(as_json(each), str(each)) for each in listed)


def fits(kind: Kind, value: Any, choices: tuple[Choice, ...]) -> bool:
    """Whether a field of this kind can show it so that a human sees what it is."""
    match kind:
        case "number":
            return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        case "choice":
            return value is None or as_json(value) in {choice.value for choice in choices}
        case "text" | "long_text":
            return value is None or (isinstance(value, str) and visible(value, but="\n") == value)
        case "json":
            return True


def shown_as(kind: Kind, value: Any) -> str:
    return str(value) if kind in ("text", "long_text") else as_json(value)


def as_json(value: Any) -> str:
    indent = 2 if isinstance(value, dict | list) and value else None
    return visible(json.dumps(value, ensure_ascii=False, indent=indent), but="\n")


def typed_in(form: Mapping[str, str]) -> dict[str, str]:
    """What was typed for each argument into a page's form."""
    return {
        name.removeprefix(PREFIX): text for name, text in form.items() if name.startswith(PREFIX)
    }


def edited(waiting: Waiting, typed: Mapping[str, str]) -> dict[str, Any] | None:
    """The arguments as they were typed, None if they are as they were. Raises WrongFields."""
    arguments, faults = arguments_in(form_for(waiting), typed, waiting.arguments)
    if faults := faults or faults_of(waiting, arguments):
        raise WrongFields(faults)
    return None if arguments == waiting.arguments else arguments


def arguments_in(
    fields: tuple[Field, ...], typed: Mapping[str, str], before: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The arguments as they were typed, and why a field cannot be read, by its name.

    What is not among them stays as it was before.
    """
    arguments, faults = dict(before), {}
    for field in fields:
        text = typed.get(field.name, field.value).replace("\r\n", "\n")
        if text == field.value:
            continue
        if text == LEFT_OUT and not field.required:
            arguments.pop(field.name, None)
            continue
        try:
            arguments[field.name] = read(field, text)
        except NotAValue as fault:
            faults[field.name] = str(fault)
    return arguments, faults


def read(field: Field, text: str) -> Any:
    """Raises NotAValue."""
    if "[secret of " in text:
        raise NotAValue("a secret is shown in part: leave all as it was, or write all of it anew")
    match field.kind:
        case "text" | "long_text":
            return text
        case "number":
            return number_in(text.strip())
        case "choice":
            if text not in {choice.value for choice in field.choices}:
                raise NotAValue("choose one of these")
    return json_in(text)


def number_in(text: str) -> int | float:
    if re.fullmatch(r"-?[0-9]{1,300}", text):
        return int(text)
    if not re.fullmatch(r"-?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?", text) or not isfinite(float(text)):
        raise NotAValue("write a number, such as 12 or 4.5")
    return float(text)


def json_in(text: str) -> Any:
    try:
        return read_json(text)
    except json.JSONDecodeError:
        raise NotAValue('write JSON: "text" in quotes, [a, list] or {"an": "object"}') from None
    except ValueError as error:
        raise NotAValue(str(error)) from None


def faults_of(waiting: Waiting, arguments: Mapping[str, Any]) -> dict[str, str]:
    """What the tool's own class has against these arguments, by the name of the argument; what is
    about none of them, or more than one, under an empty name.
    """
    given = call_of(waiting, dict(arguments))
    try:
        strictly(given)
    except ValidationError as error:
        faults: dict[str, str] = {}
        for each in error.errors():
            place = [str(part) for part in each["loc"] if part != waiting.intent]
            faults.setdefault(place[0] if place else "", each["msg"].removeprefix("Value error, "))
        return faults
    except BaseException as error:  # noqa: BLE001, a validator is yours
        return {"": format_error(error)}
    return {}
