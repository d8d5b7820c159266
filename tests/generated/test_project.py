"""A fresh project is clean under its own tools, and its agent answers."""

import json
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from .conftest import NO_NETWORK, VERSIONS, Project, environment, succeed

pytestmark = pytest.mark.slow

MESSAGE = "multiply 3 and 4, then divide the result by 2"


class Lives:
    """What holds for a project whatever it was installed with."""

    versions: tuple[str, ...]  # each is lived through once, with one tool or the other

    def test_its_python_is_the_one_that_was_asked_for(self, project: Project) -> None:
        version = succeed(project.run("python", "--version")).stdout
        assert version.startswith(f"Python {project.version}.")

    def test_the_formatter_changes_nothing(self, project: Project) -> None:
        succeed(project.run("ruff", "format", "--check", "."))

    def test_the_linter_finds_nothing(self, project: Project) -> None:
        succeed(project.run("ruff", "check", "."))

    def test_the_types_are_right(self, project: Project) -> None:
        succeed(project.run("mypy"))

    def test_its_own_tests_pass(self, project: Project) -> None:
        succeed(project.run("pytest"))

    def test_the_agent_waits_for_a_yes_and_then_answers(self, project: Project) -> None:
        waiting = project.run("agent", MESSAGE)
        assert waiting.code == 3, f"{waiting.stdout}\n{waiting.stderr}"
        told = re.search(r"agent approve [\w -]+", waiting.stdout)
        assert told, waiting.stdout
        answered = succeed(project.run(*told.group().split()))
        assert re.search(r"\b6\b", answered.stdout)

    def test_the_server_answers(self, project: Project) -> None:
        with server(project) as url:
            assert call(f"{url}/healthz") == (200, {"status": "ok"})
            code, thread = call(
                f"{url}/api/v1/threads", {"message": MESSAGE}, {"Prefer": "wait=10"}
            )
            assert (code, thread["status"]) == (200, "awaiting_human_approval")
            asked = {"call_id": thread["awaiting"]["call_id"], "approved": True}
            target = f"{url}/api/v1/threads/{thread['id']}"
            call(f"{target}/approvals", asked, {"Prefer": "wait=10"})
            calls = [
                event["data"]["intent"]
                for event in wait_until_done(target)["events"]
                if event["type"] == "tool_call"
            ]
            assert calls[-1] == "done_for_now"


# Two classes, so that `--dist loadscope` gives each to a worker of its own.
class TestWithUv(Lives):
    tool, versions = "uv", (VERSIONS[0], VERSIONS[-1])


class TestWithPip(Lives):
    tool, versions = "pip", VERSIONS[1:-1]


@contextmanager
def server(project: Project) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        project.command("agent", "serve", "--port", str(port)),
        cwd=project.path,
        env={**environment(), **NO_NETWORK},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "the server ended"
        time.sleep(0.1)
    raise AssertionError("the server did not start within 30 seconds")


def call(url: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(headers or {})}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, data, sent), timeout=60) as response:
        return response.status, json.load(response)


def wait_until_done(url: str) -> Any:
    for _ in range(100):
        _, thread = call(url)
        if thread["status"] == "done":
            return thread
        time.sleep(0.1)
    raise AssertionError(thread)
