"""The orders, a file of JSON: stands for your order system."""

import json
import re
from pathlib import Path
from typing import Any

ORDERS = Path("orders.json")
ORDER_ID = re.compile(r"\b[A-Z]{1,3}-[0-9]+\b")


def read_orders() -> dict[str, Any]:
    """By id, each with the amount that was paid. Raises OSError or ValueError."""
    orders: dict[str, Any] = json.loads(ORDERS.read_text("utf-8"))
    return orders
