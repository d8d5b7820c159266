"""Writes fixtures/: each thread in every form that is counted, and the two whole requests."""

# It runs where these are installed, which is not where it is type-checked.
# mypy: disable-error-code="import-not-found"

import json
import os
import random
import string
import sys
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agent import events as happened
from agent.events import AnyEvent
from agent.humans import RequestApprovalFromManager, RequestMoreInformation
from agent.model.request import render
from agent.thread import Thread
from agent.tools import Add, Divide, Multiply, ProcessRefund, Subtract
from pydantic import BaseModel
from scenarios import stories

TOOLS: tuple[tuple[type[BaseModel], str], ...] = (
    (Add, "a plus b"),
    (Subtract, "a minus b"),
    (Multiply, "a times b"),
    (Divide, "a divided by b"),
    (ProcessRefund, "a manager is asked before it runs; you need not ask first"),
    (RequestMoreInformation, "ask the human for what you need to know"),
    (RequestApprovalFromManager, "ask a manager to agree to a plan; it authorises no tool"),
)
Message = dict[str, Any]


class Messages:
    """The thread as OpenAI's chat completions want it, without a word more than they need."""

    def __init__(self) -> None:
        self.random = random.Random(12)
        self.ids: dict[str | None, str] = {}

    def of(self, thread: Thread) -> list[Message]:
        return [message for event in thread.events for message in self.one(event)]

    def one(self, event: AnyEvent) -> list[Message]:
        match event:
            case happened.Trigger():
                return [{"role": "user", "content": event.data}]
            case happened.Prefetched():
                return [{"role": "user", "content": compact({event.type: event.data})}]
            case happened.ToolCall():
                return [self.decision(event)]
            case happened.ToolResponse():
                return [self.result(event, event.data)]
            case happened.Error():
                return [self.result(event, event.data["message"])]
            case happened.HumanResponse(data={"response": response}):
                return [self.result(event, response)]
        return []  # an approval is the program's business: no message tells of it

    def decision(self, call: happened.ToolCall) -> Message:
        letters = string.ascii_letters + string.digits
        self.ids[call.call_id] = "call_" + "".join(self.random.choices(letters, k=24))
        function = {"name": call.intent, "arguments": compact(call.arguments)}
        called = {"id": self.ids[call.call_id], "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [called]}

    def result(self, event: AnyEvent, data: Any) -> Message:
        content = data if isinstance(data, str) else compact(data)
        return {"role": "tool", "tool_call_id": self.ids[event.call_id], "content": content}


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def schema(tool: type[BaseModel], description: str) -> dict[str, Any]:
    """The tool as the API wants it; pydantic's titles and the intent are left out."""
    full = tool.model_json_schema()
    properties = {name: untitled(part) for name, part in full["properties"].items()}
    del properties["intent"]
    required = [name for name in full.get("required", []) if name != "intent"]
    parameters = {"type": "object", "properties": properties, "required": required}
    function = {"name": tool.model_fields["intent"].default, "description": description}
    return {"type": "function", "function": {**function, "parameters": parameters}}


def untitled(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: untitled(v) for k, v in value.items() if k not in ("title", "default")}
    return [untitled(each) for each in value] if isinstance(value, list) else value


def whole_requests(thread: Thread, messages: list[Message]) -> tuple[Message, Message]:
    """Ours as BAML renders it; OpenAI's with the same instructions, and schemas for a format."""
    context = thread.serialize_for_llm()
    ours = json.loads(render(context, "OpenAICompatible").body)
    instructions = prompt_in(ours).partition("Answer in JSON")[0].strip()
    system = {"role": "system", "content": instructions}
    tools = [schema(*tool) for tool in TOOLS]
    return ours, {"model": "gpt-5-mini", "messages": [system, *messages], "tools": tools}


def prompt_in(request: Message) -> str:
    contents = [message["content"] for message in request["messages"]]
    parts = [[content] if isinstance(content, str) else content for content in contents]
    return "\n".join(
        part if isinstance(part, str) else part["text"] for all_ in parts for part in all_
    )


def write(folder: Path, thread: Thread) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    messages = Messages().of(thread)
    ours, theirs = whole_requests(thread, messages)
    files = {
        "thread.json": "[\n" + ",\n".join(thread.dump()) + "\n]",
        "context.txt": thread.serialize_for_llm("xml"),
        "context.jsonl": thread.serialize_for_llm("json"),
        "messages.json": compact(messages),
        "request.json": compact(ours),
        "openai-request.json": compact(theirs),
    }
    for name, text in files.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    os.environ |= {
        "OPENAI_COMPATIBLE_URL": "http://unset",
        "OPENAI_COMPATIBLE_MODEL": "gpt-5-mini",
        "OPENAI_COMPATIBLE_KEY": "none",
    }
    with TemporaryDirectory() as ledger, chdir(ledger):
        told = stories()
    for steps, story in told.items():
        write(Path(sys.argv[1]) / f"{steps:02}-steps", story.thread)


if __name__ == "__main__":
    main()
