"""What the tests need to know of this project's tools; with other tools, change it here."""

from pathlib import Path
from typing import Any

NOTE = {"intent": "save_note", "name": "plans", "text": "none at all"}

# A call that runs at once and its result, one that needs a yes, and one that fails when it runs.
SAFE_STEP: dict[str, Any] = {**NOTE, "name": "shopping", "overwrite": False}
SAFE_RESULT: Any = {"saved": "notes/shopping.md"}
APPROVAL_STEP: dict[str, Any] = {**NOTE, "overwrite": True}
FAILING_STEP: dict[str, Any] = {**NOTE, "name": "../plans", "overwrite": False}


def effects() -> int:
    """How often APPROVAL_STEP took effect in the current folder."""
    return int(Path("notes", "plans.md").exists())
