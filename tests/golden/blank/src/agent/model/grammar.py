"""The steps as a grammar (GBNF), for a llama.cpp that takes no schema."""

import json
import re
from functools import cache

from .schema import Schema, step_schema

# Numbers as long as can be kept to the last digit; a small model writes digits for ever.
TERMINALS = r"""
space ::= " "?
null ::= "null"
boolean ::= "true" | "false"
integer ::= "-"? ("0" | [1-9] [0-9]{0,14})
number ::= integer | "-"? ("0" | [1-9] [0-9]{0,8}) "." [0-9]{1,6} | integer "e" "-"? [1-9] [0-9]?
string ::= "\"" char* "\""
char ::= [^"\\\x00-\x1f\x7f] | "\\" ["\\/bfnrt]
value ::= null | boolean | number | string | list | object
list ::= "[" space (value (space "," space value)*)? space "]"
object ::= "{" space (pair (space "," space pair)*)? space "}"
pair ::= string space ":" space value
"""


@cache
def step_grammar() -> str:
    schema = step_schema()
    rules = [f"{rule_name(name)} ::= {rule(shape)}" for name, shape in schema["$defs"].items()]
    return "\n".join([f"root ::= {rule(schema)}", *rules, TERMINALS.strip()])


def rule(shape: Schema) -> str:
    """The right side of the rule for this shape."""
    match shape:
        case {"$ref": str(name)}:
            return rule_name(name.rpartition("/")[2])
        case {"anyOf": options}:
            return f"({' | '.join(map(rule, options))})"
        case {"enum": values}:
            return f"({' | '.join(literal(json.dumps(value)) for value in values)})"
        case {"properties": fields}:
            pairs = [f"{literal(json.dumps(n) + ':')} space {rule(f)}" for n, f in fields.items()]
            inside = f" {literal(',')} space ".join(pairs)
            return f'"{{" space {inside} space "}}"'
        case {"type": "array", "items": items}:
            item = rule(items)
            return f'"[" space ({item} (space "," space {item})*)? space "]"'
        case {"type": "string" | "number" | "integer" | "boolean" | "null"}:
            return str(shape["type"])
    return "value"


def rule_name(name: str) -> str:
    return "step-" + re.sub(r"[^A-Za-z0-9]", "-", name)


def literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
