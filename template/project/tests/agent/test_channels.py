"""What a module in `channels/` brings is mounted, guarded and told; it answers as ours do."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .commands import Shell, shell_with
from .processes import HOME, SOURCES, python
from .scripted import QUESTION
from .serving import TOKEN, told

CHANNEL = """
from pathlib import Path

import typer
from fastapi import APIRouter, HTTPException, Request

from ..events import Trigger
from ..inbound import Launch, Running
from ..settings import Section, load


class settings(Section):
    greeting: str


routes = APIRouter()
hooks = APIRouter()
commands = typer.Typer()


@routes.get("/secret")
async def secret() -> dict[str, int]:
    return {"secret": 42}


@hooks.post("/hook", status_code=202)
async def hook(request: Request, body: Launch, runner: Running) -> dict[str, str]:
    if request.headers.get("signature") != "right":
        raise HTTPException(401, "it is not signed")
    thread_id = await runner.launch(Trigger(type="slack_message", data=body.message))
    return {"thread_id": thread_id}


def listen(thread_id, event):
    with Path("told").open("a") as told:
        told.write(f"{event.type}\\n")
    raise RuntimeError("nobody must care")


@commands.command()
def greet():
    typer.echo(load(settings).greeting)


class channel:
    name = "pager"
    about = "pages"

    async def tell(self, asked):
        with Path("paged").open("a") as paged:
            paged.write(f"{asked.waiting.question} {asked.to}\\n")
        return "message 1"
"""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """An agent with that channel, whose model says that it is done."""
    shutil.copytree(SOURCES / "agent", tmp_path / "src" / "agent")
    if (HOME / "baml_src").is_dir():
        shutil.copytree(HOME / "baml_src", tmp_path / "baml_src")
    channel = tmp_path / "src" / "agent" / "channels" / "mine.py"
    channel.write_text(CHANNEL, "utf-8")
    with shell_with(AGENT_API_TOKEN=TOKEN, AGENT_GREETING="ahoy") as shell:
        yield Shell(shell.variables, sources=tmp_path / "src")


@pytest.mark.slow
def test_its_routes_are_behind_the_token_and_its_hooks_are_open(shell: Shell) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    with shell.serving() as server:
        client = server.client
        assert client.get("/secret").status_code == 401
        assert client.get("/secret", headers=bearer).json() == {"secret": 42}
        signed = {"signature": "right"}
        refused = client.post("/hook", json={"message": "hello"})
        assert (refused.status_code, refused.json()["detail"]) == (401, "it is not signed")
        wrong = client.post("/hook", json={"message": ""}, headers=signed)
        assert (wrong.status_code, wrong.headers["content-type"]) == (
            422,
            "application/problem+json",
        )
        thread_id = client.post("/hook", json={"message": "hello"}, headers=signed).json()
        place = f"/api/v1/threads/{thread_id['thread_id']}"
        thread = client.get(place, headers=bearer).json()
        assert thread["events"][0]["type"] == "slack_message"


@pytest.mark.slow
def test_it_is_told_of_every_event_and_cannot_stop_one(shell: Shell) -> None:
    code, out, _ = shell.run("hello")
    assert (code, out.splitlines()[-1]) == (0, "that is all")
    assert Path("told").read_text().split() == ["user_input", "tool_call"]


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return path.read_text("utf-8")


@pytest.mark.slow
def test_it_tells_a_human_what_waits_for_them(shell: Shell) -> None:
    """Also of what waited before the server was there."""
    shell.variables["AGENT_CHANNELS"] = json.dumps([{"channel": "pager", "to": "ada"}, "terminal"])
    shell.run(told(QUESTION)["message"])
    with shell.serving():
        assert wait_for(Path("paged")) == f"{QUESTION['message']} ada\n"
        contacted: list[dict[str, str]] = []
        while not contacted:
            [thread] = json.loads(shell.run("threads", "--json")[1])["threads"]
            contacted = thread["awaiting"]["contacted"]
    [one] = contacted
    assert one | {"at": ""} == {"channel": "pager", "to": "ada", "ref": "message 1", "at": ""}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('["pigeon"]', "pigeon is no channel of this project ("),
        ('[{"channel": "pager", "afer": 3}]', "afer: Extra inputs are not permitted"),
        ('[{"channel": "pager", "after": -1}]', "greater than or equal to 0"),
        ("pager, pigeon", "pigeon is no channel of this project ("),
        ("[pager", "write it as JSON"),
    ],
)
def test_channels_that_are_none_are_named_at_the_start(value: str, said: str, shell: Shell) -> None:
    shell.variables["AGENT_CHANNELS"] = value
    code, out, err = shell.run("serve", "--port", "0")
    assert (code, out) == (2, "")
    assert err.startswith("error: AGENT_CHANNELS")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.slow
def test_its_commands_are_the_agent_s_own(shell: Shell) -> None:
    assert shell.run("greet") == (0, "ahoy\n", "")


@pytest.mark.slow
def test_its_settings_are_checked_when_the_server_starts(shell: Shell) -> None:
    del shell.variables["AGENT_GREETING"]
    code, out, err = shell.run("serve", "--port", "0")
    assert (code, out) == (2, "")
    assert err == "error: AGENT_GREETING is not set\n"


@pytest.mark.slow
def test_its_settings_are_known_and_others_are_named(shell: Shell) -> None:
    """Also to commands that have no use for them."""
    channel = shell.sources / "agent" / "channels" / "mine.py"
    channel.write_text(channel.read_text("utf-8").replace("commands", "orders"), "utf-8")
    shell.variables["AGENT_GREETNIG"] = "ahoy"
    said = "AGENT_GREETNIG is no setting of this agent: is AGENT_GREETING meant?"
    assert shell.run("threads") == (0, "", f"{said}\n")
    with shell.serving() as server:
        log = server.log.read_text("utf-8")
    assert (log.count("is no setting"), said in log) == (1, True)


def test_a_command_line_loads_what_has_commands_and_no_web_framework() -> None:
    """Starting is quick, whatever is in the folder."""
    process = python("import sys, agent.terminal.cli; print('fastapi' in sys.modules)")
    assert process.communicate(timeout=60)[0] == "False\n"
