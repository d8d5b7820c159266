"""The steps: the model is shown the same as the code has, and what is none is refused."""

from types import UnionType
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from agent.humans import HumanStep
from agent.model import baml
from agent.steps import ToolStep
from agent.tools import NextStep, Tool, parse_next_step, parse_tool

from ..yours.samples import APPROVAL_STEP, FAILING_STEP, SAFE_STEP
from .scripted import DONE, MANAGER, QUESTION

UNIONS = {"Tool": Tool, "HumanStep": HumanStep, "NextStep": NextStep}
STEPS: tuple[type[BaseModel], ...] = get_args(NextStep)


def shown(name: str) -> Any:
    """What `baml_src` says under this name, as the generated client has it."""
    return getattr(baml.generated("types"), name)


def names(union: Any) -> set[str]:
    """The members of a union; of one member Python makes no union."""
    return {name_of(step) for step in get_args(union) or (union,)}


def name_of(step: Any) -> str:
    """The generated client refers to classes by their names."""
    match step:
        case type():
            return step.__name__
        case ForwardRef():
            return step.__forward_arg__
        case _:
            return str(step)


def shape(annotation: Any) -> frozenset[Any]:
    """The kinds of values it lets through: `int | None` is the same however it is written."""
    kind, inner = get_origin(annotation), get_args(annotation)
    if kind in (Union, UnionType):
        return frozenset().union(*map(shape, inner))
    if kind is Literal:
        return frozenset(inner)
    if inner:
        return frozenset({(kind, *map(shape, inner))})
    return frozenset({getattr(annotation, "__name__", annotation)})


def fields(step: type[BaseModel]) -> dict[str, frozenset[Any]]:
    return {name: shape(field.annotation) for name, field in step.model_fields.items()}


@pytest.mark.parametrize("union", UNIONS)
def test_the_model_is_shown_every_step_and_no_other(union: str) -> None:
    code, prompt = names(UNIONS[union]), names(shown(union))
    assert not code - prompt, f"{union} in baml_src lacks {', '.join(sorted(code - prompt))}"
    assert not prompt - code, f"{union} in src/agent lacks {', '.join(sorted(prompt - code))}"


def test_every_tool_is_in_the_union() -> None:
    forgotten = {tool.__name__ for tool in ToolStep.__subclasses__()} - names(Tool)
    assert not forgotten, f"{', '.join(forgotten)} is in no union"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_step_has_the_same_fields_in_code_and_prompt(step: type[BaseModel]) -> None:
    assert fields(step) == fields(shown(step.__name__)), f"{step.__name__} differs"
    assert list(fields(step)) == list(fields(shown(step.__name__)))


def test_intents_are_unique() -> None:
    assert len({step.model_fields["intent"].default for step in STEPS}) == len(STEPS)


@pytest.mark.parametrize("step", [SAFE_STEP, APPROVAL_STEP, FAILING_STEP])
def test_a_tool_is_a_step_and_keeps_its_arguments(step: dict[str, Any]) -> None:
    assert parse_tool(step).model_dump() == parse_next_step(step).model_dump() == step


@pytest.mark.parametrize(
    "data", [{}, {"intent": "sing"}, {"intent": None}, SAFE_STEP | {"no_such_argument": 1}]
)
def test_what_is_no_step_is_refused(data: dict[str, Any]) -> None:
    for parse in (parse_tool, parse_next_step):
        with pytest.raises(ValueError, match="validation error"):
            parse(data)


@pytest.mark.parametrize("step", [QUESTION, MANAGER, DONE])
def test_what_asks_or_tells_a_human_is_a_step_and_no_tool(step: dict[str, Any]) -> None:
    assert parse_next_step(step).intent == step["intent"]
    with pytest.raises(ValueError, match=step["intent"]):
        parse_tool(step)
