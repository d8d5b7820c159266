"""A call as a form: what is shown is what would run, and what comes back unchanged is the same."""

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from agent.events import HumanResponse
from agent.forms import arguments_in, faults_of, form_for, form_of
from agent.steps import Step
from agent.waiting import Waiting

from ..yours.samples import APPROVAL_STEP
from .scripted import MANAGER, QUESTION, asks, decided, said, started, thread_of, yes


class Inner(BaseModel):
    street: str


class Many(Step):
    intent: Literal["many"] = "many"
    text: str
    maybe: str | None = None
    whole: int
    number: int | float
    colour: Literal["red", "green"]
    level: Literal[1, 2] | None = None
    yes: bool
    perhaps: bool | None = None
    several: list[str]
    inner: Inner
    described: str = Field(default="x", description="What it is", title="A title")
    either: str | int = ""


SCHEMA = Many.model_json_schema()
ARGUMENTS: dict[str, Any] = {
    "text": "a",
    "whole": 3,
    "number": 4.5,
    "colour": "red",
    "yes": True,
    "several": ["a", "b"],
    "inner": {"street": "x"},
}
FIELDS = {field.name: field for field in form_of(SCHEMA, ARGUMENTS)}


def test_each_type_has_its_kind_of_field() -> None:
    assert {name: field.kind for name, field in FIELDS.items()} == {
        "text": "text",
        "maybe": "text",
        "whole": "number",
        "number": "number",
        "colour": "choice",
        "level": "choice",
        "yes": "choice",
        "perhaps": "choice",
        "several": "json",
        "inner": "json",
        "described": "text",
        "either": "json",
    }
    assert (FIELDS["described"].label, FIELDS["described"].about) == ("A title", "What it is")
    assert [choice.value for choice in FIELDS["level"].choices] == ["", "1", "2"]
    required = [name for name, field in FIELDS.items() if field.required]
    assert required == ["text", "whole", "number", "colour", "yes", "several", "inner"]


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("text", "b", "b"),
        ("text", "", ""),
        ("text", "a\r\nb", "a\nb"),
        ("text", " 12 ", " 12 "),
        ("maybe", "b", "b"),
        ("whole", " 12 ", 12),
        ("whole", "-0", 0),
        ("number", "1e3", 1000.0),
        ("number", "4.50", 4.5),
        ("number", str(2**70), 2**70),
        ("colour", '"green"', "green"),
        ("level", "2", 2),
        ("yes", "false", False),
        ("perhaps", "true", True),
        ("several", '["c"]', ["c"]),
        ("inner", '{"street": "y"}', {"street": "y"}),
        ("either", "7", 7),
        ("either", '"7"', "7"),
    ],
)
def test_what_is_typed_is_a_value_of_its_type(name: str, typed: str, value: Any) -> None:
    arguments, faults = arguments_in(tuple(FIELDS.values()), {name: typed}, ARGUMENTS)
    assert (arguments, faults) == ({**ARGUMENTS, name: value}, {})
    assert type(arguments[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        *[("whole", text) for text in ("", "x", "1_0", "٣", "0x1", "nan", "1e999", "1,5", "--1")],
        *[("number", text) for text in ("inf", "1" * 5000, ".", "1.", "None")],
        *[("colour", text) for text in ("", "red", '"blue"')],
        *[("yes", text) for text in ("", "True", "1")],
        *[("several", text) for text in ("a, b", "[", "[" * 100_000)],
        ("text", "it is [secret of 12 characters] and more"),
    ],
)
def test_what_is_no_value_is_told_at_its_field(name: str, typed: str) -> None:
    arguments, faults = arguments_in(tuple(FIELDS.values()), {name: typed}, ARGUMENTS)
    assert arguments == ARGUMENTS
    assert [(key, "\n" in why, len(why) < 100) for key, why in faults.items()] == [
        (name, False, True)
    ]


def test_an_argument_that_can_be_left_out_is_when_its_field_is_emptied() -> None:
    given = {**ARGUMENTS, "maybe": "b", "level": 1, "perhaps": False}
    fields = form_of(SCHEMA, given)
    emptied = dict.fromkeys(("maybe", "level", "perhaps"), "")
    assert arguments_in(fields, emptied, given) == (ARGUMENTS, {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "unknown"]), JSON))
def test_what_comes_back_as_it_was_shown_is_the_same_to_the_letter(given: dict[str, Any]) -> None:
    """Whatever stands there: line ends, what cannot be seen, other types, secrets."""
    fields = form_of(SCHEMA, given)
    shown = {field.name: field.value.replace("\n", "\r\n") for field in fields}
    assert arguments_in(fields, shown, given) == (given, {})
    for field in fields:
        assert all(char.isprintable() or char == "\n" for char in field.value)


SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize(
    ("name", "value"),
    [("text", f"use {SECRET}"), ("several", [SECRET]), ("inner", {"street": SECRET})],
)
def test_a_secret_is_never_in_a_field_and_stays_as_it_is(name: str, value: Any) -> None:
    given = {**ARGUMENTS, name: value}
    fields = form_of(SCHEMA, given)
    assert SECRET not in repr(fields)
    shown = {field.name: field.value for field in fields}
    assert arguments_in(fields, shown | {"whole": "4"}, given) == ({**given, "whole": 4}, {})
    _, faults = arguments_in(fields, {name: f"{shown[name]} "}, given)
    assert list(faults) == [name]


def waiting_on(*events: Any) -> Waiting:
    waiting = thread_of(said(), *events).awaiting
    assert waiting
    return waiting


def test_only_a_call_that_waits_for_its_yes_has_a_form() -> None:
    waiting = waiting_on(decided(APPROVAL_STEP))
    given = {name for name in APPROVAL_STEP if name != "intent"}
    assert given <= {field.name for field in form_for(waiting)}
    doubted = (decided(APPROVAL_STEP), yes(), started(), asks("in_doubt"))
    for events in ((decided(MANAGER),), (decided(QUESTION),), doubted):
        assert form_for(waiting_on(*events)) == ()


def test_what_the_class_has_against_it_is_told_by_the_name_of_the_argument() -> None:
    waiting = waiting_on(decided(APPROVAL_STEP))
    assert faults_of(waiting, waiting.arguments) == {}
    for name in waiting.arguments:
        faults = faults_of(waiting, {**waiting.arguments, name: [["no"]]})
        assert list(faults) == [name]
    assert list(faults_of(waiting, {**waiting.arguments, "no_such": 1})) == ["no_such"]
    event = HumanResponse(call_id="1", data={"approved": True, "arguments": waiting.arguments})
    assert thread_of(said(), decided(APPROVAL_STEP), event).status == "running"
