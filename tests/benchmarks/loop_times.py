"""The generated agent's loop beside LangGraph's and DBOS: time a step, import and memory."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from page import Chapter, table
from store_times import postgres
from timing import Times, in_turn, ratio, ratios, run, seconds, spread
from workshop import CLIENT, HERE, Workshop

AGENT, LOOP = "`import agent.terminal.cli`", "`import agent.loop`"
READY, STACK_READY = "generated agent, ready", "LangGraph, ready"
ASYNC, SYNC = "LangGraph + SqliteSaver", 'LangGraph + SqliteSaver, `durability="sync"`'
OURS = "generated agent, durable file store"
BY_BAML = "the same, BAML sending and reading"
IN_SQLITE, IN_POSTGRES = "the same agent, SQLite", "the same agent, Postgres"
THEIRS_IN_POSTGRES = "LangGraph + PostgresSaver"
DBOS = "DBOS, Postgres"
STACK = "the imports of LangGraph's loop"
IMPORTS = {
    AGENT: "import agent.terminal.cli",
    LOOP: "import agent.loop",
    STACK: """
from langchain_core.messages import SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition""",
}
TIMED = "import time; began = time.perf_counter()\n{}\nprint(time.perf_counter() - began)"
EXPLANATION = """The model is a scripted server on loopback, one process for all: so many calls of
`add`, then it is done. Ours is the project as generated, with its real model client and a file
store that has every event on the disk, `fsync` included, before anything is done about it.
LangGraph's is the tool loop of its documentation with `ChatOpenAI`; by default it saves behind
the back of the next step, so what it promises after a crash is less; with `durability="sync"`
it waits for SQLite, as ours waits for the disk. In DBOS a thread is a workflow, with a step for
each call of the model, by `openai` itself, and of a tool: what comes of a step is saved behind it.
All stores are on one disk. Each process runs a short thread first, which is not counted; a thread's
time, from creating it to its end, is divided by its tool calls; of each process the median thread
counts. Beside ours stands the same
agent with BAML's own call and its own lenient reading, as it was before ours sent and read
itself: what that costs is the difference, round by round."""

GET_READY = {
    READY: f"""
import aiohttp
from agent import wiring
from agent.model import baml
from agent.terminal import cli
wiring.build(wiring.Settings(), print)
{CLIENT}""",
    STACK_READY: "from langgraph_steps import graph; graph().compile()",
}
IMPORTED = """Both put off a part of their imports until it is needed. So there are two figures:
what the import statements cost, inside the process; and a whole process that gets everything
ready for a first step, the model client with it, and ends."""


def measure(workshop: Workshop, rounds: int) -> str:
    chapter = Chapter("The loop beside LangGraph")
    _steps(chapter, workshop, rounds)
    _imports(chapter, workshop, rounds)
    ours = workshop.versions(workshop.agent, "baml-py", "pydantic")
    theirs = ("langgraph", "langgraph-checkpoint-sqlite", "langchain-openai", "dbos", "openai")
    versions = f"{ours}, {workshop.versions(workshop.peers, *theirs)}"
    return chapter.markdown(versions, workshop.folder)


def _steps(chapter: Chapter, workshop: Workshop, rounds: int) -> None:
    names = (OURS, BY_BAML, IN_SQLITE, ASYNC, SYNC, IN_POSTGRES, THEIRS_IN_POSTGRES, DBOS)
    ran: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with scripted_server(workshop) as port, postgres(workshop) as database:
        for _ in range(rounds):
            for name, reports in ran.items():
                reports.append(_one_process(name, workshop, port, database))
    for length in ("10", "50"):
        times = {name: [median(r["steps"][length]) for r in each] for name, each in ran.items()}
        at_most = {"10": 0.3, "50": 0.18}[length]
        chapter.aim(f"a step of {length}", ratio(times[OURS], times[ASYNC]), at_most)
        chapter.aim(f"… of {length} in SQLite", ratio(times[IN_SQLITE], times[ASYNC]), at_most)
        of_theirs = ratio(times[IN_POSTGRES], times[THEIRS_IN_POSTGRES])
        chapter.aim(f"… of {length} in Postgres, of LangGraph's there", of_theirs, 0.4)
        of_dbos = ratio(times[IN_POSTGRES], times[DBOS])
        chapter.aim(f"… of {length} in Postgres, of DBOS", of_dbos, 0.5)
        more = median(a - b for a, b in zip(times[OURS], times[BY_BAML], strict=True))
        chapter.aim(f"ms that our sending and reading adds to a step of {length}", more, 0.4)
        chapter.say(_table(f"a thread of {length} steps", "ms a step", times, ASYNC))
    memory = {name: [report["ran_mb"] for report in each] for name, each in ran.items()}
    chapter.paragraphs.insert(0, " ".join(EXPLANATION.split("\n")))
    chapter.say(_table("after these threads", "most memory held, MB", memory, ASYNC, digits=0))


def _one_process(
    name: str, workshop: Workshop, port: str, database: Callable[[], str]
) -> dict[str, Any]:
    here = workshop.fresh("loop")
    here.mkdir()
    if name in (OURS, BY_BAML):
        command: list[str | Path] = [workshop.agent / "python", HERE / "agent_steps.py"]
        command += ["baml"] if name == BY_BAML else []
    elif name in (IN_SQLITE, IN_POSTGRES):
        command = [workshop.stores / "python", HERE / "agent_steps.py"]
    elif name == DBOS:
        command = [workshop.peers / "python", HERE / "dbos_agent.py", database()]
    else:
        mode = "sync" if name == SYNC else "async"
        place = database() if name == THEIRS_IN_POSTGRES else here / "checkpoints.sqlite"
        command = [workshop.peers / "python", HERE / "langgraph_steps.py", place, mode]
    url = {IN_SQLITE: lambda: "sqlite:agent.db", IN_POSTGRES: database}.get(name, lambda: "")()
    env = {"BENCHMARK_PORT": port, "AGENT_STORE_URL": url}
    report: dict[str, Any] = json.loads(run(*command, cwd=here, **env))
    return report


@contextmanager
def scripted_server(workshop: Workshop) -> Iterator[str]:
    command = [workshop.agent / "python", HERE / "scripted_server.py"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def _imports(chapter: Chapter, workshop: Workshop, rounds: int) -> None:
    agent, peers = workshop.agent / "python", workshop.peers / "python"
    folder = workshop.project
    statements = {LOOP: agent, AGENT: agent, STACK: peers}
    inside = in_turn(
        {name: partial(_import, python, name, folder) for name, python in statements.items()},
        rounds,
    )
    chapter.aim("import statements", ratio(inside[AGENT], inside[STACK]), 0.2)
    around = in_turn(
        {
            name: partial(seconds, python, "-c", GET_READY[name], cwd=folder, PYTHONPATH=str(HERE))
            for name, python in {READY: agent, STACK_READY: peers}.items()
        },
        rounds,
    )
    chapter.aim("a process until it is ready", ratio(around[READY], around[STACK_READY]), 0.2)
    chapter.say(" ".join(IMPORTED.split("\n")))
    chapter.say(_table("import statements", "seconds", inside, STACK))
    chapter.say(_table("a process until it is ready", "seconds", around, STACK_READY))


def _import(python: Path, name: str, folder: Path) -> float:
    return float(run(python, "-c", TIMED.format(IMPORTS[name]), cwd=folder))


def _table(title: str, unit: str, values: Times, base: str, digits: int = 2) -> str:
    rows = [
        (name, spread(each, digits), ratios(each, values[base])) for name, each in values.items()
    ]
    return table((title, unit, f"of {base}"), rows)
