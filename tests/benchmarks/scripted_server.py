"""The model of the loop benchmark, a process of its own: `n` calls of `add`, then it is done.

It speaks OpenAI's chat completions. Whoever sends tool schemas gets tool calls, everybody else
the same step as JSON text. `POST /script/n/ms` begins anew, with so many ms of thought for each;
threads that run at once say who they are: `thread-7` in their message. `POST /finished` says how
many are done. It reads no more of a request than it must, so that nobody waits for the server
because a request is long.
"""

import asyncio
import json
import re
from collections import Counter
from typing import Any

Reply = dict[str, Any]
ABOUT = {"object": "chat.completion", "created": 0, "model": "scripted"}
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


class Script:
    """What is still to be said, to each thread."""

    def __init__(self) -> None:
        self.begin(0, 0)

    def begin(self, length: int, thought: int) -> None:
        self.length, self.thought, self.finished = length, thought / 1000, 0
        self.said: Counter[bytes] = Counter()

    def reply(self, body: bytes) -> Reply:
        found = re.search(rb"thread-\d+", body)
        thread = found[0] if found else b""
        self.said[thread] += 1
        said = self.said[thread]
        arguments = {"a": said, "b": 1}
        done = said > self.length
        self.finished += done
        if b'"tools":' in body:
            return text("that is all") if done else tool_call(said, arguments)
        step = {"intent": "done_for_now", "message": "that is all"}
        return text(json.dumps(step if done else {"intent": "add", **arguments}))


def text(content: str) -> Reply:
    return completion({"role": "assistant", "content": content}, "stop")


def tool_call(number: int, arguments: dict[str, Any]) -> Reply:
    function = {"name": "add", "arguments": json.dumps(arguments)}
    call = {"id": f"call_{number:024}", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return completion(message, "tool_calls")


def completion(message: Reply, finish_reason: str) -> Reply:
    choice = {"index": 0, "finish_reason": finish_reason, "message": message}
    return {"id": "chatcmpl-1", **ABOUT, "choices": [choice], "usage": USAGE}


class Connection(asyncio.Protocol):
    def __init__(self, script: Script) -> None:
        self.script = script
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, blank, body = self.received.partition(b"\r\n\r\n")
        if blank and len(body) >= content_length(head):
            self.received = b""
            self.answer(head.split(b" ", 2)[1].decode(), body)

    def answer(self, path: str, body: bytes) -> None:
        thought = 0.0
        if path.startswith("/script/"):
            self.script.begin(*map(int, path.split("/")[2:]))
            reply: Reply = {}
        elif path == "/finished":
            reply = {"finished": self.script.finished}
        else:
            reply, thought = self.script.reply(body), self.script.thought
        content = json.dumps(reply).encode()
        head = (
            f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}"
        )
        answer = f"{head}\r\n\r\n".encode() + content
        if thought:
            asyncio.get_running_loop().call_later(thought, self.transport.write, answer)
        else:
            self.transport.write(answer)


def content_length(head: bytes) -> int:
    lines = (line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
    return next((int(value) for name, value in lines if name == b"content-length"), 0)


async def serve() -> None:
    script = Script()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(script), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
