"""What the tests need to know of this project's tools; with other tools, change it here."""

from typing import Any

from agent.refunds import read

# A call that runs at once and its result, one that needs a yes, and one that fails when it runs.
SAFE_STEP: dict[str, Any] = {"intent": "add", "a": 3, "b": 4}
SAFE_RESULT: Any = 7
APPROVAL_STEP: dict[str, Any] = {
    "intent": "process_refund",
    "order_id": "A-1001",
    "amount": 49.9,
    "reason": "it arrived broken",
}
FAILING_STEP: dict[str, Any] = {"intent": "multiply", "a": 1e200, "b": 1e200}


def effects() -> int:
    """How often APPROVAL_STEP took effect in the current folder."""
    return len(read())
