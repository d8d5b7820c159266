"""Sums in words or in signs, as the operations that they ask for."""

import ast
import re
from math import isfinite
from typing import Any, NamedTuple


class Result(NamedTuple):
    place: int  # among the results of the thread's tool calls, this one may be still to come


class Hole(NamedTuple):
    wanted: str  # which only a human can tell


Step = dict[str, Any]  # an intent and its arguments: values, results and holes

NUMBER = re.compile(r"(?<![\w.])-?[0-9]{1,300}(?:\.[0-9]{1,300})?(?:e[+-]?[0-9]{1,3})?(?!\w)", re.I)
THOUSANDS = re.compile(r"\b[1-9][0-9]{0,2}(?:,[0-9]{3})+\b")
FILLER = re.compile(
    r"\bafter (?:that|this)\b|\b(?:tell|give|show) me (?:the )?(?:result|answer)\b"
    r"|\b(?:what|let)['\u2019]?s\b|\b(?:hello|hi|hey|please|thanks|thank|you|can|could|would|will|like"
    r"|now|then|next|first|finally|also|so|ok|again|instead|try|use|no|yes|what|is|are|how|much|do"
    r"|does|get|when|if|i|we|me|us|want|need|calculate|compute|away|the)\b",
    re.I,
)
WORDS = {
    r"\b(?:(?:that|this|last|previous) )?(?:result|answer)\b|\b(?:that|this|it)\b": "result",
    r"\bplus\b|\badded to\b": "+",
    r"\bminus\b|\u2212": "-",
    r"\btimes\b|\bmultiplied by\b|\xd7|(?<=[0-9)])\s*x\s*(?=[0-9(-])": "*",
    r"\bdivided by\b|\xf7": "/",
}
SYNONYMS = {"sum": "add", "take": "subtract", "difference": "subtract", "product": "multiply"}
VERBS = SYNONYMS | {verb: verb for verb in ("add", "subtract", "multiply", "divide")}
SIGNS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}


class Arithmetic:
    """Collects the operations that one text asks for."""

    def __init__(self, done: int) -> None:
        self.done = done
        self.steps: list[Step] = []

    def read(self, text: str) -> list[Step]:
        text = THOUSANDS.sub(lambda found: found[0].replace(",", ""), FILLER.sub(" ", text))
        for words, sign in WORDS.items():
            text = re.sub(words, sign, text, flags=re.I)
        signs, *clauses = re.split(rf"(?=\b(?:{'|'.join(VERBS)})\b)", text, flags=re.I)
        if trimmed(signs) and not self.expression(trimmed(signs)):
            return []
        for clause in clauses:
            self.clause(clause)
        return self.steps

    def clause(self, text: str) -> None:
        """`multiply 3 by 4`, `subtract 3 from 10`, `divide by 2`, `add 1, 2 and 3`."""
        verb, rest = re.findall(r"^([a-z]+)(.*)", text, re.I | re.S)[0]
        intent = VERBS[verb.lower()]
        pieces = re.split(r"\b(?:and|by|with|to|from|of|between)\b|,(?![0-9])", rest, flags=re.I)
        operands = [self.operand(piece.strip()) for piece in pieces if piece.strip()]
        if re.search(r"\b(?:to|from)\b", rest, re.I):
            operands.reverse()
        goes_on = intent in ("add", "subtract") or " by " in rest  # `add 5`, but not `multiply 5`
        if len(operands) == 1 and goes_on and operands[0] != self.last():
            operands.insert(0, self.last())
        a, *others = operands + [Hole("another number")] * (2 - len(operands))
        for b in others:
            a = self.step(intent, a, b)

    def operand(self, text: str) -> Any:
        if trimmed(text) == "result":
            return self.last()
        value = number(trimmed(text))
        return Hole(f"a number in place of “{text[:40]}”") if value is None else value

    def expression(self, text: str) -> bool:
        """`2 + 3 * 4`: Python's grammar knows what comes first."""
        if len(text) > 200 or not re.fullmatch(r"(?:[0-9.()+*/\s-]|\bresult\b)+", text):
            return False
        try:
            self.value(ast.parse(" ".join(text.split()), mode="eval").body, self.last())
        except (SyntaxError, ValueError):
            self.steps.clear()
        return bool(self.steps)

    def value(self, node: ast.expr, last: Any) -> Any:
        match node:
            case ast.Constant(int() | float() as value):
                return value
            case ast.Name():
                return last
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
                return -value
            case ast.BinOp(a, sign, b) if type(sign) in SIGNS:
                return self.step(SIGNS[type(sign)], self.value(a, last), self.value(b, last))
        raise ValueError("no operation of ours")

    def step(self, intent: str, a: Any, b: Any) -> Result | Hole:
        self.steps.append({"intent": intent, "a": a, "b": b})
        return self.last()

    def last(self) -> Result | Hole:
        """The result before the next step."""
        count = self.done + len(self.steps)
        return Result(count - 1) if count else Hole("a first number, for there is no result yet")


def trimmed(text: str) -> str:
    return re.sub(r"^(?:[\s,;]|\b(?:and|to)\b)+|(?:[\s,;.?!=]|\b(?:and|to)\b)+$", "", text)


def number(text: str) -> int | float | None:
    if not NUMBER.fullmatch(text):
        return None
    value = float(text) if set(".eE") & set(text) else int(text)
    return value if isfinite(value) else None
