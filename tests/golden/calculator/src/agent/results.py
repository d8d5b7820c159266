"""What a tool returned, as JSON. The tool has run, so nothing here fails: a model that reads of an
error does the thing again.

What has an obvious form gets it; of what has none it is said that it cannot be shown; and what is
too large is cut, with a word about it.
"""

import base64
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import UTC
from enum import Enum
from io import IOBase
from math import isfinite
from pathlib import PurePath
from typing import Any

from pydantic_core import to_jsonable_python

from .errors import LONGEST, format_error
from .events import Deferral
from .shapes import MAX_DEPTH, MAX_DIGITS
from .steps import Later

DEEPEST = MAX_DEPTH - 3  # levels, so that there is room for a word about what is below
LARGEST = 10**MAX_DIGITS
TOO_DEEP = "(nested too deep to be shown)"
ASK_FOR_LESS = "too large to be shown whole, so ask for less"

# pydantic's models, named tuples and rows, what the clients of services give: they make a form.
FORMS = ("model_dump", "_asdict", "to_dict")


def as_result(value: Any, room: int) -> Any:
    """The JSON of what a tool returned, in about so many characters at most."""
    try:
        return Shown(room).form(value, 0)
    except BaseException:  # noqa: BLE001, whatever it is made of, it was returned
        return f"(it ran, but what it returned cannot be shown: {type(value).__name__})"


def as_deferral(later: Later) -> Deferral:
    """Until when, in UTC, and the reference. What is no time is left out: the work has begun."""
    form: Deferral = {}
    with suppress(Exception):
        form["until"] = later.until.astimezone(UTC).isoformat() if later.until else ""
    if not form.get("until"):
        form.pop("until", None)
    if later.ref is not None:
        form["ref"] = str(as_result(later.ref, LONGEST))
    return form


class Shown:
    """Walks through a value for as long as there is room: `left` is in characters."""

    def __init__(self, room: int) -> None:
        self.left = room

    def of(self, value: Any, depth: int) -> Any:
        """A part that cannot be shown does not hide the others."""
        try:
            return self.form(value, depth)
        except Exception:  # noqa: BLE001
            return f"(cannot be shown: {type(value).__name__})"

    def form(self, value: Any, depth: int) -> Any:
        self.left -= 4  # with what stands around it
        if depth > DEEPEST:
            self.left -= len(TOO_DEEP)
            return TOO_DEEP
        match value:
            case None | bool():
                self.left -= 2
                return value
            case Enum():
                return self.form(value.value, depth)
            case str():
                return self.text(str.__str__(value))
            case int():
                return self.whole(int(value))
            case float():
                self.left -= 10
                return float(value) if isfinite(value) else json.dumps(float(value))
            case bytes() | bytearray() | memoryview(format="B" | "b" | "c"):
                return self.text(decoded(bytes(value)))
            case IOBase():  # to read it is to change it, and may take for ever
                raise TypeError("an open file")
            case PurePath():
                return self.text(str(value))
            case set() | frozenset():
                return self.items(in_order(value), depth)
        if is_mapping(value):
            return self.pairs(value, depth)
        if brings_form(value):
            return self.form(form_of(value), depth)
        if isinstance(value, Collection | Iterator):
            return self.items(value, depth)
        return self.form(to_jsonable_python(value), depth)  # dates, decimals, ids, addresses

    def text(self, text: str) -> str:
        kept = text[: max(self.left, 0)]
        self.left -= len(kept)
        return text if kept == text else f"{kept}… (cut: {len(text):,} characters, {ASK_FOR_LESS})"

    def whole(self, number: int) -> int:
        if abs(number) >= LARGEST:
            raise ValueError("nobody could read it")
        self.left -= number.bit_length() // 3
        return number

    def items(self, values: Iterable[Any], depth: int) -> list[Any]:
        shown: list[Any] = []
        try:
            for item in values:
                if self.left <= 0:
                    return [*shown, rest(values, len(shown))]
                shown.append(self.of(item, depth + 1))
        except Exception as error:  # noqa: BLE001, what came before it is there
            shown.append(f"(what follows cannot be shown: {format_error(error)})")
        return shown

    def pairs(self, values: Any, depth: int) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name, item in pairs_of(values):
            if self.left <= 0:
                return shown | {"…": rest(values, len(shown))}
            key = self.key(name, depth)  # before its value, which may take all the room
            while key in shown:  # 1 and "1" are two
                key += "\u2032"
            shown[key] = self.of(item, depth + 1)
        return shown

    def key(self, name: Any, depth: int) -> str:
        form = self.of(name, depth + 1)
        return form if isinstance(form, str) else json.dumps(form)


def rest(values: Any, shown: int) -> str:
    number = f"{len(values) - shown:,} " if isinstance(values, Collection) else ""
    return f"({number}more left out, {ASK_FOR_LESS})"


def decoded(content: bytes) -> str:
    if b"\0" not in content:  # which no text has
        with suppress(ValueError):
            return content.decode("utf-8")
    return f"base64:{base64.b64encode(content).decode()}"


def in_order(values: Collection[Any]) -> list[Any]:
    """The same set in the same order, in every process."""
    with suppress(TypeError):
        return sorted(values)
    return sorted(values, key=repr)


def is_mapping(value: Any) -> bool:
    """As `dict` reads one: a row of a database and a data frame as well."""
    kind = type(value)
    return isinstance(value, Mapping) or (hasattr(kind, "keys") and hasattr(kind, "__getitem__"))


def pairs_of(values: Any) -> Iterator[tuple[Any, Any]]:
    if hasattr(type(values), "items"):
        yield from values.items()
    else:
        yield from ((name, values[name]) for name in values.keys())  # noqa: SIM118, it is no dict


def brings_form(value: Any) -> bool:
    kind = type(value)
    forms = any(hasattr(kind, name) for name in FORMS)
    return forms or is_dataclass(kind) or is_number_of_array(value)


def form_of(value: Any) -> Any:
    if name := next((name for name in FORMS if hasattr(type(value), name)), None):
        return getattr(value, name)()
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    is_moment = getattr(getattr(value, "dtype", None), "kind", "") in ("m", "M")
    return str(value) if is_moment else value.tolist()


def is_number_of_array(value: Any) -> bool:
    """As numpy and what is like it have them; an array itself is a list of them."""
    return getattr(value, "shape", None) == () and hasattr(type(value), "tolist")
