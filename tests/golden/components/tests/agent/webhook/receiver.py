"""What stands behind the URL: it believes what the package standardwebhooks verifies, and can fail
as often as it is told to; and the agent in front of it, which answers are posted back to.
"""

import json
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from httpx2 import Client
from pydantic import SecretStr
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError
from starlette.testclient import TestClient

from agent.channels.webhook.telling import Webhook as Channel
from agent.due import Policy, Route
from agent.server.app import create_app
from agent.settings import Settings
from agent.store.filesystem import FileSystemThreadStore

from ..scripted import agent_of
from ..serving import HERE, as_told

OURS, THEIRS = (f"whsec_{b64encode(bytes([number]) * 32).decode()}" for number in (3, 4))


@dataclass(frozen=True)
class Post:
    path: str
    name: str
    content: Any


class Receiver(ThreadingHTTPServer):
    """`faults` are what it does first: a status that it answers, or seconds for which it does not
    answer. `tries` is what came, `taken` what it has said that it has.
    """

    daemon_threads = True

    def __init__(self, *faults: int | float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults = list(faults)
        self.tries: list[Post] = []
        self.taken: list[Post] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/agent?of=ours"

    def next(self, *paths: str) -> Post:
        """The oldest of these that it has taken and nobody has looked at, once it is there."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            for post in self.taken:
                if not paths or post.path in paths:
                    self.taken.remove(post)
                    return post
            time.sleep(0.01)
        raise AssertionError(f"none of {paths} came, but {self.tries}")


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        post = Post(self.path, self.headers["webhook-id"], json.loads(body))
        self.server.tries.append(post)
        fault = self.server.faults.pop(0) if self.server.faults else 200
        if isinstance(fault, float):
            time.sleep(fault)
            fault = 200
        try:
            Webhook(OURS).verify(body, dict(self.headers))
        except WebhookVerificationError:
            fault = 401
        if fault < 300:
            self.server.taken.append(post)
        self.send_response(fault)
        self.send_header("Location", self.path.replace("agent", "elsewhere"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiving(*faults: int | float) -> Iterator[Receiver]:
    with Receiver(*faults) as receiver:
        threading.Thread(target=receiver.serve_forever, args=[0.01], daemon=True).start()
        try:
            yield receiver
        finally:
            receiver.shutdown()


@contextmanager
def agent_with(channel: Channel | None = None, **parts: Any) -> Iterator[TestClient]:
    """A server whose callers sign, and which tells by this channel alone."""
    if channel:
        routes = (Route(channel=channel.name),)
        parts |= {"channels": {channel.name: channel}, "policy": Policy(routes)}
    parts |= {"clock": lambda: datetime.now(UTC)}
    agent = agent_of(FileSystemThreadStore(Path(".threads")), as_told, **parts)
    app = create_app(Settings(webhook_secret=SecretStr(THEIRS), max_requests=10**6), agent)
    with TestClient(app, "http://127.0.0.1", client=HERE, raise_server_exceptions=False) as client:
        yield client


def post_back(client: Client, kind: str, content: Any, secret: str = THEIRS) -> Any:
    """As a gateway does that uses the package."""
    body, now = json.dumps(content), datetime.now(UTC)
    name = f"msg_{time.monotonic_ns()}"
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, now, body),
        "Content-Type": "application/json",
    }
    return client.post(f"/hooks/a2h/{kind}", content=body, headers=headers)


def completed(asked: Any, **status: Any) -> dict[str, Any]:
    """The contact or call as it came, with what a human said."""
    return {**asked, "status": {**asked["status"], "responded_at": "2026-01-01T12:00:00Z"} | status}
