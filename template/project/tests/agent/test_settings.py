"""Configuration: all of it in the environment or in .env, and all of it in .env.example."""

import json
import re
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from agent.settings import Settings, load_settings

from .commands import Shell
from .openai_server import openai_server, scripted
from .processes import HOME
from .scripted import DONE

EXAMPLE = HOME / ".env.example"


def shown() -> dict[str, str]:
    """Each variable in .env.example, commented out or not, and its value."""
    lines = re.findall(r"^(?:# )?([A-Z][A-Z_]+)=(.*)$", EXAMPLE.read_text("utf-8"), re.M)
    assert len(lines) == len(dict(lines))
    return dict(lines)


def test_the_example_has_every_setting_with_its_default_and_no_other() -> None:
    defaults = {f"AGENT_{name.upper()}": value for name, value in Settings().model_dump().items()}
    ours = {name: value for name, value in shown().items() if name.startswith("AGENT_")}
    assert ours == {name: str(value or "") for name, value in defaults.items()}


def test_the_example_has_every_variable_of_the_model_clients_and_no_other() -> None:
    clients = (HOME / "baml_src" / "clients.baml").read_text("utf-8")
    others = {name for name in shown() if not name.startswith("AGENT_")}
    assert others == {*re.findall(r"\benv\.(\w+)", clients), "BAML_LOG"}


def test_every_variable_is_explained() -> None:
    for block in EXAMPLE.read_text("utf-8").strip().split("\n\n"):
        assert re.match(r"# [A-Z].*[.…:]", block, re.S), block


def test_the_example_is_a_working_env() -> None:
    values = {name: value for name, value in dotenv_values(EXAMPLE).items() if value}
    assert values.pop("AGENT_MODEL") == "offline"
    Path(".env").write_bytes(EXAMPLE.read_bytes())
    assert Shell({}).here("threads") == (0, "", "")


def test_the_environment_wins_over_env_and_empty_is_not_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("AGENT_PORT=1\nAGENT_HOST=\nAGENT_API_TOKEN=t\n", "utf-8")
    for name in ("AGENT_HOST", "AGENT_API_TOKEN"):  # .env sets them in here too
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("AGENT_PORT", "2")
    settings = load_settings()
    assert (settings.port, settings.host) == (2, "127.0.0.1")
    assert settings.api_token == SecretStr("t")
    assert "t'" not in repr(settings)


def test_keys_of_providers_are_read_from_env_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with openai_server(scripted(json.dumps(DONE))) as server:
        variables = {"URL": server.url, "MODEL": "scripted", "KEY": "sk-from-the-file"}
        lines = [f"OPENAI_COMPATIBLE_{name}={value}\n" for name, value in variables.items()]
        for name in variables:
            monkeypatch.delenv(f"OPENAI_COMPATIBLE_{name}", raising=False)
        Path(".env").write_text("".join(["AGENT_MODEL=OpenAICompatible\n", *lines]), "utf-8")
        assert Shell({}).here("hello")[0] == 0
        assert "Bearer sk-from-the-file" in server.headers[0].values()
