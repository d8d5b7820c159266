"""What the tests need to know of this project's tools; with other tools, change it here."""

from typing import Any

from agent.deployments import read

# A call that runs at once and its result, one that needs a yes, and one that fails when it runs.
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


def effects() -> int:
    """How often APPROVAL_STEP took effect in the current folder."""
    return len(read())
