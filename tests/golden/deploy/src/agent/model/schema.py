"""The steps as JSON schema, made from the classes in `tools.py` and `humans.py`.

In the form that OpenAI's strict mode takes, since everybody takes that: every field is required,
one that may be left out may be null, and no object has keys that are not named.
"""

from functools import cache
from typing import Any

from .step import all_steps

Schema = dict[str, Any]
STEP = "next_step"  # strict mode wants an object and no choice, so the choice is under this key
LEFT_OUT = ("title", "default", "discriminator")


@cache
def step_schema() -> Schema:
    """Any one of the steps."""
    made = all_steps().json_schema()
    shapes = made.pop("$defs")
    return {**strict(made), "$defs": {name: strict(shape) for name, shape in shapes.items()}}


@cache
def wrapped_schema() -> Schema:
    """An object that has the step under its only key."""
    step = dict(step_schema())
    shapes = step.pop("$defs")
    return {**closed({STEP: step}), "$defs": shapes}


def unwrapped(found: dict[str, Any]) -> dict[str, Any]:
    """The step itself, whether it came under that key or not."""
    inside = found.get(STEP)
    return inside if len(found) == 1 and isinstance(inside, dict) else found


def strict(shape: Any) -> Any:
    match shape:
        case {"properties": dict() as fields}:
            return closed({name: strict(field) for name, field in fields.items()})
        case {"const": value}:
            return {"type": "string", "enum": [value]} if isinstance(value, str) else shape
        case {"oneOf": list() as options} | {"anyOf": list() as options}:
            kept = [strict(option) for option in without_integer(options)]
            return {"anyOf": kept} if len(kept) > 1 else kept[0]
        case dict():
            return {key: strict(value) for key, value in shape.items() if key not in LEFT_OUT}
        case list():
            return [strict(item) for item in shape]
    return shape


def closed(fields: Schema) -> Schema:
    kind = {"type": "object", "properties": fields}
    return kind | {"required": list(fields), "additionalProperties": False}


def without_integer(options: list[Any]) -> list[Any]:
    """A number may be whole anyway."""
    has_number = {"type": "number"} in options
    return [option for option in options if not (has_number and option == {"type": "integer"})]


def has_free_objects(shape: Any) -> bool:
    """Whether some value may be anything, or an object have any keys: strict mode takes neither."""
    if isinstance(shape, list):
        return any(map(has_free_objects, shape))
    if not isinstance(shape, dict):
        return False
    free = shape.get("type") == "object" and shape.get("additionalProperties") is not False
    by_name = [of for each in ("properties", "$defs") for of in shape.get(each, {}).values()]
    others = [of for name, of in shape.items() if name not in ("properties", "$defs")]
    return not shape or free or any(map(has_free_objects, [*by_name, *others]))
