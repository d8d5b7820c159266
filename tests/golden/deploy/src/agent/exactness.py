"""Whether what was read is what was said: to be valid is not enough.

A float takes a whole number that it cannot hold, a decimal takes spaces and digits of any script,
and 1 takes a yes.
"""

import re
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def is_equal(one: Any, other: Any) -> bool:
    """Whether both are the same JSON: 1 is 1.0, and no yes."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(is_equal(one[k], other[k]) for k in one)
        case list(), list():
            return len(one) == len(other) and all(map(is_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def changed(said: dict[str, Any], read: dict[str, Any]) -> list[str]:
    """The keys whose value is another one now; `read` is what the validated object holds."""
    return [key for key in said if key in read and not is_same(said[key], read[key])]


def is_same(said: Any, read: Any) -> bool:
    match said, read.value if isinstance(read, Enum) else read:
        case dict(), dict() as inside:
            return not changed(said, inside)
        case list(), list() | tuple() as inside:
            return all(map(is_same, said, inside))
        case (bool(), int() as value) | (int(), bool() as value):
            return said is value
        case str() | int() | float(), date():  # a datetime is one; of a number it is guessed which
            return isinstance(said, str) and not NUMBER.fullmatch(said)
        case str(), Decimal() as value:
            return bool(NUMBER.fullmatch(said)) and Decimal(said) == value
        case int() | float(), int() | float() | Decimal() as value:
            return exact(said) == exact(value)
    return True


def exact(number: float | Decimal) -> Decimal:
    """As it is written down: a float is its shortest form."""
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
