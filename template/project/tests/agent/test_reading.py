"""What a reply's object says is what runs: equal intents and choices, numbers that are numbers."""

import re
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from agent.model.json_text import NoStep
from agent.model.reply import read_reply
from agent.model.step import read_as, read_step
from agent.tools import NextStep

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .processes import HOME
from .scripted import DONE, MANAGER, NOON, QUESTION


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Pay(Step):
    intent: Literal["pay"] = "pay"
    amount: int | float
    times: int = 1
    to: str = "us"
    where: Literal["staging", "production"] = "staging"
    sure: bool = False
    notes: list[str] | None = None
    shares: list[int | float] | None = None


class Size(Enum):
    ONE = 1
    BIG = "big"


class Kept(Step):
    """Fields of types that take what is not the same."""

    intent: Literal["kept"] = "kept"
    weight: float | None = None
    day: date | None = None
    at: datetime | None = None
    price: Decimal | None = None
    size: Size | None = None
    level: Literal[1, 2] | None = None
    always: Literal[True] | None = None
    weights: list[float] | None = None
    by_name: dict[str, float] | None = None
    inside: Pay | None = None


class Rollback(Step):
    intent: Literal["rollback"] = "rollback"


PAY = {"intent": "pay", "amount": 5}
STEPS: TypeAdapter[Pay | Rollback] = TypeAdapter(
    Annotated[Pay | Rollback, Field(discriminator="intent")]
)
KEPT: TypeAdapter[Kept | Rollback] = TypeAdapter(
    Annotated[Kept | Rollback, Field(discriminator="intent")]
)


def read(**values: Any) -> dict[str, Any]:
    return read_as(STEPS, PAY | values).model_dump()


def refused(found: dict[str, Any]) -> str:
    with pytest.raises(NoStep) as caught:
        read_as(STEPS, found)
    return str(caught.value)


@pytest.mark.parametrize("step", [SAFE_STEP, APPROVAL_STEP, DONE, MANAGER, QUESTION])
def test_a_step_is_the_step_that_it_is(step: dict[str, Any]) -> None:
    assert read_step(step).model_dump(exclude_none=True) == step


@pytest.mark.parametrize(
    "intent",
    [
        "rollback_status", "check_rollback", "do_not_rollback", "undo_rollback", "Rollback",
        " rollback ", "roll back", "rollback.", "rollbacks", "", None, 1, True, ["rollback"],
        {"intent": "rollback"},
    ],
)  # fmt: skip
def test_an_intent_is_equal_to_one_of_ours(intent: Any) -> None:
    assert refused({"intent": intent}) == "intent must be one of pay, rollback"


def test_without_an_intent_it_is_none() -> None:
    assert refused({"amount": 5}) == "intent must be one of pay, rollback"


@pytest.mark.parametrize(
    "where",
    ["pre-production", "production (staging failed)", "Production", " production", "prod", "", 1],
)
def test_a_choice_is_equal_to_one_of_ours(where: Any) -> None:
    assert refused(PAY | {"where": where}) == "where must be 'staging' or 'production'"


@pytest.mark.parametrize(
    ("given_", "number"),
    [
        (5, 5),
        (49.9, 49.9),
        ("49.90", 49.9),
        ("-3", -3),
        ("1e3", 1000.0),
        (2**63 + 1, 2**63 + 1),
        ("9223372036854775809", 2**63 + 1),
        (-(10**40), -(10**40)),
        (0.1, 0.1),
    ],
)
def test_a_number_is_a_number_or_a_text_that_is_one(given_: Any, number: Any) -> None:
    amount = read(amount=given_)["amount"]
    assert (amount, type(amount)) == (number, type(number))


@pytest.mark.parametrize(
    "amount",
    [
        "$49.90", "$0.40", "1,234.56", "49,90", [1, 5000], [5], {"value": 5}, True, None, "", " 5",
        "5 ", "+5", "1_000", "0x10", "five", "5 dollars", "NaN", "Infinity", "\uff15", ".5", "5.",
        "05", "1/2", "50%", "1 000",
    ],
)  # fmt: skip
def test_what_is_no_number_is_not_guessed_at(amount: Any) -> None:
    assert refused(PAY | {"amount": amount}) == "amount must be a number"


@pytest.mark.parametrize("amount", ["1e400", "0.12345678901234567891", "9007199254740993.0"])
def test_a_text_that_no_float_can_hold_is_none_either(amount: str) -> None:
    assert "number" in refused(PAY | {"amount": amount})


@pytest.mark.parametrize(("times", "whole"), [(3, 3), ("3", 3), (3.0, 3)])
def test_a_whole_number_may_have_a_point(times: Any, whole: int) -> None:
    assert read(times=times)["times"] == whole


@pytest.mark.parametrize("times", [3.5, "3.5", True, 1e300])
def test_a_number_is_not_made_whole(times: Any) -> None:
    assert "times" in refused(PAY | {"times": times})


@pytest.mark.parametrize(("sure", "yes"), [(True, True), ("true", True), ("false", False)])
def test_a_yes_is_true(sure: Any, yes: bool) -> None:
    assert read(sure=sure)["sure"] is yes


@pytest.mark.parametrize("sure", [1, 0, "yes", "True", "on", "1", "t", [], None])
def test_nothing_else_is_a_yes(sure: Any) -> None:
    assert refused(PAY | {"sure": sure}) == "sure must be true or false"


@pytest.mark.parametrize("to", [5, 5.0, True, None, ["us"], {"to": "us"}])
def test_a_text_is_a_text(to: Any) -> None:
    assert refused(PAY | {"to": to}) == "to must be a text"


