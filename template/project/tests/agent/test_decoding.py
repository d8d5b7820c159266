"""Constrained decoding: the schema is that of the classes, and each server is asked in its way."""

import asyncio
import json
import re
from typing import Any, get_args

import pytest
from jsonschema_rs import validator_for
from pydantic import BaseModel, TypeAdapter

from agent.events import AnyEvent, ModelFailed, ToolCall
from agent.model.asking import Manner
from agent.model.decoding import constrained
from agent.model.grammar import step_grammar
from agent.model.next_step import determine_next_step
from agent.model.request import render
from agent.model.schema import STEP, has_free_objects, step_schema, strict, wrapped_schema
from agent.settings import Decoding
from agent.tools import NextStep

from ..yours.samples import APPROVAL_STEP, FAILING_STEP, SAFE_STEP
from .openai_server import OpenAIServer, Reply, openai_server
from .scripted import DONE, MANAGER, QUESTION, said, thread_of

STEPS = [SAFE_STEP, APPROVAL_STEP, FAILING_STEP, DONE, MANAGER, QUESTION]
CLASSES = {step.__name__: step for step in get_args(NextStep)}


def filled(step: dict[str, Any]) -> dict[str, Any]:
    """With a null for every field that was left out, as a strict schema wants it."""
    model = next(c for c in CLASSES.values() if c.model_fields["intent"].default == step["intent"])
    return dict.fromkeys(model.model_fields) | step


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["intent"])
def test_every_step_is_valid_and_nothing_near_it(step: dict[str, Any]) -> None:
    valid = validator_for(step_schema()).is_valid
    assert valid(filled(step))
    assert validator_for(wrapped_schema()).is_valid({STEP: filled(step)})
    assert not valid(filled(step) | {"more": 1})
    assert not valid(filled(step) | {"intent": f"do_not_{step['intent']}"})
    for name in filled(step):
        assert not valid({key: value for key, value in filled(step).items() if key != name})


def test_the_schema_has_the_classes_their_fields_and_no_others() -> None:
    shapes = step_schema()["$defs"]
    assert {name: list(c.model_fields) for name, c in CLASSES.items()} == {
        name: list(shapes[name]["properties"]) for name in CLASSES
    }
    refs = {option["$ref"].rpartition("/")[2] for option in step_schema()["anyOf"]}
    assert refs == set(CLASSES)


def test_it_is_what_a_strict_schema_may_be() -> None:
    """An object at the top, every field required, no free objects, none of the words that annoy."""

    def look(shape: Any) -> None:
        if isinstance(shape, dict) and shape.get("type") == "object":
            assert shape["additionalProperties"] is False
            assert shape["required"] == list(shape["properties"])
        for inside in shape.values() if isinstance(shape, dict) else shape:
            if isinstance(inside, dict | list):
                look(inside)

    assert wrapped_schema()["type"] == "object"
    look(wrapped_schema())
    assert not has_free_objects(wrapped_schema())
    text = json.dumps(wrapped_schema())
    assert not re.search(r'"(title|default|discriminator|oneOf|const)":', text)


def test_a_field_may_have_any_name() -> None:
    fields = {"title": {"type": "string"}, "default": {"const": "x"}}
    assert list(strict({"properties": fields})["properties"]) == ["title", "default"]


class Holder(BaseModel):
    anything: Any


def test_a_free_object_is_known_to_be_one() -> None:
    for free in (dict[str, Any], list[dict[str, int]], Any, list[Any], list, Holder):
        assert has_free_objects(strict(TypeAdapter(free).json_schema()))
    assert not has_free_objects(step_schema())


def test_the_grammar_has_a_rule_for_every_step_and_defines_all_that_it_uses() -> None:
    rules = dict(line.split(" ::= ", 1) for line in step_grammar().splitlines())
    for body in rules.values():
        bare = re.sub(r'"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{[\d,]+\}', " ", body)
        assert set(re.findall(r"[A-Za-z][\w-]*", bare)) <= set(rules)
    for name, step in CLASSES.items():
        assert f'\\"{step.model_fields["intent"].default}\\"' in rules[f"step-{name}"]


KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "OPENAI_COMPATIBLE_KEY")


