"""Slack's Web API on loopback: it keeps messages and modals, and takes what Slack would take.

It answers as Slack's documentation has it, and can fail, be slow, or do what it then denies.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

BOT_TOKEN = "xoxb-the-token-of-the-tests"
BOT = "U0BOT"
Said = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What it does with one call in place of what was asked; `did`: it does it all the same, and
    without an `error` it says so, late.
    """

    status: int = 200
    error: str = "fatal_error"
    delay: float = 0.0
    dropped: bool = False
    did: bool = False
    headers: dict[str, str] = field(default_factory=dict)


class StandIn(ThreadingHTTPServer):
    """`messages` as they stand there, `whispers` to one alone, `views` that were opened."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.messages: list[Said] = []
        self.whispers: list[Said] = []
        self.views: list[Said] = []
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/"

    def fault(self) -> Fault | None:
        """What becomes of the next call."""
        return self.faults.pop(0) if self.faults else None

    def answer(self, method: str, token: str, body: Said) -> Said:
        self.calls.append(method)
        if token != f"Bearer {BOT_TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        if wrong := next(unfit(body.get("blocks", []), 50), None):
            return {"ok": False, "error": "invalid_blocks", "errors": [wrong]}
        do: Callable[[Said], Said] | None = getattr(self, method.replace(".", "_"), None)
        return do(body) if do else {"ok": False, "error": "unknown_method"}

    def chat_postMessage(self, body: Said) -> Said:
        made = {"ts": f"{time.time():.6f}", "user": BOT, "bot_id": "B0BOT", "type": "message"}
        made, channel = made | body, body["channel"]
        made["channel"] = f"D{channel[1:]}" if channel.startswith("U") else channel
        self.messages.append(made)
        return {"ok": True, "channel": made["channel"], "ts": made["ts"], "message": made}

    def chat_update(self, body: Said) -> Said:
        for message in self.messages:
            if (message["channel"], message["ts"]) == (body["channel"], body["ts"]):
                message |= {"text": body["text"], "blocks": body["blocks"]}
                return {"ok": True, "channel": body["channel"], "ts": body["ts"]}
        return {"ok": False, "error": "message_not_found"}

    def chat_postEphemeral(self, body: Said) -> Said:
        self.whispers.append(body)
        return {"ok": True, "message_ts": f"{time.time():.6f}"}

    def conversations_replies(self, body: Said) -> Said:
        found = [each for each in self.messages if each["channel"] == body["channel"]]
        thread = {each.get("thread_ts") for each in found if each["ts"] == body["ts"]} - {None}
        of = [each for each in found if each["ts"] == body["ts"] or each["ts"] in thread]
        return {"ok": True, "messages": of} if of else {"ok": False, "error": "thread_not_found"}

    def views_open(self, body: Said) -> Said:
        view = body["view"]
        if not body["trigger_id"] or not all(wrong is None for wrong in [unfit_view(view)]):
            return {"ok": False, "error": "invalid_arguments"}
        made = {"id": f"V{len(self.views)}", **view}
        self.views.append(made)
        return {"ok": True, "view": made}


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        is_json = "json" in self.headers.get("content-type", "")
        self.take(json.loads(content) if is_json else dict(parse_qsl(content)))

    def take(self, body: Said) -> None:
        method = urlsplit(self.path).path.removeprefix("/api/")
        with self.server.lock:
            fault = self.server.fault()
            if fault is None or fault.did:
                token = self.headers.get("authorization", "")
                answer = self.server.answer(method, token, body)
        if fault:
            time.sleep(fault.delay)
        if fault and fault.dropped:
            self.close_connection = True
        elif fault and fault.error:
            self.send(fault.status, {"ok": False, "error": fault.error}, fault.headers)
        else:
            self.send(200, answer, {})

    def send(self, status: int, answer: Said, headers: dict[str, str]) -> None:
        content = json.dumps(answer).encode()
        with suppress(OSError):
            self.send_response(status)
            for name, value in ({"content-type": "application/json"} | headers).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Not a word on stderr."""


@contextmanager
def standing_in(server: StandIn | None = None) -> Iterator[StandIn]:
    with server or StandIn() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def units(text: str) -> int:
    """As Slack counts."""
    return len(text.encode("utf-16-le")) // 2


def unfit(blocks: list[Said], most: int) -> Iterator[str]:
    """Why Slack would not take these, by the limits of its reference."""
    if len(blocks) > most:
        yield f"more than {most} blocks"
    for block in blocks:
        yield from unfit_text(block.get("text"), 3_000)
        yield from unfit_text(block.get("label"), 2_000)
        yield from unfit_text(block.get("hint"), 2_000)
        elements = block.get("elements", [])
        if block["type"] == "context":
            for each in elements:
                yield from unfit_text(each, 3_000)
        elif block["type"] == "actions":
            names = [each["action_id"] for each in elements]
            if not 1 <= len(elements) <= 25 or len(set(names)) < len(names):
                yield "actions: 1 to 25 elements, each with an action_id of its own"
            for each in elements:
                yield from unfit_text(each["text"], 75)
                if units(each["value"]) > 2_000 or units(each["action_id"]) > 255:
                    yield "button: value 2000, action_id 255"
        yield from unfit_element(block.get("element", {}))
        if units(block.get("block_id", "")) > 255:
            yield "block_id: 255"


def unfit_element(element: Said) -> Iterator[str]:
    if units(element.get("initial_value", "")) > 3_000:
        yield "initial_value: 3000"
    options = element.get("options", [{"text": {"text": "-"}, "value": "-"}])
    if not 1 <= len(options) <= 100:
        yield "select: 1 to 100 options"
    for option in options:
        yield from unfit_text(option["text"], 75)
        if units(option["value"]) > 75:
            yield "option: value 75"
    if "initial_option" in element and element["initial_option"] not in options:
        yield "initial_option is none of the options"


def unfit_text(text: Said | None, longest: int) -> Iterator[str]:
    if text is not None and not 1 <= units(text["text"]) <= longest:
        yield f"a text of {units(text['text'])}, where 1 to {longest} is allowed"


def unfit_view(view: Said) -> str | None:
    parts = [view["title"], view["submit"], view["close"]]
    too_long = [wrong for part in parts for wrong in unfit_text(part, 24)]
    if units(view["private_metadata"]) > 3_000 or units(view["callback_id"]) > 255:
        too_long.append("private_metadata: 3000, callback_id: 255")
    names = [block["block_id"] for block in view["blocks"] if "block_id" in block]
    if len(set(names)) < len(names):
        too_long.append("each block_id once")
    return next(iter([*too_long, *unfit(view["blocks"], 100)]), None)
