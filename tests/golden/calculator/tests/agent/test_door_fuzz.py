"""10,000 requests by whoever does not sign, to every way in that checks for itself who calls.

`DOOR_CASES=100000 pytest -m slow tests/agent/test_door_fuzz.py` tries more.
"""

import asyncio
import json
import os
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.routing import Route

from agent.discovery import brought
from agent.hooks import Signed
from agent.server.app import create_app
from agent.settings import Settings
from agent.signatures import NAMES, headers_for, keys_in
from agent.store.filesystem import FileSystemThreadStore

from .scripted import agent_of
from .serving import HERE, as_told
from .ways import ways

pytestmark = pytest.mark.slow

SECRET, OTHER = (f"whsec_{b64encode(bytes([number]) * 32).decode()}" for number in (5, 6))
KEYS, OTHERS = keys_in(SECRET), keys_in(OTHER)
AT_ONCE = 5  # headers, bodies and ids that one example has, each with each
CASES = int(os.environ.get("DOOR_CASES", "10000"))
PARTS = max(1, CASES // 20_000)  # on a busy machine each takes its time, and that has an end
Headers = list[tuple[bytes, bytes]]


def doors() -> list[tuple[str, str, bool]]:
    """The method and the path of each, and whether it is signed after Standard Webhooks."""
    routes = [
        route for name in ("hooks", "routes") for each in brought(name) for route in each.routes
    ]
    hooks = [route for each in brought("hooks") for route in each.routes]
    return [
        (method, route.path, isinstance(route, Signed))
        for route in routes
        if isinstance(route, Route) and (route in hooks or isinstance(route, Signed))
        for method in sorted(route.methods or ())
    ]


DOORS = doors()
# What signs elsewhere has its name here, so that a hook of any kind is met by what it looks at.
KNOWN = [
    *NAMES,
    "x-slack-signature",
    "x-slack-request-timestamp",
    "x-slack-retry-num",
    "x-hub-signature-256",
    "authorization",
    "idempotency-key",
    "content-type",
    "content-length",
    "cookie",
    "origin",
    "host",
]
BODIES = [
    {"type": "conversation.created", "event": {"user_message": "hello"}},
    {"type": "event_callback", "event_id": "1", "event": {"type": "app_mention", "text": "hi"}},
    {
        "run_id": "00000000-0000-4000-8000-000000000000",
        "call_id": "1",
        "status": {"approved": True},
    },
    {"From": "ada@example.com", "Subject": "hello", "TextBody": "hello", "MessageID": "1"},
]
FORMS = [
    b"timestamp=1&token=1&signature=1&sender=ada@example.com",
    b"payload=%7B%22type%22%3A%22block_actions%22%7D",
    b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n1\r\n--x--',
    b"--x\r\nContent-Disposition: " + b"(" * 3_000,
    b"--x\r\nContent-Disposition: form-data" + b"; a=b" * 1_000,
]
names = st.sampled_from(KNOWN).map(str.encode) | st.from_regex(rb"[a-z0-9-]{1,20}", fullmatch=True)
values = (
    st.binary(max_size=60)
    | st.sampled_from([b"application/json", b"application/x-www-form-urlencoded", b"v1,", b"v0="])
    | st.sampled_from([b"multipart/form-data; boundary=x", b"multipart/form-data; " + b"(" * 999])
    | st.integers(-400, 400).map(lambda seconds: str(int(time.time()) + seconds).encode())
)
plain = values.map(lambda value: value.translate(None, b"\0\r\n"))
bodies = (
    st.binary(max_size=200)
    | st.sampled_from(BODIES).map(lambda body: json.dumps(body).encode())
    | st.sampled_from(FORMS)
    | st.tuples(st.sampled_from(BODIES), st.binary(max_size=3)).map(
        lambda each: json.dumps(each[0]).encode() + each[1]
    )
)
headers = st.lists(st.tuples(names, plain), max_size=8)
ids = st.text(max_size=40) | st.sampled_from(["..", "%2e%2e", "NULL", "app.css"])


class World:
    """The app, asked without a socket: so many requests would take an hour with one."""

    def __init__(self) -> None:
        store = FileSystemThreadStore(Path(".threads"))
        settings = Settings(webhook_secret=SecretStr(SECRET), max_requests=10**9)
        self.app: FastAPI = create_app(settings, agent_of(store, as_told))
        self.loop = asyncio.new_event_loop()

    def ask(self, method: str, path: str, headers: Headers, body: bytes) -> int:
        return self.loop.run_until_complete(self._ask(method, path, headers, body))

    async def _ask(self, method: str, path: str, headers: Headers, body: bytes) -> int:
        status = 0

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode("utf-8", "replace"),
            "root_path": "",
            "query_string": b"",
            "headers": headers,
            "client": HERE,
            "server": ("127.0.0.1", 8000),
        }
        await self.app(scope, receive, send)
        return status

    @staticmethod
    def saved() -> list[Path]:
        return list(Path(".threads").glob("*.json"))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """In which every channel is configured: one that is not refuses whatever comes."""
    with ExitStack() as stack:
        for way in ways().values():
            for name, value in stack.enter_context(way()).variables.items():
                monkeypatch.setenv(name, value)
        world = World()
        yield world
        world.loop.run_until_complete(world.app.state.runner.shut_down())
        world.loop.close()


def nearly_right(headers: Headers, body: bytes) -> Headers:
    """Signed by another, but for what these replace."""
    others = headers_for(OTHERS, "msg_1", int(time.time()), body)
    replaced = {name for name, _ in headers}
    right = [(name.encode(), value.encode()) for name, value in others.items()]
    return [*headers, *(each for each in right if each[0] not in replaced)]


def at(path: str, thread_id: str) -> str:
    """With something in the place of each of its parameters."""
    parts = [thread_id if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(("method", "path", "is_signed"), DOORS)
def test_of_what_nobody_signed_nothing_is_saved(
    method: str, path: str, is_signed: bool, part: int, world: World
) -> None:
    examples = max(1, CASES // len(DOORS) // AT_ONCE**2 // PARTS)

    @seed(part)
    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(headers, min_size=AT_ONCE, max_size=AT_ONCE),
        st.lists(bodies, min_size=AT_ONCE, max_size=AT_ONCE),
        st.lists(ids, min_size=AT_ONCE, max_size=AT_ONCE),
    )
    def nobody(sent: list[Headers], contents: list[bytes], thread_ids: list[str]) -> None:
        for number, (some, body) in enumerate(product(sent, contents)):
            near = nearly_right(some, body) if number % 2 else some
            place = at(path, thread_ids[number % AT_ONCE])
            status = world.ask(method, place, near, body)
            assert 200 <= status < 500
            assert status == 401 or not is_signed
        assert world.saved() == []

    nobody()


@pytest.mark.parametrize(("method", "path"), [door[:2] for door in DOORS if door[2]])
def test_what_is_signed_and_odd_is_answered_all_the_same(
    method: str, path: str, world: World
) -> None:
    @settings(max_examples=max(1, CASES // 100), suppress_health_check=list(HealthCheck))
    @given(headers, bodies, st.text("!.~aZ0", min_size=1))
    def signed(also: Headers, body: bytes, name: str) -> None:
        ours = headers_for(KEYS, name, int(time.time()), body)
        kept = [each for each in also if each[0].decode() not in NAMES]
        right = [(key.encode(), value.encode()) for key, value in ours.items()]
        before = len(world.saved())
        status = world.ask(method, path, [*kept, *right], body)
        assert 200 <= status < 500
        assert status != 401
        assert len(world.saved()) == before or status == 202

    signed()
