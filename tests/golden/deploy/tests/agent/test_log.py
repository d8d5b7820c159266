"""What is logged: from the level on that the settings say, whoever puts the agent together."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from agent.log import Level
from agent.server.app import create_app
from agent.settings import Settings

from .scripted import DONE
from .serving import HERE, THREADS


def logged(level: Level, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The events that are logged while a thread runs, and one that cannot be read is listed."""
    Path(".threads").mkdir(exist_ok=True)
    Path(".threads", f"{'0' * 8}-0000-4000-8000-{'0' * 12}.json").write_text("torn")
    app = create_app(Settings(log_level=level, model="nobody"))
    with TestClient(app, "http://localhost", client=HERE) as client:
        client.post(THREADS, json={"message": json.dumps(DONE)}, headers={"Prefer": "wait=10"})
        client.get(THREADS)
    lines = capsys.readouterr().err.splitlines()
    return [json.loads(line)["event"] for line in lines if line.startswith("{")]


def test_the_settings_say_from_which_level_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert {"user_input", "model_failed", "unreadable_thread"} <= {*logged("info", capsys)}
    assert {*logged("warning", capsys)} == {"unreadable_thread"}
    assert logged("error", capsys) == []
    assert "user_input" in logged("debug", capsys)
