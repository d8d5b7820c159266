"""The refunds ledger, a file of one JSON line a refund: stands for your payment provider."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

LEDGER = Path("refunds.jsonl")


def refund(call_id: str, order_id: str, amount: float, reason: str) -> dict[str, Any]:
    """Append the refund, once per call id. Raises ValueError or OSError.

    The answer is what the model has to know; the ledger has the rest.
    """
    if amount <= 0:
        raise ValueError(f"cannot refund {amount}: the amount must be more than 0")
    with FileLock(f"{LEDGER}.lock"):
        if call_id not in {entry["call_id"] for entry in read()}:
            entry = {"call_id": call_id, "at": datetime.now(UTC).isoformat()}
            append(entry | {"order_id": order_id, "amount": amount, "reason": reason})
    return {"order_id": order_id, "refunded": amount}


def read() -> list[dict[str, Any]]:
    lines = LEDGER.read_text("utf-8").splitlines() if LEDGER.exists() else []
    return [json.loads(line) for line in lines]


def append(entry: dict[str, Any]) -> None:
    with LEDGER.open("a", encoding="utf-8") as ledger:
        ledger.write(json.dumps(entry) + "\n")
        ledger.flush()
        os.fsync(ledger.fileno())
