"""The sentences that the rules understand: yours to edit, or to delete with the rest of them."""

from typing import Any

from ..orders import ORDER_ID
from .grammar import NUMBER, RESULT, Draft, Hole, Sentence, Slot, number

A, B = Slot("a number", NUMBER, number), Slot("another number", NUMBER, number)
GOES_ON = Slot("a number", NUMBER, number, default=RESULT)
NUMBERS, ON = {"a": A, "b": B}, {"a": GOES_ON, "b": B}
ORDER = Slot("the id of the order, such as A-1001", ORDER_ID.pattern, str.upper)
REFUND = {
    "order_id": ORDER,
    "amount": Slot("an amount", r"-?[0-9]+(?:\.[0-9]+)?", number),
    "reason": Slot(
        "a reason", r"(?:it|they|she|he|the \w+)\b[^0-9;?]*?", default="no reason given"
    ),
}
SENTENCES = (
    Sentence(r"{a} ?(?:\+|plus) ?{b}", "add", NUMBERS),
    Sentence(r"{a} ?(?:-|\u2212|minus) ?{b}", "subtract", NUMBERS),
    Sentence(r"{a} ?(?:\*|x|\xd7|times) ?{b}", "multiply", NUMBERS),
    Sentence(r"{a} ?(?:/|\xf7|divided by) ?{b}", "divide", NUMBERS),
    Sentence("add {a} and {b}|add", "add", NUMBERS),
    Sentence("add {b}(?: to {a})?", "add", ON),
    Sentence("subtract {b}(?: from {a})?", "subtract", ON),
    Sentence("multiply(?: {a}(?: (?:and|by|with) {b})?)?", "multiply", NUMBERS),
    Sentence("(?:multiply|times) by {b}", "multiply", ON),
    Sentence("divide(?: {a}(?: by {b})?)?", "divide", NUMBERS),
    Sentence("divide by {b}", "divide", ON),
    Sentence(
        "refund(?: {amount} (?:for|of))?(?: (?:the )?(?:order )?{order_id}"
        "(?:(?:,|,? because) ?{reason})?)?",
        "process_refund",
        REFUND,
    ),
    Sentence(
        "ask (?:the |my )?(?:manager|boss) {message}",
        "request_approval_from_manager",
        {"message": Slot("a question", ".+")},
        quoted=True,
    ),
)
USAGE = (
    "arithmetic, refunds and questions to the manager. Try “multiply 3 and 4, then add 5 to the"
    " result”, “refund order A-1001, it arrived broken” or “ask the manager whether we may close”."
)
SAID = dict.fromkeys(("add", "subtract", "multiply", "divide"), "The result is {result}.")
SAID["process_refund"] = "Refunded {refunded} for order {order_id}."
# What a tool's error says, the argument that mends it, and what to ask for.
MENDED_BY = (
    ("divide by zero", "b", "a divisor that is not zero"),
    ("too large", "b", "a smaller number"),
    ("there is no order", "order_id", "another order"),
    ("can be refunded", "amount", "another amount"),
    ("the amount must", "amount", "an amount above 0"),
)
FINAL: tuple[str, ...] = ()  # errors that nothing mends
ANSWERS: dict[str, dict[str, Any]] = {}  # what an answer may say, and the arguments that it changes


def completed(step: Draft, known: dict[str, Any]) -> Draft:
    """What a refund lacks may be in the order that was pre-fetched."""
    order = known.get("orders", {}).get(step.get("order_id"))
    if isinstance(order, str):
        return step | {"order_id": Hole(f"another order, for there is no {step['order_id']}")}
    amount = step.get("amount")
    if isinstance(order, dict) and isinstance(amount, Hole) and amount.old is None:
        return step | {"amount": number(str(order.get("amount"))) or amount}
    return step
