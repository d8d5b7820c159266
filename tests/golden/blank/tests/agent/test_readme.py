"""The code that the README, AGENTS.md and docs/triggers.md print, run as it is printed."""

import asyncio
import hmac
import json
import re
import shutil
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.server.app import create_app
from agent.settings import Settings
from agent.signatures import headers_for, keys_in
from agent.store.filesystem import FileSystemThreadStore

from .commands import Server, Shell, shell_with
from .processes import HOME, SOURCES
from .scripted import DONE, agent_of, model_that_says, said, thread_of
from .serving import JSON, TOKEN, told


def code_in(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (HOME / page).read_text("utf-8"), re.S | re.M)


[WEBHOOK, MOUNTED, EMBEDDED] = code_in("README.md")
[SAME_WEBHOOK, GITHUB] = code_in("docs/triggers.md")
SECRET, KEY = "the secret of the hook", f"whsec_{b64encode(bytes(32)).decode()}"
ISSUE = json.dumps({"action": "opened", "issue": {"title": "it is broken"}}).encode()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """An agent with the printed channels in their places."""
    shutil.copytree(SOURCES / "agent", tmp_path / "src" / "agent")
    shutil.copytree(HOME / "baml_src", tmp_path / "baml_src")
    for code in (WEBHOOK, GITHUB):
        place = re.findall(r'^"""(\S+\.py):', code)[0]
        (tmp_path / place).write_text(code, "utf-8")
    with shell_with(
        AGENT_API_TOKEN=TOKEN, AGENT_WEBHOOK_SECRET=KEY, AGENT_GITHUB_SECRET=SECRET
    ) as shell:
        yield Shell(shell.variables, sources=tmp_path / "src")


@pytest.mark.slow
def test_the_webhook_starts_a_thread_for_who_signs(shell: Shell) -> None:
    with shell.serving() as server:

        def post(body: bytes, signed: bytes, name: str = "msg_1") -> int:
            headers = JSON | headers_for(keys_in(KEY), name, int(time.time()), signed)
            return server.client.post("/hooks/issues", content=body, headers=headers).status_code

        assert post(ISSUE, ISSUE) == post(ISSUE, ISSUE) == 202  # which is sent again
        assert post(ISSUE, ISSUE + b" ") == 401
        assert server.client.post("/hooks/issues", content=ISSUE).status_code == 401
        assert [post(odd, odd, "msg_2") for odd in (b"{", b"[]", b"{}")] == [400, 422, 422]
        assert begun_in(server) == [{"title": "it is broken"}]


@pytest.mark.slow
def test_github_starts_a_thread_where_it_signs(shell: Shell) -> None:
    body = ISSUE
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
        assert begun_in(server) == [{"title": "it is broken"}]


def begun_in(server: Server) -> list[Any]:
    """The issues with which its threads began."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    threads = server.client.get("/api/v1/threads", headers=headers).json()["threads"]
    places = [f"/api/v1/threads/{thread['id']}" for thread in threads]
    firsts = [server.client.get(place, headers=headers).json()["events"][0] for place in places]
    assert {first["type"] for first in firsts} <= {"issue_opened"}
    return [first["data"] for first in firsts]


def test_the_webhook_is_short_and_printed_the_same_everywhere() -> None:
    assert WEBHOOK == SAME_WEBHOOK
    assert WEBHOOK in (HOME / "AGENTS.md").read_text("utf-8")
    assert len([line for line in WEBHOOK.splitlines() if line]) <= 15


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


@pytest.mark.parametrize("below", ["", "/proxy"])
def test_where_a_thread_is_found_is_ours_whatever_else_is_mounted(below: str) -> None:
    """Under a name, twice, and beside a route that is called as ours is."""
    from fastapi import FastAPI

    store = FileSystemThreadStore(Path(".threads"))
    outer = FastAPI()
    outer.add_api_route("/forum/{thread_id}", lambda thread_id: None, name="get_thread")
    for number, place in enumerate(("/one", "/two/three")):
        ours = create_app(Settings(), agent_of(store, model_that_says(DONE)))
        outer.mount(place, ours, name=f"helper-{number}")
    here = ("127.0.0.1", 5)
    with TestClient(outer, "http://localhost", client=here, root_path=below) as client:
        for place in ("/one", "/two/three"):
            # A server that is told of a path in front of it puts that before each other path.
            threads = f"{below}{place}/api/v1/threads"
            launched = client.post(threads, json={"message": "hello"})
            assert launched.headers["location"] == f"{threads}/{launched.json()['id']}"
            assert client.get(launched.headers["location"]).status_code == 200


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
