"""A reply is read leniently in its form and exactly in its meaning, or it is no step."""

import json
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agent.model.json_text import NoStep, end_of_object
from agent.model.reply import read_reply
from agent.model.step import read_step

from .costs import USUAL, known, takes_less

S = '{"intent": "ask", "n": 4}'
STEP = {"intent": "ask", "n": 4}


def refused(text: str, *shown: str) -> str:
    with pytest.raises(NoStep) as caught:
        read_reply(text, shown)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        S,
        f"  \n{S}\n\n",
        f"\ufeff{S}",
        f"```json\n{S}\n```",
        f"```\n{S}",
        f"```{S}```",
        f"`{S}`",
        f"Here you are:\n```json\n{S}\n```\nAsk me for more.",
        f"Sure! {S}",
        f"The next step: {S}.",
        f"As you asked,\n\n{S}\n\nThen we are done.",
        f"**Step** {{0}}\n{S}".replace("{0}", ""),
        f"1. {S}",
        f"<answer>{S}</answer>",
        f"<tool_call>\n{S}\n</tool_call>",
        f"{S}<|im_end|>",
        f"<think>Shall I? {{'intent': 'no'}} No.</think>\n{S}",
        f"<THINKING>\n{{\n</THINKING>{S}",
        f"[THINK] {{ [/THINK]{S}",
        f'I could say {{"intent": "no"}}, or "{{".</think>{S}',
        f"First.\n<think>Hm.</think>\n{S}",
        f'<think type="deep">{{"intent": "no"}}</think>{S}',
        f'<seed:think>{{"intent": "no"}}</seed:think >{S}',
        f"<plan>First this.</plan>\n<Final_Answer>\n{S}\n</Final_Answer>",
        f"<draft/>{S}",
        f"<|im_start|>assistant\n{S}<|im_end|>",
        f"<|channel|>final<|message|>{S}<|return|>",
        f"If a < b and b > c:\n{S}",
        f"<|channel|>analysis<|message|>{S}? No.<|end|><|start|>assistant<|channel|>final\n{S}",
        f"<|channel|>analysis<|message|>Hm.<|channel|>final<|message|>{S}",
        f"~~~JSON\n{S}\n~~~",
        f"```json5\n{S}\n```",
        f"```sh\nls\n```\nso this:\n```\n{S}\n```",
        f"```diff\n- a\n+ b\n```\n{S}",
        f"<!-- nothing to add -->\n{S}",
        f"- {S}",
    ],
)
def test_thinking_and_prose_and_fences_are_left_out(text: str) -> None:
    assert read_reply(text) == STEP


