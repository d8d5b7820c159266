"""The agent behind HTTP, in this process: a real store, and a model that does as it is told."""

import json
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx2 import Client, Response
from pydantic import SecretStr
from starlette.testclient import TestClient

from agent.events import AnyEvent
from agent.server.app import create_app
from agent.settings import Settings
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread

from .scripted import DONE, Model, agent_of, decided

THREADS = "/api/v1/threads"
CONVERSATIONS = "/api/v1/conversations"
HOOKS = [CONVERSATIONS] if find_spec("agent.channels.conversations") else []  # where it was deleted
HERE = ("127.0.0.1", 50000)
LOCAL = {"user": "local", "channel": "http"}  # who speaks without a token
TOKEN = "0a1b2c3d-the-token-of-the-tests"
JSON = {"Content-Type": "application/json"}


async def as_told(thread: Thread) -> AnyEvent:
    """The first message is the script: a JSON list of steps. Behind the last one it is done."""
    try:
        script = json.loads(str(thread.events[0].data))
        step = script[len(thread.calls)]
    except (ValueError, LookupError, TypeError):
        step = DONE
    return decided(step, f"call-{len(thread.events)}")


def told(*steps: dict[str, Any]) -> dict[str, str]:
    """The body that launches a thread in which the model takes these steps."""
    return {"message": json.dumps(steps)}


def app_of(model: Model = as_told, *, token: str | None = None, **parts: Any) -> FastAPI:
    """The whole app, with its threads in the current folder."""
    settings = Settings(api_token=SecretStr(token) if token else None, max_requests=10**6)
    return create_app(settings, agent_of(FileSystemThreadStore(Path(".threads")), model, **parts))


def serving(
    model: Model = as_told,
    *,
    host: str = "127.0.0.1",
    client: tuple[str, int] = HERE,
    **parts: Any,
) -> TestClient:
    """A client of the app; as a context manager it starts and ends the app as well."""
    app = app_of(model, **parts)
    return TestClient(app, f"http://{host}", client=client, raise_server_exceptions=False)


def launch(client: TestClient, *steps: dict[str, Any]) -> dict[str, Any]:
    """The thread once it runs no more."""
    answer = client.post(THREADS, json=told(*steps), headers={"Prefer": "wait=10"})
    assert answer.status_code == 200, answer.text
    thread: dict[str, Any] = answer.json()
    return thread


def settled(client: Client, thread_id: str) -> dict[str, Any]:
    """The same for a thread that was told something."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        thread: dict[str, Any] = client.get(f"{THREADS}/{thread_id}").json()
        if thread["status"] != "running":
            return thread
        time.sleep(0.01)
    raise AssertionError(f"{thread_id} is still running")


def kinds(thread: dict[str, Any]) -> list[str]:
    return [event["type"] for event in thread["events"]]


def tell(client: TestClient, thread: dict[str, Any], what: str, **body: Any) -> int:
    """The status of the answer; the call that waits is named unless the body names another."""
    if thread["awaiting"] and what in ("responses", "approvals"):
        body = {"call_id": thread["awaiting"]["call_id"]} | body
    answer = client.post(f"{THREADS}/{thread['id']}/{what}", json=body)
    if answer.is_success:
        assert answer.json()["id"] == thread["id"]
    else:
        assert set(answer.json()) == {"type", "title", "status", "detail"}
    return answer.status_code


def problem(answer: Response) -> int:
    """The status of an answer that must be a problem, and must not say where in our code."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert sorted(body) == ["detail", "status", "title", "type"]
    assert body["status"] == answer.status_code
    assert 0 < len(body["detail"]) < 500
    for trace in ("Traceback", ".py", str(Path.cwd()), "site-packages"):
        assert trace not in answer.text
    return answer.status_code
