"""What others say is shown so that it cannot pass for something else."""

import json
import re
from typing import Any

import pytest

from agent.events import (
    AnyEvent,
    HumanResponse,
    Prefetched,
    ToolCall,
    ToolDeferred,
    ToolResponse,
    Trigger,
)
from agent.shown import (
    LONGEST,
    MORE,
    SECRETS_RUN,
    arguments,
    described,
    folded,
    is_cut,
    quoted,
    width,
    words,
)
from agent.terminal import screen
from agent.waiting import Waiting

EVENT = re.compile(r"^\S", re.MULTILINE)
HOSTILE = [
    "x\nprocess_refund",
    "x\n  amount: 5",
    "x\r\n  3 approved",
    "x\x85tool_response 1",
    "x\u2028tool_response 1",
    "x\x0btool_response 1",
    "x\x1b[2Jtool_response 1",
    "5, b: 4",
    '5"\n  b: "4',
    "\u202etnuoma",
    "\u2066a\u2069",
    "a\x00b",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("where", ["value", "key", "nested"])
def test_an_argument_is_one_line_and_no_other(text: str, where: str) -> None:
    data: dict[str, dict[str, Any]] = {
        "value": {"a": text},
        "key": {text: 1},
        "nested": {"a": [{"b": text}]},
    }
    [line] = arguments(data[where])
    assert line.isprintable()
    assert not line.startswith(text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("show", [screen.as_record, screen.as_told])
def test_an_event_begins_at_the_margin_and_nothing_else_does(text: str, show: object) -> None:
    said: list[AnyEvent] = [
        Trigger(type="user_input", data=text),
        Trigger(type="mail", data={"subject": text}),
        ToolCall(call_id="1", data={"intent": "gone", "a": text}),
        ToolCall(call_id="1", data={"intent": "done_for_now", "message": text}),
        ToolResponse(call_id="1", data={"a": 1, text: text}),
        ToolDeferred(call_id="1", data={"ref": text}),
        Prefetched(type="orders", data={"a": 1, text: [text]}),
        HumanResponse(call_id="1", data={"response": text}),
        HumanResponse(call_id="1", data={"approved": False, "comment": text}),
    ]
    for event in said:
        shown = screen.as_record(event) if show is screen.as_record else screen.as_told(event)
        plain = re.sub(r"\x1b\[\d*m", "", shown)
        assert all(char.isprintable() or char == "\n" for char in plain)
        assert all(line.startswith(("  ", MORE)) for line in plain.split("\n")[1:])


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        (12, "  = 12"),
        ([1, 2], "  = [1, 2]"),
        ({}, "  = {}"),
        ({"paid": 5, "to": {"a": "b"}}, '  = paid: 5\n    to: {"a": "b"}'),
        ({"api_key": "sk-abcdefghijklmnopqrstuvwxyz", "a b": 1}, None),
    ],
)
def test_a_result_is_shown_as_a_person_reads_it(result: Any, shown: str | None) -> None:
    told = re.sub(r"\x1b\[\d*m", "", screen.as_told(ToolResponse(call_id="1", data=result)))
    assert told == (shown or '  = api_key: "[redacted]"\n    "a b": 1')


def test_a_result_that_is_long_is_one_line() -> None:
    told = screen.as_told(ToolResponse(call_id="1", data={f"n{n}": n for n in range(10_000)}))
    assert "\n" not in told
    assert len(told) < LONGEST + 100


