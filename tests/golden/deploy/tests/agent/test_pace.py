"""So many requests a minute for each caller; headers have a length; the log has lines."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from agent.server.app import create_app
from agent.server.limits import (
    BODY_SECONDS,
    HEADER_SECONDS,
    MAX_BODY,
    MAX_CALLERS,
    MAX_CONNECTIONS,
    MAX_HEADERS,
    Pace,
)
from agent.server.lines import with_problem
from agent.settings import Settings
from agent.store.filesystem import FileSystemThreadStore

from ..yours.samples import APPROVAL_STEP
from .commands import Shell, shell_with
from .scripted import agent_of
from .serving import HERE, THREADS, as_told, launch, problem, told

A_MINUTE = 60
DOCS = Path(__file__).parents[2] / "docs/behind-a-proxy.md"


def pace() -> Pace:
    return Pace(FastAPI(), A_MINUTE)


def test_as_many_at_once_and_then_one_by_one() -> None:
    limit = pace()
    assert [limit.take("ada", 0.0) for _ in range(A_MINUTE)] == [0] * A_MINUTE
    assert limit.take("ada", 0.0) == pytest.approx(1)
    assert limit.take("ada", 0.5) == pytest.approx(0.5)
    assert limit.take("ada", 1.1) == 0
    assert limit.take("ada", 1.1) > 0


def test_one_caller_takes_nothing_from_another() -> None:
    limit = pace()
    for _ in range(A_MINUTE):
        limit.take("ada", 0.0)
    assert limit.take("bob", 0.0) == 0


def test_after_a_minute_all_are_there_again_and_no_more() -> None:
    limit = pace()
    for _ in range(2 * A_MINUTE):
        limit.take("ada", 0.0)
    assert sum(limit.take("ada", 3600.0) == 0 for _ in range(2 * A_MINUTE)) == A_MINUTE


def test_what_it_remembers_is_bounded() -> None:
    limit = pace()
    for number in range(MAX_CALLERS + 100):
        limit.take(str(number), 0.0)
    assert len(limit._left) == MAX_CALLERS


TOKENS: Any = {name: {"secrets": [f"{name}-0123456789abcdef"]} for name in ("ada", "bob")}


def client_of(**settings: Any) -> TestClient:
    agent = agent_of(FileSystemThreadStore(Path(".threads")), as_told)
    app = create_app(Settings(**settings), agent)
    return TestClient(app, "http://127.0.0.1", client=HERE, raise_server_exceptions=False)


def test_each_token_has_its_own() -> None:
    with client_of(max_requests=5, api_tokens=TOKENS) as client:
        ada, bob = ({"Authorization": f"Bearer {name}-0123456789abcdef"} for name in TOKENS)
        for _ in range(5):
            assert client.get(THREADS, headers=ada).status_code == 200
        slow = client.get(THREADS, headers=ada)
        assert problem(slow) == 429
        assert 0 < int(slow.headers["Retry-After"]) <= 12
        assert client.get(THREADS, headers=bob).status_code == 200
        assert client.get(THREADS).status_code == 401


def test_what_authenticates_itself_is_known_by_its_address() -> None:
    with client_of(max_requests=5) as client:
        answers = [client.get("/healthz").status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]


@pytest.mark.parametrize("header", ["x" * MAX_HEADERS, "x"])
def test_headers_have_a_length(header: str) -> None:
    with client_of() as client:
        headers = {f"X-{number}": header for number in range(1 if len(header) > 1 else 9_000)}
        assert problem(client.get(THREADS, headers=headers)) == 431
        assert client.get(THREADS, headers={"X": "x" * 8_000}).status_code == 200


def test_what_is_nested_too_deep_is_refused() -> None:
    with client_of() as client:
        thread_id = launch(client, APPROVAL_STEP)["id"]
        deep: Any = "x"
        for _ in range(200):
            deep = {"a": deep}
        body = {"call_id": "call-1", "approved": True, "arguments": deep}
        answer = client.post(f"{THREADS}/{thread_id}/approvals", json=body)
        assert problem(answer) == 422


@pytest.mark.slow
def test_every_line_of_the_log_is_json_and_has_no_query(shell: Shell) -> None:
    with shell.serving() as server:
        server.client.get("/healthz?password=hunter2")
        server.client.post(THREADS, json=told(), headers={"Prefer": "wait=10"})
        server.client.get("/nowhere")
    lines = [json.loads(line) for line in server.log.read_text("utf-8").splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    text = server.log.read_text("utf-8")
    assert "GET /healthz HTTP" in text
    assert "hunter2" not in text
    assert len({line["thread"] for line in lines if "thread" in line}) == 1


def test_an_error_in_the_log_says_where_and_no_secret() -> None:
    try:
        raise ValueError("password=hunter2-hunter2")
    except ValueError:
        fault = sys.exc_info()
    line = dict(with_problem(None, "", {"event": "Exception in ASGI", "exc_info": fault}))
    assert "hunter2" not in json.dumps(line)
    assert "ValueError" in line["problem"] or "password" in line["problem"]
    assert Path(__file__).name in line["at"][-1]


@pytest.fixture
def shell() -> Iterator[Shell]:
    with shell_with() as shell:
        yield shell


def test_what_is_written_of_the_limits_is_what_they_are() -> None:
    rows = DOCS.read_text("utf-8")
    assert f"`AGENT_MAX_REQUESTS` ({Settings.model_fields['max_requests'].default})" in rows
    assert f"{HEADER_SECONDS:g} s to come to their end, {MAX_HEADERS // 1000} KB" in rows
    assert f"| {BODY_SECONDS:g} s, {MAX_BODY // 1_000_000} MB |" in rows
    assert f"| {MAX_CONNECTIONS:,} at once |" in rows
