"""The refunds ledger, a file of one JSON line a refund: stands for your payment provider."""

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from filelock import FileLock

from .files import private
from .orders import read_orders

LEDGER = Path("refunds.jsonl")
CENT = Decimal("0.01")
PATIENCE = 5  # seconds that another process may write


def refund(
    call_id: str, order_id: str, amount: float, reason: str, *, again: bool = False
) -> dict[str, Any]:
    """Append the refund, once per call id. Raises ValueError or OSError.

    The model is not trusted with money: what can be verified is verified here, whatever it says
    and whoever said yes. The answer is what it has to know; the ledger has the rest.
    """
    with FileLock(f"{LEDGER}.lock", PATIENCE, mode=0o600):
        ledger = read()
        if call_id not in {entry["call_id"] for entry in ledger}:
            verify(order_id, amount, [e for e in ledger if e["order_id"] == order_id], again)
            entry = {"call_id": call_id, "at": datetime.now(UTC).isoformat()}
            append(entry | {"order_id": order_id, "amount": amount, "reason": reason})
    return {"order_id": order_id, "refunded": amount}


def verify(order_id: str, amount: float, before: list[dict[str, Any]], again: bool) -> None:
    """Raises ValueError for an order that is none, for more than was paid, and for a second time.

    `again` is an argument of the call, so whoever says yes to it has seen it.
    """
    if amount <= 0:
        raise ValueError(f"cannot refund {amount}: the amount must be more than 0")
    order = read_orders().get(order_id)
    if not isinstance(order, dict):
        raise ValueError(f"there is no order {order_id}: ask which one is meant")
    refunded = sum(exact(entry["amount"]) for entry in before)
    if before and not again:
        raise ValueError(
            f"order {order_id} was refunded already ({refunded}): a second time needs again=true,"
            " which a manager must have asked for"
        )
    left = exact(order["amount"]) - refunded
    if exact(amount) > left:
        raise ValueError(f"no more than {left} of order {order_id} can be refunded: ask how much")
    if exact(amount) % CENT:
        raise ValueError(f"cannot refund {amount}: there is no money smaller than {CENT}")


def exact(amount: float) -> Decimal:
    """As it is written: floats do not add up."""
    return Decimal(str(amount))


def read() -> list[dict[str, Any]]:
    lines = LEDGER.read_text("utf-8").splitlines() if LEDGER.exists() else []
    return [json.loads(line) for line in lines]


def append(entry: dict[str, Any]) -> None:
    with open(LEDGER, "a", encoding="utf-8", opener=private) as ledger:
        ledger.write(json.dumps(entry) + "\n")
        ledger.flush()
        os.fsync(ledger.fileno())
