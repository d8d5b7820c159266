"""What a tool returned, as JSON. The tool has run, so nothing here fails: a model that reads of an
error does the thing again.

What has an obvious form gets it; of what has none it is said that it cannot be shown; and what is
too large is cut, with a word about it.
"""

import base64
import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import Enum
from math import isfinite
from types import GeneratorType
from typing import Any

from pydantic_core import to_jsonable_python

from .events import MAX_DEPTH

DEEPEST = MAX_DEPTH - 3  # levels, so that there is room for a word about what is below
LARGEST = 10**4000  # Python itself reads no whole numbers that are much longer
ASK_FOR_LESS = "this is too large to be shown whole, so ask for less"


def as_result(value: Any, room: int) -> Any:
    """The JSON of what a tool returned, in about so many characters at most."""
    try:
        return Shown(room).form(value, 0)
    except BaseException:  # noqa: BLE001, whatever it is made of, it was returned
        return f"(it ran; what it returned, a {type(value).__name__}, cannot be shown)"


class Shown:
    """Walks through a value for as long as there is room: `left` is in characters."""

    def __init__(self, room: int) -> None:
        self.left = room

    def of(self, value: Any, depth: int) -> Any:
        """A part that cannot be shown does not hide the others."""
        try:
            return self.form(value, depth)
        except Exception:  # noqa: BLE001
            return f"(a {type(value).__name__}, which cannot be shown)"

    def form(self, value: Any, depth: int) -> Any:
        self.left -= 2
        if depth > DEEPEST:
            return "(nested too deep to be shown)"
        match value:
            case None | bool():
                return value
            case Enum():
                return self.form(value.value, depth)
            case str():
                return self.text(str.__str__(value))
            case int() if abs(value) < LARGEST:
                self.left -= value.bit_length() // 3
                return int(value)
            case int():
                raise ValueError("a number that is too long to be read")
            case float():
                self.left -= 10
                return float(value) if isfinite(value) else str(float(value))
            case bytes() | bytearray() | memoryview():
                return self.text(decoded(bytes(value)))
            case Mapping():
                return self.pairs(value, depth)
            case set() | frozenset():
                return self.items(in_order(value), depth)
        if brings_form(value):
            return self.form(form_of(value), depth)
        if isinstance(value, Collection | GeneratorType):
            return self.items(value, depth)
        return self.form(to_jsonable_python(value), depth)  # dates, decimals, ids, paths, addresses

    def text(self, text: str) -> str:
        kept = text[: max(self.left, 0)]
        self.left -= len(kept)
        return text if kept == text else f"{kept}… (cut: {len(text):,} characters; {ASK_FOR_LESS})"

    def items(self, values: Iterable[Any], depth: int) -> list[Any]:
        shown: list[Any] = []
        for item in values:
            if self.left <= 0:
                return [*shown, self.rest(values, len(shown))]
            shown.append(self.of(item, depth + 1))
        return shown

    def pairs(self, values: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name, item in values.items():
            if self.left <= 0:
                return shown | {"…": self.rest(values, len(shown))}
            shown[self.key(name, depth)] = self.of(item, depth + 1)
        return shown

    def key(self, name: Any, depth: int) -> str:
        form = self.of(name, depth + 1)
        return form if isinstance(form, str) else json.dumps(form)

    def rest(self, values: Iterable[Any], shown: int) -> str:
        number = f"{len(values) - shown:,} " if isinstance(values, Collection) else ""
        return f"({number}more left out: {ASK_FOR_LESS})"


def decoded(content: bytes) -> str:
    with suppress(ValueError):
        return content.decode("utf-8")
    return f"base64:{base64.b64encode(content).decode()}"


def in_order(values: Collection[Any]) -> list[Any]:
    """The same set in the same order, in every process."""
    with suppress(TypeError):
        return sorted(values)
    return sorted(values, key=repr)


# pydantic's models, named tuples and rows of a database, data frames and clients of services.
FORMS = ("model_dump", "_asdict", "to_dict")


def brings_form(value: Any) -> bool:
    kind = type(value)
    return (
        is_dataclass(kind) or is_number_of_an_array(value) or any(hasattr(kind, n) for n in FORMS)
    )


def form_of(value: Any) -> Any:
    if name := next((name for name in FORMS if hasattr(type(value), name)), None):
        return getattr(value, name)()
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    is_moment = getattr(value.dtype, "kind", "") in ("m", "M")
    return str(value) if is_moment else value.tolist()


def is_number_of_an_array(value: Any) -> bool:
    """As numpy and what is like it have them; an array itself is a list of them."""
    return getattr(value, "shape", None) == () and hasattr(type(value), "tolist")