@pytest.mark.parametrize(
    ("model", "way", "added"),
    [
        ("OpenAI", "json_schema", {"response_format"}),
        ("OpenAI", "json_object", {"response_format"}),
        ("OpenAICompatible", "grammar", {"grammar"}),
        ("openai-responses/gpt-5", "json_schema", {"text"}),
        ("google-ai/gemini-2.5-flash", "json_schema", {"generationConfig"}),
        ("Google", "json_schema", set()),
        ("Anthropic", "json_schema", set()),
        ("OpenAI", "off", set()),
    ],
)
def test_the_constraint_goes_where_each_api_has_it(
    model: str, way: Any, added: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in KEYS:
        monkeypatch.setenv(key, "unused")
    plain = render('a text with "response_format": and "grammar": in it', model)
    body, before = json.loads(constrained(plain, way).body), json.loads(plain.body)
    assert set(body) - set(before) == added
    kept = {key: body[key] for key in before if key != "generationConfig"}
    assert kept == {key: value for key, value in before.items() if key != "generationConfig"}
    if model == "Google":
        assert body["generationConfig"]["maxOutputTokens"] == 16000
        assert body["generationConfig"]["responseJsonSchema"] == wrapped_schema()


class Picky:
    """A server that takes some ways only, and says what it does not take."""

    def __init__(self, *takes: str) -> None:
        self.takes = takes
        self.asked: list[str] = []

    def __call__(self, body: str) -> Reply:
        request = json.loads(body)
        form = request.get("response_format", {}).get("type")
        way = form or ("grammar" if "grammar" in request else "off")
        self.asked.append(way)
        if way not in self.takes:
            return Reply(f"response_format: {way} is not supported", status=400)
        return Reply(json.dumps({STEP: SAFE_STEP} if way == "json_schema" else SAFE_STEP))


def ask(server: OpenAIServer, decoding: Decoding) -> AnyEvent:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"URL": server.url, "MODEL": "any", "KEY": "unused"}.items():
            patch.setenv(f"OPENAI_COMPATIBLE_{name}", value)
        manner = Manner(decoding, 20)
        thread = thread_of(said())
        return asyncio.run(determine_next_step(thread, "OpenAICompatible", "xml", manner))


@pytest.mark.parametrize(
    ("takes", "asked"),
    [
        (["json_schema"], ["json_schema", "json_schema"]),
        (["json_object"], ["json_schema", "json_object", "json_object"]),
        (["off"], ["json_schema", "json_object", "off", "off"]),
    ],
)
def test_what_a_server_takes_is_found_out_once(takes: list[str], asked: list[str]) -> None:
    picky = Picky(*takes)
    with openai_server(lambda prompt: picky(server.bodies[-1])) as server:
        events = [ask(server, "auto") for _ in range(2)]
    assert picky.asked == asked
    for event in events:
        assert isinstance(event, ToolCall)
        assert event.data == SAFE_STEP
        assert (event.meta or {})["decoding"] == takes[0]


@pytest.mark.parametrize(
    ("today", "asked"),
    [
        ("json_schema", ["json_object", "json_schema", "json_schema"]),
        ("off", ["json_object", "json_schema", "off", "off"]),
    ],
)
def test_another_server_in_the_same_place_is_found_out_again(today: str, asked: list[str]) -> None:
    picky = Picky("json_object")
    with openai_server(lambda prompt: picky(server.bodies[-1])) as server:
        ask(server, "auto")
        picky = Picky(today)
        assert all(isinstance(ask(server, "auto"), ToolCall) for _ in range(2))
    assert picky.asked == asked


def test_after_a_request_without_a_constraint_nothing_more_is_tried() -> None:
    picky = Picky("off")
    with openai_server(lambda prompt: picky(server.bodies[-1])) as server:
        ask(server, "auto")
        picky = Picky()
        assert isinstance(ask(server, "auto"), ModelFailed)
    assert picky.asked == ["off"]


@pytest.mark.parametrize("way", ["json_schema", "json_object", "grammar", "off"])
def test_a_way_that_is_set_is_the_only_one_that_is_tried(way: Any) -> None:
    picky = Picky(way)
    with openai_server(lambda prompt: picky(server.bodies[-1])) as server:
        assert isinstance(ask(server, way), ToolCall)
    assert picky.asked == [way]
    picky = Picky()
    with openai_server(lambda prompt: picky(server.bodies[-1])) as server:
        event = ask(server, way)
    assert isinstance(event, ModelFailed)
    assert "not supported" in event.data["message"]
    assert picky.asked == [way]


def test_a_server_that_does_not_care_is_asked_as_well() -> None:
    """It answers in its own way, and the reply is read as strictly as ever."""
    with openai_server(lambda prompt: json.dumps(SAFE_STEP)) as server:
        assert isinstance(ask(server, "auto"), ToolCall)
        assert len(server.bodies) == 1
