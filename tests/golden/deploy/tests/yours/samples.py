"""What the tests need to know of this project's tools: with other tools, change it here alone.

The contract: `SAFE_STEP` runs at once, needs no yes, and gives `SAFE_RESULT`. `APPROVAL_STEP` needs
a yes, and one of its arguments, a text, a number or a yes or no, can be another under the same yes;
`effects` counts the calls that took effect: one that runs again under its call id, as after a
crash, counts once. `FAILING_STEP` raises, every time. All three run in the current folder,
which is empty but for what `prepare` puts there, in any order and in other processes too. `STORES`
makes each store of this project in an empty folder.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.deployments import read
from agent.store import ThreadStore
from agent.store.filesystem import FileSystemThreadStore

SAFE_STEP: dict[str, Any] = {"intent": "check_deployment_status", "environment": "staging"}
SAFE_RESULT: Any = {"environment": "staging", "backend": "nothing", "frontend": "nothing"}
APPROVAL_STEP: dict[str, Any] = {
    "intent": "deploy_backend",
    "tag": "v1.2.0",
    "environment": "production",
}
FAILING_STEP: dict[str, Any] = {
    "intent": "rollback",
    "service": "backend",
    "environment": "staging",
}

STORES: list[Callable[[Path], ThreadStore]] = [FileSystemThreadStore]


def prepare() -> None:
    """What the steps need in the current folder, before each test."""


def effects() -> int:
    """How often APPROVAL_STEP took effect in the current folder."""
    return len(read())
