"""A model server on loopback that speaks OpenAI's chat completions, and answers as it is told.

The prompt tests put rules behind it, the tests of `model.py` a script with failures.
"""

import json
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What the server does with one request.

    `dropped` closes the connection behind the text, which is no HTTP; `body` is sent as it is,
    whatever it may be.
    """

    text: str = ""
    status: int = 200
    finish_reason: str | None = "stop"
    delay: float = 0.0
    dropped: bool = False
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


Model = Callable[[str], str | Reply]


def scripted(*replies: str | Reply) -> Model:
    """One reply after the other, whatever the prompt; the last again and again."""
    left = list(replies)
    return lambda prompt: left.pop(0) if len(left) > 1 else left[0]


class OpenAIServer(ThreadingHTTPServer):
    """`bodies` are the requests as they came, `prompts` their texts, `headers` what came along.

    `given_up` counts those whose sender was gone before the reply.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, model: Model) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.model = model
        self.bodies: list[str] = []
        self.prompts: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.given_up = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def openai_server(model: Model) -> Iterator[OpenAIServer]:
    with OpenAIServer(model) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as with the real ones
    disable_nagle_algorithm = True
    server: OpenAIServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        request = json.loads(body)
        self.server.bodies.append(body)
        self.server.prompts.append(prompt_of(request))
        self.server.headers.append(dict(self.headers))
        self.server.times.append(time.monotonic())
        reply = self.server.model(prompt_of(request))
        with suppress(ConnectionError):  # who asked has given up meanwhile
            self.answer(Reply(reply) if isinstance(reply, str) else reply, request.get("stream"))

    def answer(self, reply: Reply, stream: bool | None) -> None:
        if self.is_left_alone(reply.delay):
            self.server.given_up += 1
        elif reply.dropped:
            self.wfile.write(reply.text.encode())
            self.close_connection = True
        elif reply.body is not None:
            self.send(reply.status, "text/html", reply.body, reply.headers)
        elif reply.status != 200:
            error = {"message": reply.text or f"status {reply.status}", "type": "scripted"}
            body = json.dumps({"error": error})
            self.send(reply.status, "application/json", body, reply.headers)
        elif stream:
            chunk = json.dumps(completion(reply, "delta"))
            self.send(200, "text/event-stream", f"data: {chunk}\n\ndata: [DONE]\n\n")
        else:
            self.send(200, "application/json", json.dumps(completion(reply, "message")))

    def is_left_alone(self, seconds: float) -> bool:
        """Whether the sender closes the connection within this time."""
        closed, _, _ = (
            select.select([self.connection], [], [], seconds) if seconds else ([], [], [])
        )
        self.close_connection = self.close_connection or bool(closed)
        return bool(closed)

    def send(
        self, status: int, kind: str, text: str, headers: dict[str, str] | None = None
    ) -> None:
        content = text.encode()
        self.send_response(status)
        for name, value in ({"content-type": kind} | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Not a word on stderr."""


def prompt_of(request: dict[str, Any]) -> str:
    """The texts of all messages; some clients send each as a list of parts."""
    contents = [message["content"] for message in request["messages"]]
    parts = [[{"text": each}] if isinstance(each, str) else each for each in contents]
    return "\n".join(part["text"] for content in parts for part in content)


def completion(reply: Reply, part: str) -> dict[str, Any]:
    """A whole reply has a `message`; a streamed one, here of one piece, a `delta`."""
    text = {"role": "assistant", "content": reply.text}
    choice = {"index": 0, "finish_reason": reply.finish_reason, part: text}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    about = {"id": "1", "object": "chat.completion", "created": 0, "model": "scripted"}
    return about | {"choices": [choice], "usage": usage}
