"""What a tool returned is shown as JSON; it never makes an error of a call that ran."""

import array
import collections
import io
import itertools
import json
import re
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntFlag, StrEnum
from fractions import Fraction
from ipaddress import ip_network
from math import inf, nan
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from agent.events import ToolResponse
from agent.results import as_result
from agent.store.filesystem import FileSystemThreadStore

from ..yours.samples import SAFE_STEP
from .scripted import DONE, agent_of, begin, model_that_says, said

ROOM = 30_000
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
AN_ID = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")


class Colour(StrEnum):
    RED = "red"


class Price(Enum):
    LOW = Decimal("4.90")


class Flag(IntFlag):
    A = 1
    B = 2


@dataclass
class Order:
    id: str
    at: datetime


class Named(NamedTuple):
    a: int
    b: Decimal


class Model(BaseModel):
    at: date = date(2026, 1, 2)
    key: SecretStr = SecretStr("a-secret")
    inner: Any = None


class Scalar:
    """As numpy has its numbers: no number of Python's, but one can be made of it."""

    shape = ()

    def __init__(self, value: Any) -> None:
        self.value = value

    def tolist(self) -> Any:
        return self.value


class Array:
    """As numpy, pandas and torch have their arrays: of scalars, or of arrays."""

    def __init__(self, *values: Any) -> None:
        self.values = values
        self.shape = (len(values),)

    def __len__(self) -> int:
        return len(self.values)

    def __contains__(self, value: object) -> bool:
        return value in self.values

    def __iter__(self) -> Iterator[Any]:
        return (value if isinstance(value, Array) else Scalar(value) for value in self.values)

    def tolist(self) -> Any:
        raise AssertionError("a large one is not made whole before it is cut")


class Client:
    """As the clients of services give what they were answered."""

    def to_dict(self) -> dict[str, Any]:
        return {"amount": Decimal(5)}


def row() -> Any:
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    return database.execute("select 1 as a, 'x' as b").fetchone()


FORMS: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (2**100, 2**100),
    ("h\u00e9llo", "h\u00e9llo"),
    (NOON, "2026-01-02T12:00:00Z"),
    (date(2026, 1, 2), "2026-01-02"),
    (timedelta(hours=25), "P1DT1H"),
    (Decimal("4.90"), "4.90"),
    (Fraction(1, 3), "1/3"),
    (AN_ID, str(AN_ID)),
    (PurePosixPath("/a/b"), "/a/b"),
    (ip_network("10.0.0.0/8"), "10.0.0.0/8"),
    (re.compile("a+"), "a+"),
    ({3, 1, 2}, [1, 2, 3]),
    (frozenset({"b", "a"}), ["a", "b"]),
    (b"text", "text"),
    (b"\xff\xfe", "base64://4="),
    (bytearray(b"text"), "text"),
    (memoryview(b"text"), "text"),
    (memoryview(b"text")[::2], "tx"),
    (memoryview(array.array("i", [1, 2])), [1, 2]),
    (memoryview(array.array("d", [1.5])), [1.5]),
    (array.array("h", [0, 1]).tobytes(), "base64:AAABAA=="),
    (Colour.RED, "red"),
    (Price.LOW, "4.90"),
    (Flag.A | Flag.B, 3),
    (nan, "NaN"),
    ([inf, -inf, 1.5], ["Infinity", "-Infinity", 1.5]),
    (Order("A-1", NOON), {"id": "A-1", "at": "2026-01-02T12:00:00Z"}),
    (Named(1, Decimal("0.5")), {"a": 1, "b": "0.5"}),
    (Model(), {"at": "2026-01-02", "key": "**********", "inner": None}),
    (Model(inner=[AN_ID]), {"at": "2026-01-02", "key": "**********", "inner": [str(AN_ID)]}),
    ((1, (2, 3)), [1, [2, 3]]),
    (range(3), [0, 1, 2]),
    (collections.deque([1]), [1]),
    (array.array("d", [1.5]), [1.5]),
    ((n * n for n in range(3)), [0, 1, 4]),
    (map(str, [1, 2]), ["1", "2"]),
    ({"a": 1}.keys(), ["a"]),
    (MappingProxyType({"a": {1}}), {"a": [1]}),
    (collections.ChainMap({"a": 1}), {"a": 1}),
    (
        {1: "a", "1": "z", None: "b", AN_ID: "c", (1, 2): "d", Colour.RED: "e", NOON: "f"},
        {
            "1": "a",
            "1\u2032": "z",
            "null": "b",
            str(AN_ID): "c",
            "[1, 2]": "d",
            "red": "e",
            "2026-01-02T12:00:00Z": "f",
        },
    ),
    (Scalar(3), 3),
    (Array(1, 2.5), [1, 2.5]),
    (Array(Array(1), Array(nan)), [[1], ["NaN"]]),
    (Client(), {"amount": "5"}),
    (row(), {"a": 1, "b": "x"}),
]


@pytest.mark.parametrize(("returned", "shown"), FORMS, ids=lambda value: type(value).__name__)
def test_what_has_an_obvious_form_is_shown_in_it(returned: Any, shown: Any) -> None:
    assert as_result(returned, ROOM) == shown


