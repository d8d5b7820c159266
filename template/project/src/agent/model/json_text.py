"""JSON as models write it: its form is repaired, and what it says is kept to the last digit."""

import json
import re
from decimal import Decimal
from math import isinf
from typing import Any

from ..exactness import NUMBER
from ..shapes import MAX_DEPTH

MAX_VALUES = 10_000  # a fault in each of them is told before it is known that one is enough
MAX_REPAIRED = 50_000  # characters: a reply that long and wrong is not worth the work


class NoStep(ValueError):
    """Why a reply is none, the advice for the model, and a hint for whoever runs it."""

    advice = "answer with one JSON object of the schema and nothing else"
    hint = ""


COMMENT = r"//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/"
DOUBLE, SINGLE = r'"(?:[^"\\]++|\\.)*+"', r"'(?:[^'\\]++|\\.)*+'"
CURLY = r"“(?:[^“”\\]++|\\.)*+”"
TOKEN = re.compile(
    rf"(?P<space>[\s\ufeff\u200b]++)|(?P<comment>{COMMENT})"
    rf"|(?P<double>{DOUBLE})|(?P<single>{SINGLE})|(?P<curly>{CURLY})|(?P<sign>[{{}}\[\],:])"
    r"""|(?P<word>[^\s{}\[\],:"'“”/\ufeff\u200b]++)""",
    re.DOTALL,
)
# The same, but in one go as far as the next sign that opens, closes or divides.
UP_TO_SIGN = re.compile(
    rf"""(?:[^{{}}\[\],"'“”/]++|{COMMENT}|{DOUBLE}|{SINGLE}|{CURLY})*+(?P<sign>[{{}}\[\],])?+""",
    re.DOTALL,
)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PYTHON = {"True": "true", "False": "false", "None": "null"}


def end_of_object(text: str, start: int) -> int:
    """Behind the brace that closes the one at `start`. Raises NoStep without one."""
    depth, values, place = 0, 0, start
    for part in UP_TO_SIGN.finditer(text, start):
        place, sign = part.end(), part["sign"]
        if not sign:
            break
        depth += (sign in "{[") - (sign in "}]")
        if depth > MAX_DEPTH:
            raise NoStep(f"it is nested more than {MAX_DEPTH} levels deep")
        if not depth:
            return place
        if (values := values + (sign in "{[,")) > MAX_VALUES:
            raise NoStep(f"it has more than {MAX_VALUES:,} values")
    if place == len(text) or text[place] in "\"'“/":
        raise NoStep("it was cut off, or a text in it has no end")
    raise NoStep("it is no valid JSON")


def read_object(text: str) -> dict[str, Any]:
    """The object that `text` is, from brace to brace. Raises NoStep."""
    try:
        value = decode(text)
    except json.JSONDecodeError:
        try:
            value = decode(repaired(text))
        except json.JSONDecodeError:
            raise NoStep("it is no valid JSON") from None
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NoStep("it has half a character") from None
    assert isinstance(value, dict)
    return value


def decode(text: str) -> Any:
    return json.loads(
        text,
        strict=False,  # a line end within a text is one
        parse_float=as_float,
        parse_int=as_int,
        parse_constant=no_number,
        object_pairs_hook=unique,
    )


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(value := dict(pairs)) < len(pairs):
        raise NoStep("it has a key twice")
    return value


def no_number(text: str) -> Any:
    raise NoStep("it has a number that is none")


def as_int(text: str) -> int:
    try:
        return int(text)
    except ValueError:  # thousands of digits
        raise NoStep("it has a number that is too large") from None


def as_float(text: str) -> float:
    """The number, if a float is that number when it is written down again."""
    number = float(text)
    if isinf(number):
        raise NoStep("it has a number that is too large")
    if number:
        kept = Decimal(text) == Decimal(repr(number))
    else:
        kept = not re.search("[1-9]", re.split("[eE]", text)[0])
    if not kept:
        raise NoStep("it has a number with more digits than can be kept")
    return number


def as_number(text: str) -> int | float | None:
    """The number that a text is, if it is one and nothing else. Raises NoStep."""
    if not NUMBER.fullmatch(text):
        return None
    return as_int(text) if text.lstrip("-").isdigit() else as_float(text)


def repaired(text: str) -> str:
    """Without comments and trailing commas, with JSON's own quotes and words."""
    if len(text) > MAX_REPAIRED:
        raise NoStep("it is no valid JSON")
    tokens = [t for t in TOKEN.finditer(text) if t.lastgroup not in ("space", "comment")]
    signs = ["", *(t[0] if t.lastgroup == "sign" else "value" for t in tokens), ""]
    around = zip(signs, tokens, signs[2:], strict=False)
    return " ".join(part(before, token, after) for before, token, after in around)


def part(before: str, token: re.Match[str], after: str) -> str:
    match token.lastgroup:
        case "double" | "single" | "curly":
            return quoted(token[0][1:-1])
        case "word" if after == ":" and before in ("{", ",") and NAME.fullmatch(token[0]):
            return f'"{token[0]}"'
        case "word":
            return PYTHON.get(token[0], token[0])
        case "sign" if token[0] == "," and before in ("value", "}", "]") and after in ("}", "]"):
            return ""
    return token[0]


def quoted(inside: str) -> str:
    """A text in JSON's quotes. Its escapes stay, and JSON's own are the only ones that do."""
    own = {'"': '\\"', "\\'": "'"}
    escaped = re.sub(r'(?s)\\.|"', lambda found: own.get(found[0], found[0]), inside)
    return f'"{escaped}"'
