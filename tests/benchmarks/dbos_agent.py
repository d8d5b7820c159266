"""An agent loop in DBOS: a workflow for a thread, a step for each call of the model and of a tool.

`dbos_agent.py DATABASE` runs the loop benchmark; `… fill COUNT CONCURRENCY` puts threads in a
queue, `… work` takes them from there, until it is ended.
"""

# It runs where these are installed, which is not where it is type-checked.
# mypy: disable-error-code="import-not-found, untyped-decorator"

import json
import sys
from os import getpid
from pathlib import Path
from threading import Event
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig
from openai import OpenAI
from steps import URL, report

# The model is told of the same tools as in the count of tokens.
ASKED = json.loads((Path(__file__).parent / "fixtures/02-steps/openai-request.json").read_text())
QUEUE, VERSION = "threads", "1"
POLLING = 0.1  # seconds; its default is 1
model = OpenAI(base_url=URL, api_key="none")


@DBOS.step()
def ask_model(messages: list[Any]) -> Any:
    asked: Any = {"model": "scripted", "messages": messages, "tools": ASKED["tools"]}
    reply = model.chat.completions.create(**asked)
    return reply.choices[0].message.model_dump(exclude_none=True)


@DBOS.step()
def call_tool(name: str, a: float, b: float) -> float:
    assert name == "add"
    return a + b


@DBOS.workflow()
def agent(message: str) -> int:
    """How often a tool was called."""
    messages, called = [ASKED["messages"][0], {"role": "user", "content": message}], 0
    while calls := (said := ask_model(messages)).get("tool_calls"):
        messages.append(said)
        for call in calls:
            function = call["function"]
            result = call_tool(function["name"], **json.loads(function["arguments"]))
            answer = {"role": "tool", "tool_call_id": call["id"], "content": str(result)}
            messages.append(answer)
            called += 1
    return called


def in_schema(database: str) -> dict[str, str]:
    """Its tables are in the schema that the URL leads to, and nobody else's."""
    return {"system_database_url": database, "dbos_system_schema": database.rpartition("%3D")[2]}


def launch(database: str) -> None:
    config: DBOSConfig = {"name": "agent", "log_level": "ERROR", **in_schema(database)}
    DBOS(config=config | {"application_version": VERSION, "executor_id": str(getpid())})
    DBOS.launch()


def steps(database: str) -> None:
    launch(database)
    report(lambda n: agent(f"add up the numbers from 1 to {n}"))
    DBOS.destroy()


def fill(database: str, count: str, concurrency: str) -> None:
    launch(database)  # makes the tables
    options: Any = {"worker_concurrency": int(concurrency), "polling_interval_sec": POLLING}
    DBOS.register_queue(QUEUE, **options)
    DBOS.destroy()
    client = DBOSClient(**in_schema(database))
    where: Any = {"workflow_name": "agent", "queue_name": QUEUE, "app_version": VERSION}
    for number in range(int(count)):
        client.enqueue(where, f"thread-{number}: add up some numbers")
    client.destroy()


def work(database: str) -> None:
    launch(database)
    Event().wait()


if __name__ == "__main__":
    match sys.argv[1:]:
        case [database]:
            steps(database)
        case [database, "fill", count, at_once]:
            fill(database, count, at_once)
        case [database, "work"]:
            work(database)