@pytest.mark.parametrize(
    "text",
    [
        "{intent: 'ask', n: 4}",
        "{'intent': 'ask', 'n': 4,}",
        '{"intent": "ask", /* four */ "n": 4, // it is\n}',
        "{“intent”: “ask”, “n”: 4}",
        '{\u00a0"intent":\u00a0"ask",\u200b"n":\u00a04}',
    ],
)
def test_its_form_is_repaired(text: str) -> None:
    assert read_reply(text) == STEP


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "two\nlines"}', "two\nlines"),
        ("{'a': 'it\\'s'}", "it's"),
        ("{'a': 'a \"b\"'}", 'a "b"'),
        ("{'a': True}", True),
        ("{'a': None}", None),
        ("{'a': 'True'}", "True"),
        ("{'a': 'x, }'}", "x, }"),
        ("{'a': '// no comment'}", "// no comment"),
        ('{"a": "caf\\u00e9",}', "café"),
        ('{"a": "\\ud83d\\ude00",}', "😀"),
        ('{"a": "<think>"}', "<think>"),
        ('{"a": "</think>"}', "</think>"),
        ('{"a": "```"}', "```"),
        ('{"a": "}{"}', "}{"),
        ('{"a": 9223372036854775809}', 9223372036854775809),
        ('{"a": -12345678901234567890123,}', -12345678901234567890123),
        ('{"a": 49.90}', 49.9),
        ('{"a": 1e23}', 1e23),
        ('{"a": 1E-7,}', 1e-7),
    ],
)
def test_what_it_says_stays_as_it_is(text: str, value: Any) -> None:
    found = read_reply(text)["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON object"),
        ("what a day", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        (f"{S}{S}", "more than one"),
        (f"```json\n{S}\n```\nor\n```json\n{S}\n```", "more than one"),
        (f"{{}}\n{S}", "more than one"),
        (f"{S}}}", "do not match"),
        (f"}}{S}", "do not match"),
        (f"<think>{S}", "while thinking"),
        (f"<think>a</think>b</think>{S}", "ends twice"),
        (f"{S}\n<think>No, wait.</think>", "goes on thinking"),
        (f"[{S}]", "something larger"),
        (f"[\n{S}\n]", "something larger"),
        (f"[1,\n{S}\n]", "something larger"),
        (f'"{S}"', "something larger"),
        (f'"step": {S}', "something larger"),
        (f"run({S})", "something larger"),
        (f"> {S}", "something larger"),
        (f"<draft>{S}</draft>", "something larger"),
        (f"<scratch>\n{S}\n</scratch>\nI will not do that.", "something larger"),
        (f"<example>\nSuch a one:\n{S}", "something larger"),
        (f"<del>{S}</del>", "something larger"),
        (f'<note kind="x">\n```json\n{S}\n```\n</note>', "something larger"),
        (f"{S}\n</plan>", "something larger"),
        (f"<reasoning_content>{S}</reasoning_content>", "something larger"),
        (f"<|channel|>analysis<|message|>{S}<|end|>", "no JSON object"),
        (f"<|channel|>analysis<|message|>{S}", "while thinking"),
        (f"<|channel|>commentary<|message|>{S}", "something larger"),
        (f"<!-- {S} -->", "something larger"),
        (f"<!-- the old way\n{S}\nno more -->\nI will not.", "something larger"),
        (f"/*\n{S}\n*/", "something larger"),
        (f"// {S}", "something larger"),
        (f"# {S}", "something larger"),
        (f"So far:\n-- {S}", "something larger"),
        (f"~~{S}~~", "something larger"),
        (f"~~\n{S}\n~~", "something larger"),
        (f"```diff\n- {S}\n```", "something larger"),
        (f"```draft\n{S}\n```", "something larger"),
        (f"~~~json (rejected)\n{S}\n~~~", "something larger"),
        (f"```sh\nrun it\n```\n```python\nstep\n{S}\n```", "something larger"),
        (f"<|begin_of_thought|>\n{S}", "something larger"),
        (f"<think >{S}</think >", "no JSON object"),
        (f"<seed:think>{S}", "while thinking"),
        (f"I will not do {S}, it is dangerous", "part of a sentence"),
        (f"You wrote {S}", "part of a sentence"),
        (f"{S} is what you said", "part of a sentence"),
        (S[:-1], "cut off"),
        (S[:-3], "cut off"),
        ('{"intent": "ask", "message": "I th', "cut off"),
        ('{"step": {"intent": "ask"}', "cut off"),
        ("{'a': 'it's'}", "no end"),
        ('{"a": NaN}', "number"),
        ('{"a": -Infinity}', "number"),
        ('{"a": 1e400}', "too large"),
        ('{"a": 1e-400}', "more digits"),
        ('{"a": 0.12345678901234567891}', "more digits"),
        ('{"a": 9007199254740993.0}', "more digits"),
        ('{"a": 1%s}' % ("0" * 5000), "too large"),
        ('{"a": 1, "a": 1}', "a key twice"),
        ("{a: 1, 'a': 2}", "a key twice"),
        ('{"a": "\\ud800"}', "half a character"),
        ('{"a": .5}', "no valid JSON"),
        ('{"a": 1,234}', "no valid JSON"),
        ('{"a": 0x10}', "no valid JSON"),
        ('{"a": 007}', "no valid JSON"),
        ('{"a": $5}', "no valid JSON"),
        ('{"a": production}', "no valid JSON"),
        ('{"a": "x" "y"}', "no valid JSON"),
        ('{"a": "\\x41"}', "no valid JSON"),
        ('{"a": 1,, "b": 2}', "no valid JSON"),
        ('{"a": }', "no valid JSON"),
        ("{,}", "no valid JSON"),
        ('{"a": ' * 101 + "1" + "}" * 101, "nested"),
        ('{"a": [' + ",".join("1" * 10_001) + "]}", "more than 10,000 values"),
    ],
)
def test_whatever_could_mean_something_else_is_no_step(text: str, why: str) -> None:
    assert why in refused(text)


@pytest.mark.parametrize(
    "written",
    [
        '{"intent":"ask","n":4}',
        '{\n  "n": 4,\n  "intent": "ask"\n}',
        "{'intent': 'ask', 'n': 4}",
        "{intent: ask, n: 4}",
        '{\\"intent\\": \\"ask\\", \\"n\\": 4}',
        '[{"next": {"intent": "ask", "n": 4}}]',
        '{"intent": "ask", "n": 4.0}',
        '{"next_step": {"intent": "ask", "n": 4}}',
        '{"intent": "ask", "n": 4, /* not this one */}',
        '{"\\u0069ntent": "ask", "n": 4}',
    ],
)
@pytest.mark.parametrize(
    "text", [f"I refuse to do this: {S}", f"No. You said:\n```json\n{S}\n```\nThat is wrong."]
)
def test_what_a_user_said_is_a_quotation_amid_prose(text: str, written: str) -> None:
    said = f"please do {written} at once"
    assert read_reply(text) == STEP
    assert read_reply(text, ["please do {'intent': 'ask', 'n': 5} at once"]) == STEP
    assert "quotation" in refused(text, "hello", said)
    assert read_reply(S, [said]) == STEP, "but alone it is what the model decided"


JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.text(some.characters(codec="utf-8"))
    | some.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        some.lists(inner) | some.dictionaries(some.text(some.characters(codec="utf-8")), inner)
    ),
)
OBJECT = some.dictionaries(some.text(some.characters(codec="utf-8")), JSON)
SPOILT = "{}[]\"'“”\\/,:`<>think 0123eE.-\n"


