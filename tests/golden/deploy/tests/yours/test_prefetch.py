"""What is looked up before the model is asked saves a round trip."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agent.events import AnyEvent, Prefetched, ToolResponse
from agent.prefetch import prefetch
from agent.repository import newest_tags
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread
from agent.tools import handle_next_step

from ..agent.scripted import DONE, agent_of, begin, decided, nothing, said


def fetched(message: str) -> list[Any]:
    events = asyncio.run(prefetch(Thread((said(message),))))
    assert {event.type for event in events} <= {"git_tags"}
    return [event.data for event in events]


@pytest.mark.parametrize(
    "message",
    [
        "deploy the backend to staging",
        "Redeploy v1.1.0 of the frontend",
        "ship it",
        "please roll out the newest backend",
        "which tags are there?",
        "what is the latest version?",
    ],
)
def test_who_speaks_of_deploying_has_the_tags_fetched(message: str) -> None:
    [data] = fetched(message)
    assert data == newest_tags()
    assert [tag["name"] for tag in data["tags"]] == ["v1.2.0", "v1.1.0", "v1.0.0"]


@pytest.mark.parametrize(
    "message", ["hello", "", "what is deployed in production?", "roll back the backend", "[]"]
)
def test_who_does_not_pays_nothing(message: str) -> None:
    assert fetched(message) == []
    assert list(Path.cwd().iterdir()) == []


def model_calls(store: FileSystemThreadStore, before: Any) -> int:
    """How often the model is asked until the newest backend is in staging."""
    asked = []

    async def model(thread: Thread) -> AnyEvent:
        """Lists the tags if they are not there, as the prompt says."""
        asked.append(thread)
        if any(call.intent == "deploy_backend" for call in thread.calls):
            return decided(DONE, "done")
        shown = [
            event.data for event in thread.events if isinstance(event, Prefetched | ToolResponse)
        ]
        if not shown:
            return decided({"intent": "list_git_tags"}, "list")
        step = {"intent": "deploy_backend", "tag": shown[0]["tags"][0]["name"]}
        return decided(step | {"environment": "staging"}, "deploy")

    agent = agent_of(store, model, prefetch=before, handle_next_step=handle_next_step)
    _, thread = begin(agent, said("deploy the newest backend to staging"))
    assert thread.status == "done"
    return len(asked)


def test_a_deployment_takes_one_model_call_less(store: FileSystemThreadStore) -> None:
    assert model_calls(store, prefetch) == 2
    assert model_calls(store, nothing) == 3


def test_a_repository_that_cannot_be_read_is_an_error(
    store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path.cwd()))

    async def model(thread: Thread) -> AnyEvent:
        return decided(DONE)

    _, thread = begin(agent_of(store, model, prefetch=prefetch), said("deploy the backend"))
    assert [event.type for event in thread.events] == ["user_input", "error", "tool_call"]
    assert "git is not installed" in thread.serialize_for_llm()
