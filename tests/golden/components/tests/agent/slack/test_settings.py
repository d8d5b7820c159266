"""What is missing or wrong is said when the server starts, a line for each variable."""

import pytest

from agent.server.app import create_app
from agent.settings import Settings, WrongSettings
from agent.wiring import build, with_channels

from .talking import variables

URL = "http://127.0.0.1:1/api/"


def start() -> list[str]:
    """The faults with which it does not."""
    try:
        create_app(Settings())
    except WrongSettings as error:
        return error.faults
    return []


def test_all_that_is_missing_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert start() == []  # nobody said that they want it
    monkeypatch.setenv("AGENT_CHANNELS", "slack")
    faults = start()
    assert [fault.partition(" is not set: ")[0] for fault in faults] == [
        "AGENT_SLACK_BOT_TOKEN",
        "AGENT_SLACK_SIGNING_SECRET",
        "AGENT_SLACK_TEAMS",
        "AGENT_SLACK_TO",
    ]


@pytest.mark.parametrize("left", [name for name in variables(URL) if not name.endswith("_URL")])
def test_so_is_each(left: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables(URL).items():
        monkeypatch.setenv(name, value if name != left else "")
    [fault] = start()
    assert fault.startswith(f"{left} is not set: ")


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("BOT_TOKEN", "xoxp-of-a-person", "begins with xoxb-"),
        ("SIGNING_SECRET", "short", "16 characters"),
        ("SIGNING_SECRET", "a-secret-of-enough, short", "16 characters"),
        ("TEAMS", "my team", "write ids"),
        ("CHANNELS", "#room", "write ids"),
        ("PEOPLE", "U0ADA U0BOB", "write ids"),
        ("TO", "#ops", "write ids"),
        ("API_URL", "slack.example", "https://slack.com/api/"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(
    name: str, value: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, right in variables(URL).items():
        monkeypatch.setenv(variable, right)
    monkeypatch.setenv(f"AGENT_SLACK_{name}", value)
    [fault] = start()
    assert fault.startswith(f"AGENT_SLACK_{name}: ")
    assert why in fault
    assert value not in fault


def test_where_it_is_no_route_it_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_CHANNELS", "terminal")
    settings = Settings()
    agent = build(settings, lambda thread_id, event: None)
    assert "slack" not in with_channels(agent, settings).channels


def test_where_it_is_no_route_it_asks_nobody_and_answers_who_wrote_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable, value in variables("http://127.0.0.1/api/").items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("AGENT_CHANNELS", "terminal")
    settings = Settings()
    policy = with_channels(build(settings, lambda thread_id, event: None), settings).policy
    assert (policy.routes, "slack" in policy.settles) == ((), True)
