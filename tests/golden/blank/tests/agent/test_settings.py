"""Configuration: all of it in the environment or in .env, and all of it in .env.example."""

import json
import re
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from agent.settings import Section, Settings, WrongSettings, load, load_settings

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
    assert ours == {
        name: str({} if value == {} else value or "") for name, value in defaults.items()
    }


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
    Path(".env").write_text(
        "AGENT_PORT=1\nAGENT_HOST=\nAGENT_API_TOKEN=the-token-in-the-file\n", "utf-8"
    )
    for name in ("AGENT_HOST", "AGENT_API_TOKEN"):  # .env sets them in here too
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("AGENT_PORT", "2")
    loaded = load_settings()
    assert (loaded.port, loaded.host) == (2, "127.0.0.1")
    assert loaded.api_token == SecretStr("the-token-in-the-file")
    assert "in-the-file" not in repr(loaded)


def test_keys_of_providers_are_read_from_env_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with openai_server(scripted(json.dumps(DONE))) as server:
        variables = {"URL": server.url, "MODEL": "scripted", "KEY": "sk-from-the-file"}
        lines = [f"OPENAI_COMPATIBLE_{name}={value}\n" for name, value in variables.items()]
        for name in variables:
            monkeypatch.delenv(f"OPENAI_COMPATIBLE_{name}", raising=False)
        Path(".env").write_text("".join(["AGENT_MODEL=OpenAICompatible\n", *lines]), "utf-8")
        assert Shell({}).here("hello")[0] == 0
        assert "Bearer sk-from-the-file" in server.headers[0].values()


TOKENS = [
    "   ",
    "short",
    "x" * 15,
    "\u00e9" * 20,
    "x" * 20 + "\u2028",
    "with spaces in between",
    "a\tb" * 9,
]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("threads",), ("hello",)])
def test_a_token_that_is_none_is_refused_at_the_start(token: str, command: tuple[str, ...]) -> None:
    code, out, err = Shell({"AGENT_API_TOKEN": token, "AGENT_MODEL": "offline"}).here(*command)
    assert (code, out) == (2, "")
    assert err.startswith("error: AGENT_API_TOKEN: use 16 letters")
    assert len(err.splitlines()) == 1
    assert token.strip() not in err or not token.strip()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("AGENT_APPROVERS", "{bad", "write it as JSON, as .env.example shows"),
        ("AGENT_APPROVERS", "[1]", "write it as JSON, as .env.example shows"),
        ("AGENT_CHANNELS", "[bad", "write it as JSON, as .env.example shows"),
        ("AGENT_API_TOKENS", "bad", "write it as JSON, as .env.example shows"),
        ("AGENT_EXPIRES_AFTER", "soon", "write a number, such as 60 or 0.5"),
        ("AGENT_PORT", "http", "write a whole number"),
    ],
)
def test_what_cannot_be_used_is_one_line_that_says_what_to_write(
    name: str, value: str, says: str
) -> None:
    assert Shell({name: value}).here("threads") == (2, "", f"error: {name}: {says}\n")


def test_what_must_be_set_is_said_to_be_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    class Paging(Section):
        pager_key: str
        pager_urls: dict[str, str] | None = None

    monkeypatch.setenv("AGENT_PAGER_URLS", "x")
    with pytest.raises(WrongSettings) as found:
        load(Paging)
    assert found.value.faults[0] == "AGENT_PAGER_KEY is not set"


def test_an_empty_token_is_none() -> None:
    assert Settings(api_token=None).api_token is None
    assert Shell({"AGENT_API_TOKEN": ""}).here("threads")[0] == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("AGENT_MODLE", "AGENT_MODLE is no setting of this agent: is AGENT_MODEL meant?"),
        ("AGENT_APITOKEN", "AGENT_APITOKEN is no setting of this agent: is AGENT_API_TOKEN meant?"),
        ("agent_modle", "agent_modle is no setting of this agent: is AGENT_MODEL meant?"),
        ("AGENT_X", "AGENT_X is no setting of this agent"),
    ],
)
def test_a_variable_that_is_no_setting_is_named_at_the_start(name: str, said: str) -> None:
    code, _, err = Shell({name: "sk-of-somebody"}).here("threads")
    assert (code, err) == (0, f"{said}\n")
    assert said in Shell({name: "sk-of-somebody"}).here("hello")[2].splitlines()
