"""The sentences that the offline stand-in understands, as the steps they ask for."""

import re

from .arithmetic import Arithmetic, Hole, Step, number

ORDER_ID = re.compile(r"\b[A-Z]{1,3}-[0-9]{3,8}\b", re.I)
MANAGER = re.compile(r"\bask\b.*?\b(?:manager|boss)\b\W*(\w.*?)\W*$", re.I | re.S)
REFUND = re.compile(r"\b(refund)\b", re.I)
AMOUNT = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
DOUBTFUL = re.compile(
    r"\b(half|part|percent|up to|except|but|cancel|should|whether|has|have|was)\b|%", re.I
)
NOT = re.compile(r"\b(?:not|never|without)\b|n['\u2019]t\b", re.I)


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
