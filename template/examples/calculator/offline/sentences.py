"""The sentences that the rules understand: yours to edit, or to delete with the rest of them."""

from ..orders import ORDER_ID
from .grammar import NUMBER, RESULT, Draft, Hole, Rules, Sentence, Slot, number

WHY = r"(?:it|they|s?he|the \w+)(?: (?!and )[a-z'\u2019-]+){1,6}"
PLACES = {
    "a": Slot("a number", NUMBER, number, default=RESULT),
    "b": Slot("another number", NUMBER, number),
    "order_id": Slot("the id of the order, such as A-1001", ORDER_ID.pattern, str.upper),
    "amount": Slot("an amount", r"-?[0-9]+(?:\.[0-9]+)?", number),
    "reason": Slot("a reason", WHY, default="no reason given"),
    "message": Slot("a question", ".+"),
}
TIMES = "(multiply|times)[ {a}][ (and|by|with) {b}]"
ASK = "ask [the |my ](manager|boss) {message}"
REFUND = "refund[ {amount} (for|of)][ [the ][order ]{order_id}[(,|,? because) {reason}]]"
MENDED = {"no order": "order_id", "can be refunded|the amount must": "amount"}
IS, LESS = "The result is {result}.", {"too large|divide by zero": "b"}
SENTENCES = (
    Sentence("add", r"{a}[ ](\+|plus)[ ]{b}; add {a} and {b}; add[ {b}[ to {a}]]", IS, LESS),
    Sentence("subtract", r"{a} (-|\u2212|minus) {b}; subtract {b}[ from {a}]", IS, LESS),
    Sentence("multiply", r"{a}[ ](\*|x|\xd7|times)[ ]{b}; " + TIMES, IS, LESS),
    Sentence("divide", r"{a} (/|\xf7|divided by) {b}; divide[ {a}][ by {b}]", IS, LESS),
    Sentence("process_refund", REFUND, "Refunded {refunded} for order {order_id}.", MENDED),
    Sentence("request_approval_from_manager", ASK, "{said}", quoted=True),
)
USAGE = (
    "arithmetic, refunds and questions to the manager. Try “multiply 3 and 4, then add 5 to the"
    " result”, “refund order A-1001, it arrived broken” or “ask the manager whether we may close”."
)


def completed(step: Draft, known: Draft) -> Draft:
    """What a refund lacks may be in the order that was pre-fetched."""
    order = known.get("orders", {}).get(step.get("order_id"))
    if isinstance(order, str):
        return step | {"order_id": Hole(f"another order, for there is no {step['order_id']}")}
    amount = step.get("amount")
    if isinstance(order, dict) and isinstance(amount, Hole) and amount.old is None:
        return step | {"amount": number(str(order.get("amount"))) or amount}
    return step


RULES = Rules(PLACES, SENTENCES, USAGE, completed)
