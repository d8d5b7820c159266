"""The tools: what the model may ask for, which calls need a human's yes, and what runs.

To add one: a class here and in `baml_src/tools.baml`, its name in both unions called `Tool`, its
case in `approver` and in `handle_next_step`. mypy and `tests/agent/test_steps.py` say what you
forgot.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal, assert_never

from pydantic import Field, TypeAdapter

from .deployments import deploy, rollback, status
from .humans import HumanStep
from .releases import Environment, Service
from .repository import newest_tags
from .rollout import roll_out
from .steps import Ask, ToolStep


class ListGitTags(ToolStep):
    intent: Literal["list_git_tags"] = "list_git_tags"


class CheckDeploymentStatus(ToolStep):
    intent: Literal["check_deployment_status"] = "check_deployment_status"
    environment: Environment


class DeployBackend(ToolStep):
    intent: Literal["deploy_backend"] = "deploy_backend"
    tag: str
    environment: Environment


class DeployFrontend(ToolStep):
    intent: Literal["deploy_frontend"] = "deploy_frontend"
    tag: str
    environment: Environment


class Rollback(ToolStep):
    intent: Literal["rollback"] = "rollback"
    service: Service
    environment: Environment


class RollOut(ToolStep):
    intent: Literal["roll_out"] = "roll_out"
    service: Service
    tag: str


Deployment = DeployBackend | DeployFrontend | Rollback | RollOut


Tool = ListGitTags | CheckDeploymentStatus | Deployment
NextStep = Tool | HumanStep

_tool: TypeAdapter[Tool] = TypeAdapter(Annotated[Tool, Field(discriminator="intent")])
_next_step: TypeAdapter[NextStep] = TypeAdapter(Annotated[NextStep, Field(discriminator="intent")])


def parse_tool(data: dict[str, Any]) -> Tool:
    """Raises ValueError for what is no tool of ours."""
    return _tool.validate_python(data)


def parse_next_step(data: dict[str, Any]) -> NextStep:
    """Raises ValueError for what is neither a tool nor a step that asks a human."""
    return _next_step.validate_python(data)


def approver(tool: Tool) -> str | Ask | None:
    """Who must say yes before this call runs; nobody if None. Said here and nowhere else.

    It names a role. Who has it says AGENT_APPROVERS; while that is unset, whoever may answer.
    An environment that somebody adds needs a yes until it is said here that it does not.
    """
    match tool:
        case ListGitTags() | CheckDeploymentStatus():
            return None
        case DeployBackend() | DeployFrontend() | Rollback():
            return None if tool.environment == "staging" else "a release manager"
        case RollOut():
            return Ask("a release manager", within=timedelta(hours=8))
        case never:
            assert_never(never)


async def handle_next_step(tool: Tool, call_id: str) -> Any:
    """Run one call and return its result, any JSON.

    `call_id` is the idempotency key: after a crash the same call may come again.
    Whatever is raised becomes an `error` event that the model reads.
    """
    match tool:
        case ListGitTags():
            return newest_tags()
        case CheckDeploymentStatus():
            return status(tool.environment)
        case DeployBackend():
            return deploy(call_id, "backend", tool.tag, tool.environment)
        case DeployFrontend():
            return deploy(call_id, "frontend", tool.tag, tool.environment)
        case Rollback():
            return rollback(call_id, tool.service, tool.environment)
        case RollOut():
            return roll_out(call_id, tool.service, tool.tag)
        case never:
            assert_never(never)