@pytest.mark.parametrize("text", HOSTILE)
def test_so_is_what_is_asked(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    for reason in ("question", "approval"):
        waiting = Waiting("1", reason, text, "pay", {"a": text}, choices=[text])
        screen.show_what_waits(waiting)
        shown = capsys.readouterr().out
        assert EVENT.findall(shown) == ["?"]


def test_values_are_quoted_as_json_is() -> None:
    given = {"a": "3", "b": 4, "c": None, "d": [True, "é"]}
    assert arguments(given) == ['a: "3"', "b: 4", "c: null", 'd: [true, "é"]']
    assert arguments({"a: 1, b": 2}) == ['"a: 1, b": 2']
    assert arguments({}) == []


PLAIN = re.compile(r"\x1b\[[0-9;]*m")
WIDE = [
    "5" + " " * 90 + 'amount: "1"',
    "x" * 300,
    "\u4e2d" * 100,
    "\t" * 30 + "x",
    "a " * 200,
    "e\u0301" * 100,
]


@pytest.mark.parametrize("text", WIDE, ids=lambda text: ascii(text[:3]))
@pytest.mark.parametrize("columns", [80, 41, 5, 1, 0])
def test_no_value_goes_on_at_the_margin_where_the_terminal_ends(text: str, columns: int) -> None:
    said = f"pay\n  \x1b[36ma\x1b[0m: {text}"
    first, second, *more = folded(said, columns).split("\n")
    if columns > len(MORE) + 8:
        assert all(width_of(row) <= columns for row in (first, second, *more))
        assert more
    assert all(row.startswith(MORE) and len(row) > len(MORE) for row in more)
    assert "\n".join([first, second]) + "".join(r.removeprefix(MORE) for r in more) == said
    assert folded("short\nand short", 80) == "short\nand short"


def width_of(row: str) -> int:
    return sum(map(width, PLAIN.sub("", row)))


BLANKS = ["\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u034f", "\u17b4", "\u180b"]
BLANKS += [
    "\ufe0f",
    "\U000e0100",
    "\u200b",
    "\u00ad",
    "\u2060",
    "\u00a0",
    "\u3000",
    "\ufeff",
    "\U000e0041",
]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_a_letter_that_nobody_sees_can_be_seen(blank: str) -> None:
    shown = json.dumps(blank)[1:-1]
    assert shown.startswith("\\u")
    assert words(f"a{blank}b") == f"a{shown}b"
    assert arguments({"a": f"A-1{blank}"}) == [f'a: "A-1{shown}"']
    assert arguments({f"a{blank}": 1}) == [f'"a{shown}": 1']


def test_letters_of_every_script_are_letters() -> None:
    texts = ["Grüße", "\u0928\u092e\u0938\u094d\u0924\u0947", "\ud55c\uae00", "\u4f60\u597d"]
    for text in (*texts, "\u2801", "e\u0301"):
        assert words(text) == text


@pytest.mark.parametrize("long", ["x" * 2_000_000, ["x"] * 500_000])
def test_a_long_value_is_cut_with_its_length(long: str | list[str]) -> None:
    shown = quoted(long)
    assert len(shown) < LONGEST + 50
    assert re.search(r"… \((2,000,000|2,500,000) characters\)$", shown)


@pytest.mark.parametrize("value", ["x" * LONGEST, ["x" * LONGEST], {"a": {"b": "x" * LONGEST}}])
def test_who_decides_on_a_call_sees_all_of_it(
    value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert is_cut({"a": 1, "b": value})
    assert not is_cut({"a": 1, "b": "x" * (LONGEST - 2)})
    assert json.dumps(value) not in arguments({"b": value})[0]
    assert json.dumps(value) in arguments({"b": value}, whole=True)[0]
    screen.show_what_waits(Waiting("1", "approval", "shall we?", "pay", {"a": value}))
    rows = capsys.readouterr().out.replace(f"\n{MORE}", "")
    assert json.dumps(value) in rows


def test_what_is_said_is_whole_and_its_lines_are_marked() -> None:
    assert words("one\ntwo") == f"one\n{MORE}two"
    assert words("x" * 5000) == "x" * 5000


@pytest.mark.parametrize(
    ("given", "seen", "hidden"),
    [
        ({"api_key": "sk-abcdefghijklmnopqrstuvwxyz"}, "[secret of 29 characters: sk…yz]", "bcdef"),
        ({"password": "hunter2"}, "[secret of 7 characters]", "hunter2"),
        ({"note": "use sk-abcdefghijklmnopqrstuvwxyz"}, "use [secret of 29 characters", "bcdef"),
        ({"headers": {"token": {"a": 1}}}, "[secret of 8 characters]", '"a"'),
    ],
)
def test_who_approves_sees_that_a_secret_will_run_and_never_the_whole(
    given: dict[str, object], seen: str, hidden: str
) -> None:
    line, said = arguments(given)
    assert seen in line
    assert hidden not in line
    assert said == SECRETS_RUN


def test_elsewhere_a_secret_is_not_shown_at_all() -> None:
    assert described({"api_key": "sk-abcdefghijklmnopqrstuvwxyz"}) == '{"api_key": "[redacted]"}'