def test_what_is_in_a_list_counts_as_well() -> None:
    assert read(shares=[1, "2.5"])["shares"] == [1, 2.5]
    assert refused(PAY | {"notes": ["a", 3]}) == "notes.1 must be a text"
    assert refused(PAY | {"shares": [1, "$2"]}) == "shares.1 must be a number"


@pytest.mark.parametrize(
    ("name", "said", "is_read"),
    [
        ("day", "2026-01-01", date(2026, 1, 1)),
        ("at", "2026-01-01T12:00:00Z", NOON),
        ("weight", 10, 10.0),
        ("weight", 2**53, float(2**53)),
        ("weight", "2.50", 2.5),
        ("weight", 10**22, 1e22),
        ("price", 49.9, Decimal("49.9")),
        ("price", "49.90", Decimal("49.90")),
        ("price", 10**30 + 1, Decimal(10**30 + 1)),
        ("price", "1e2", Decimal(100)),
        ("size", 1, Size.ONE),
        ("size", "big", Size.BIG),
        ("level", 2, 2),
        ("always", True, True),
        ("weights", [1, "2.5"], [1.0, 2.5]),
    ],
)
def test_each_type_of_field_keeps_what_is_said(name: str, said: Any, is_read: Any) -> None:
    found = read_as(KEPT, {"intent": "kept", name: said})
    assert getattr(found, name) == is_read


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("day", "1767225600"), ("at", "20260101"), ("at", "2026"), ("at", 2026), ("at", 2026.5),
        ("weight", 2**53 + 1), ("weight", 2**63 + 1), ("weight", "9007199254740993"),
        ("weights", [1, 2**53 + 1]), ("weights", ["9007199254740993"]),
        ("by_name", {"a": 2**53 + 1}),
        ("price", "1_0"), ("price", " 1"), ("price", "1 "), ("price", "\u0663"), ("price", "+1"),
        ("price", ".5"), ("price", "$1"), ("price", "1,5"), ("price", "NaN"), ("price", True),
        ("size", True), ("size", "Big"), ("size", "1"), ("size", "ONE"),
        ("level", True), ("level", "1"), ("level", 1.5), ("always", 1), ("always", "true"),
        ("inside", PAY | {"amount": "1_0"}),
    ],
)  # fmt: skip
def test_and_what_it_cannot_keep_is_none(name: str, said: Any) -> None:
    with pytest.raises(NoStep, match=rf"^{name}\b"):
        read_as(KEPT, {"intent": "kept", name: said})


@pytest.mark.parametrize("number", [6, 100, 9_000])
def test_of_many_faults_the_first_are_told(number: int) -> None:
    faults = refused(PAY | {"shares": ["x"] * number})
    assert faults.startswith("shares.0 must be a number; shares.1 ")
    assert faults.endswith(f"; and {number - 5:,} faults more")
    assert len(faults) < 300


def test_no_key_is_too_much_and_none_is_missing() -> None:
    assert refused({"intent": "rollback", "dry_run": True}) == (
        "it has a key that this intent does not have"
    )
    assert refused({"intent": "pay"}) == "amount is missing"


def test_all_faults_are_told_and_nothing_of_the_reply() -> None:
    faults = refused(
        PAY | {"amount": "$1 SECRET", "where": "SECRET", "sure": "SECRET", "SECRET": 1}
    )
    assert "SECRET" not in faults
    assert [words.split()[0] for words in faults.split("; ")] == ["amount", "where", "sure", "it"]


@given(some.text(), some.floats(allow_nan=False) | some.integers() | some.text() | some.booleans())
def test_any_value_is_kept_as_it_is_or_refused(to: str, amount: Any) -> None:
    try:
        found = read(to=to, amount=amount)
    except (NoStep, UnicodeEncodeError):
        return
    assert found["to"] == to
    assert repr(found["amount"]) == repr(amount) or float(amount) == found["amount"]


def test_no_step_of_this_project_lets_unknown_keys_pass() -> None:
    """Else a key that changes the meaning, `dry_run`, would be passed over."""
    schema = TypeAdapter(NextStep).json_schema()
    open_ones = [
        name
        for name, shape in schema["$defs"].items()
        if shape.get("type") == "object" and shape.get("additionalProperties") is not False
    ]
    assert not open_ones, f"{', '.join(open_ones)} lacks extra='forbid'"


PAGE = HOME / "docs" / "replies.md"
SAID = 'please: {"intent": "rollback", "really": true}'


def rows() -> list[tuple[str, str]]:
    """Each reply on the page, and what becomes of it."""
    found = re.findall(r"^\| (`.*`.*) \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [(written(reply), outcome.replace("`", "")) for reply, outcome in found]


def written(cell: str) -> str:
    text, times = re.fullmatch(r"`(.*?)…?`(?: (\d+) times)?", cell).groups()  # type: ignore[union-attr]
    once = text.replace("↵", "\n")
    return once if times is None else once[:5] * int(times)


@pytest.mark.parametrize(("reply", "outcome"), rows())
def test_every_reply_on_the_page_becomes_what_it_says(reply: str, outcome: str) -> None:
    try:
        step = read_as(STEPS, read_reply(reply, [SAID]))
        became = f"pay of {step.amount}" if isinstance(step, Pay) else step.intent
    except NoStep as fault:
        became = f"no step: {fault}"
    assert became == outcome


def test_the_page_says_what_the_user_had_said() -> None:
    assert f"`{SAID}`" in PAGE.read_text("utf-8")
    assert len(rows()) > 30
