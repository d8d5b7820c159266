"""The code that the README and AGENTS.md print, run as it is printed."""

import asyncio
import hmac
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.server.app import create_app
from agent.settings import Settings
from agent.store.filesystem import FileSystemThreadStore

from .commands import Shell, shell_with
from .processes import HOME, SOURCES
from .scripted import DONE, agent_of, model_that_says, said, thread_of
from .serving import TOKEN, told

README = (HOME / "README.md").read_text("utf-8")
BLOCKS: list[str] = re.findall(r"^```python\n(.*?)^```", README, re.S | re.M)
[WEBHOOK, MOUNTED, EMBEDDED] = BLOCKS
SECRET = "the secret of the hook"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """An agent with the printed channel in its place."""
    shutil.copytree(SOURCES / "agent", tmp_path / "src" / "agent")
    shutil.copytree(HOME / "baml_src", tmp_path / "baml_src")
    place = re.findall(r'^"""(\S+\.py):', WEBHOOK)[0]
    (tmp_path / place).write_text(WEBHOOK, "utf-8")
    with shell_with(AGENT_API_TOKEN=TOKEN, AGENT_GITHUB_SECRET=SECRET) as shell:
        yield Shell(shell.variables, sources=tmp_path / "src")


@pytest.mark.slow
def test_the_webhook_starts_a_thread_for_who_signs(shell: Shell) -> None:
    body = json.dumps({"action": "opened", "issue": {"title": "it is broken"}}).encode()
    with shell.serving() as server:

        def post(body: bytes, signed: bytes, name: str = "72d3162e") -> int:
            right = hmac.new(SECRET.encode(), signed, "sha256").hexdigest()
            headers = {"x-hub-signature-256": f"sha256={right}", "x-github-delivery": name}
            return server.client.post("/hooks/github", content=body, headers=headers).status_code

        assert post(body, body) == post(body, body) == 202  # which GitHub sends again
        assert post(body, body, "of somebody who heard it") == 202
        assert post(body, body + b" ") == 401
        assert [post(odd, odd) for odd in (b"", b"{", b"\xff")] == [400] * 3
        assert [post(odd, odd) for odd in (b"[]", b"{}")] == [422] * 2
        headers = {"Authorization": f"Bearer {TOKEN}"}
        [thread] = server.client.get("/api/v1/threads", headers=headers).json()["threads"]
        found = server.client.get(f"/api/v1/threads/{thread['id']}", headers=headers).json()
        assert found["events"][0]["type"] == "issue_opened"
        assert found["events"][0]["data"] == {"title": "it is broken"}


def test_agents_md_prints_the_same_webhook() -> None:
    assert WEBHOOK in (HOME / "AGENTS.md").read_text("utf-8")


def test_a_mounted_app_takes_up_what_was_unfinished(monkeypatch: pytest.MonkeyPatch) -> None:
    with shell_with() as shell:
        for name, value in shell.variables.items():
            monkeypatch.setenv(name, value)
        store = FileSystemThreadStore(Path(".threads"))
        thread_id = asyncio.run(store.create(thread_of(said(told()["message"]))))
        names: dict[str, Any] = {}
        exec(MOUNTED, names)
        with TestClient(names["app"], "http://localhost", client=("127.0.0.1", 5)) as client:
            assert asyncio.run(until_done(store, thread_id)) == "done"
            launched = client.post("/agent/api/v1/threads", json={"message": "hello"})
            place = launched.headers["location"]
            assert place == f"/agent/api/v1/threads/{launched.json()['id']}"
            assert client.get(place).status_code == 200


async def until_done(store: FileSystemThreadStore, thread_id: str) -> str:
    for _ in range(500):
        if (status := (await store.get(thread_id)).status) != "running":
            return status
        await asyncio.sleep(0.02)
    return "running"


def test_mounted_in_an_app_that_knows_nothing_of_it_the_first_request_takes_up() -> None:
    from fastapi import FastAPI

    store = FileSystemThreadStore(Path(".threads"))
    thread_id = asyncio.run(store.create(thread_of(said())))
    outer = FastAPI()
    outer.mount("/a/b", create_app(Settings(), agent_of(store, model_that_says(DONE))))
    with TestClient(outer, "http://localhost", client=("127.0.0.1", 5)) as client:
        client.get("/a/b/api/v1/threads")
        assert asyncio.run(until_done(store, thread_id)) == "done"


def test_the_runner_runs_in_a_loop_of_somebody_else() -> None:
    with shell_with() as shell:
        done = run(
            [sys.executable, "-c", EMBEDDED],
            env=shell.environment,
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.split() == ["user_input", "tool_call", "done"]