@pytest.mark.slow
@given(OBJECT, some.booleans(), some.sampled_from([None, 1, "\t"]))
def test_every_object_is_read_as_it_is(value: dict[str, Any], ascii_: bool, indent: Any) -> None:
    text = json.dumps(value, ensure_ascii=ascii_, indent=indent)
    assert read_reply(text) == value
    assert read_reply(f"So:\n```json\n{text}\n```\n") == value
    assert repr(read_reply(f"{text[:-1]} /* so */ }}")) == repr(value)


@pytest.mark.slow
@given(OBJECT)
def test_python_s_own_way_to_write_it_is_the_same_or_nothing(value: dict[str, Any]) -> None:
    try:
        found = read_reply(repr(value))
    except NoStep:
        return
    assert found == value


@pytest.mark.slow
@given(OBJECT, some.data())
def test_no_beginning_of_it_is_one(value: dict[str, Any], data: some.DataObject) -> None:
    text = json.dumps(value)
    refused(text[: data.draw(some.integers(0, len(text) - 1))])


@given(
    some.text()
    | some.text(SPOILT)
    | some.lists(some.sampled_from([*SPOILT, S, "<think>", "</think>", "```"])).map("".join)
)
def test_any_text_is_an_object_or_no_step(text: str) -> None:
    said = ""
    try:
        assert isinstance(read_reply(text, [text]), dict)
    except NoStep as fault:
        said = str(fault)
    assert len(said) < 200
    assert "\n" not in said


MB = 1_000_000
LONG = {
    **{
        f"only {sign}": sign * (MB // len(sign))
        for sign in (
            *"{[}]\"'“\\/`:,",
            "<think>",
            "</think>",
            "```",
            "~",
            "<|channel|>analysis",
            "{}",
            '{"',
            "/*",
            "//\n",
            "{'",
        )
    },
    **{
        f"inside {sign}": '{"a":' + sign * ((MB - 5) // len(sign))
        for sign in (*"{[\"'“\\/`:,1", "[],", "'',", "1,", "a:", "/*", "\\u00e9")
    },
    "numbers": '{"a":[' + "1," * (MB // 2 - 5) + "1]}",
    "objects": '{"a":[' + "{}," * (MB // 3 - 5) + "{}]}",
    "wrong": '{"a":[' + "''," * (MB // 3 - 5) + "]}",
    "text": '{"a":"' + "x" * (MB - 10) + '"}',
    "escapes": '{"a":"' + "\\u00e9" * (MB // 6 - 5) + '"}',
    "faults": '{"intent":"request_more_information","message":"m","choices":['
    + "1," * (MB // 2 - 50)
    + "1]}",
    "faults amid texts": '{"intent":"request_more_information","message":"m","choices":['
    + '"a",[[[]]],' * (MB // 11 - 50)
    + "1]}",
    "keys": '{"intent":"done_for_now",' + ",".join(f'"k{n}":"1.5"' for n in range(60_000)) + "}",
    "tags before": "<a>" * (MB // 3 - 50) + S,
    "marks": "<think " * (MB // 7 - 50) + S,
    "a long name": "<" + "a" * (MB - 50) + "\n" + S,
    "long names": ("<" + "a.:-" * 100 + " ") * (MB // 402 - 1) + S,
    "a long channel": "<|channel|>" + " " * (MB - 70) + "\n" + S,
    "quotations": '{"intent":"ask","n":5}' * (MB // 23 - 50) + S,
    "digits": '{"a":' + "1" * (MB - 10) + "}",
    "fraction": '{"a":0.' + "1" * (MB - 10) + "}",
    "zeros": '{"a":0.' + "0" * (MB - 10) + "1}",
    "exponent": '{"a":1e' + "9" * (MB - 10) + "}",
    "small": '{"a":1e-' + "9" * (MB - 10) + "}",
    "prose": "a " * (MB // 2 - 50) + S,
    "spaces": " " * (MB - 50) + S,
    "after": S + " " * (MB - 50) + "x",
    "dots": S + "." * (MB - 50) + "x",
    "tags": S + "<a>" * (MB // 3 - 20) + "x",
}


def test_what_takes_longer_is_told() -> None:
    assert not takes_less(USUAL, lambda: [known() for _ in range(5)])


@pytest.mark.parametrize("piece", [":", "a:", '""', "/**/", " "])
def test_the_end_of_an_object_is_found_sign_by_sign(piece: str) -> None:
    text = "{" + piece * (MB // len(piece)) + "}"
    assert end_of_object(text, 0) == len(text)
    assert takes_less(0.3, lambda: end_of_object(text, 0))


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_a_megabyte_of_anything_is_read_in_a_second_and_fifty_megabytes(name: str) -> None:
    assert takes_less(1, lambda: read_or_not(LONG[name]))
    tracemalloc.start()
    read_or_not(LONG[name])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 * MB


def read_or_not(text: str) -> None:
    with suppress(NoStep):
        read_step(read_reply(text, [text]))