class Lies:
    """Fails at whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise SystemExit(3)


class LyingMapping(dict[str, Any]):
    def items(self) -> Any:
        raise SystemExit(3)


class LyingModel(BaseModel):
    def model_dump(self, **_: Any) -> Any:
        raise KeyError("no")


async def forgotten() -> int:
    return 7


def breaks_off() -> Iterator[int]:
    yield 1
    raise ConnectionError("gone")


UNSHOWN = [
    object(),
    print,
    int,
    Lies(),
    LyingMapping(a=1),
    LyingModel(),
    ValueError("returned, not raised"),
    10**5000,
    lambda: 1,
    io.StringIO("a line"),
    io.BytesIO(b"a line"),
    io.TextIOWrapper(io.BytesIO(b"a line")),
    tempfile.SpooledTemporaryFile(),  # noqa: SIM115
    socket.socket(),
]


@pytest.mark.parametrize("returned", UNSHOWN, ids=lambda value: type(value).__name__)
def test_of_what_has_none_it_is_said_that_it_ran(returned: Any) -> None:
    shown = as_result(returned, ROOM)
    assert shown == f"(it ran, but what it returned cannot be shown: {type(returned).__name__})"


@pytest.mark.parametrize("returned", UNSHOWN, ids=lambda value: type(value).__name__)
def test_a_part_that_cannot_be_shown_hides_no_other(returned: Any) -> None:
    if isinstance(returned, Lies | LyingMapping):
        pytest.skip("it ends whatever asks it")
    shown = as_result({"found": 3, "by": [returned]}, ROOM)
    assert shown["found"] == 3
    assert shown["by"] == [f"(cannot be shown: {type(returned).__name__})"]


def test_what_came_before_it_broke_off_is_shown() -> None:
    shown = as_result(breaks_off(), ROOM)
    assert shown == [1, "(what follows cannot be shown: ConnectionError: gone)"]


def cycle() -> list[Any]:
    around: list[Any] = [1]
    around += [around, {"again": around}]
    return around


def nest(levels: int) -> list[Any]:
    deep: list[Any] = []
    for _ in range(levels):
        deep = [deep]
    return deep


LARGE: dict[str, Any] = {
    "a text": lambda: "x" * 10_000_000,
    "bytes": lambda: b"\xff" * 10_000_000,
    "a list": lambda: list(range(1_000_000)),
    "a range without an end to speak of": lambda: range(10**12),
    "an iterator without an end": itertools.count,
    "of nothing": lambda: itertools.repeat(None),
    "many keys": lambda: dict.fromkeys(map(str, range(200_000)), "y" * 50),
    "a long key": lambda: {"k" * 1_000_000: 1},
    "lists in lists": lambda: [["z" * 1_000] * 100] * 1_000,
    "an array": lambda: Array(*[Array(*range(1000))] * 1000),
    "a circle": cycle,
    "deep": lambda: nest(5_000),
}


@pytest.mark.parametrize(
    "given",
    [
        {"name": "a.txt", "contents": "y" * 2 * ROOM},
        {"contents": "y" * 2 * ROOM},
        {"file": {"path": "a.txt", "contents": "y" * 2 * ROOM}},
    ],
)
def test_the_name_of_what_is_cut_stays(given: dict[str, Any]) -> None:
    def names(value: Any) -> list[Any]:
        return [(n, names(v)) for n, v in value.items()] if isinstance(value, dict) else []

    assert names(as_result(given, ROOM)) == names(given)


@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
def test_what_is_too_large_is_cut_and_says_so(make: Any) -> None:
    shown = ToolResponse(call_id="1", data=as_result(make(), ROOM)).data
    text = json.dumps(shown, ensure_ascii=False)
    assert len(text) < 1.3 * ROOM
    assert re.search("too large to be shown whole, so ask for less|nested too deep", text)


def test_what_is_not_too_large_is_whole() -> None:
    text = "x" * (ROOM - 100)
    assert as_result(text, ROOM) == text
    assert as_result({"a": [text]}, ROOM) == {"a": [text]}


leaves: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
)
keys = leaves.filter(lambda key: key == key)
leaves = st.one_of(leaves, st.decimals(), st.datetimes(), st.uuids(), st.timedeltas())
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(keys, inner),
    max_leaves=10,
)


@given(values, st.integers(10, 500))
def test_whatever_it_is_an_event_can_have_it(value: Any, room: int) -> None:
    shown = as_result(value, room)
    stored = ToolResponse(call_id="1", data=shown).data
    assert json.loads(json.dumps(stored, allow_nan=False)) == stored


@pytest.mark.parametrize("returned", [nan, object(), {1, 2}, NOON, "x" * 100_000, nest(300)])
def test_a_call_that_ran_is_no_error(returned: Any, store: FileSystemThreadStore) -> None:
    """So the model does not do it again under another id."""

    async def tool(step: object, call_id: str) -> Any:
        return returned

    model = model_that_says(SAFE_STEP, DONE)
    _, thread = begin(agent_of(store, model, handle_next_step=tool), said())
    assert [event.type for event in thread.events][1:] == [
        "tool_call",
        "tool_response",
        "tool_call",
    ]
