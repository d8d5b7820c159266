"""The sentences that the offline stand-in understands, as the steps they ask for."""

import ast
import re
from math import isfinite
from typing import Any, NamedTuple


class Result(NamedTuple):
    place: int  # among the results of the thread's tool calls, this one may be still to come


class Hole(NamedTuple):
    wanted: str  # which only a human can tell


Step = dict[str, Any]  # an intent and its arguments: values, results and holes

ORDER_ID = re.compile(r"\b[A-Z]{1,3}-[0-9]{3,8}\b", re.I)
NUMBER = re.compile(r"(?<![\w.])-?[0-9]{1,300}(?:\.[0-9]{1,300})?(?:e[+-]?[0-9]{1,3})?(?!\w)", re.I)
THOUSANDS = re.compile(r"\b[1-9][0-9]{0,2}(?:,[0-9]{3})+\b")
MANAGER = re.compile(r"\bask\b.*?\b(?:manager|boss)\b\W*(\w.*?)\W*$", re.I | re.S)
REFUND = re.compile(r"\b(refund)\b", re.I)
AMOUNT = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
DOUBTFUL = re.compile(
    r"\b(half|part|percent|up to|except|but|cancel|should|whether|has|have|was)\b|%", re.I
)
NOT = re.compile(r"\b(?:not|never|without)\b|n['\u2019]t\b", re.I)
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


def understand(text: str, done: int) -> list[Step]:
    """The steps that a text asks for, none if it is no sentence of ours.

    `done` is how many results there are already: “the result” is the last of them.
    """
    if len(text) > 2000:
        return []
    if found := MANAGER.search(text) or REFUND.search(text):
        meaning = ask_manager if found.re is MANAGER else refund
        return [] if NOT.search(text[: found.start()]) else meaning(text, found[1])
    return Arithmetic(done).read(text)


def ask_manager(_: str, question: str) -> list[Step]:
    message = f"I was asked to ask you {question}"
    return [{"intent": "request_approval_from_manager", "message": message}]


def refund(text: str, _: str) -> list[Step]:
    """One for each order that is named; what it cost is in the order, unless the text says it.

    None where the amount is not beyond doubt: it is somebody's money.
    """
    amounts = AMOUNT.findall(ORDER_ID.sub("", text))
    amount = number(amounts[0].replace(",", "")) if amounts else None
    if DOUBTFUL.search(text) or len(amounts) > 1 or (amount is not None and amount <= 0):
        return []
    orders: list[str | Hole] = [found[0].upper() for found in ORDER_ID.finditer(text)]
    reason = re.sub(r"^\W+|\W*\bplease\W*$|\W+$", "", ORDER_ID.split(text)[-1]) if orders else ""
    wanted = Hole("an amount") if amount is None else amount
    about = {"amount": wanted, "reason": reason or "no reason given"}
    orders = orders or [Hole("the id of the order, such as A-1001")]
    return [{"intent": "process_refund", "order_id": order, **about} for order in orders]


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
