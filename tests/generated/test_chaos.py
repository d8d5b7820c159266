"""Hundreds of kills, and a hundred answers to one call, over HTTP, inbox and terminal."""

from pathlib import Path

import pytest

from .conftest import fetch, run_offline, succeed
from .creating import created

CHANNELS = ["inbox", "slack", "email", "webhook"]
pytestmark = pytest.mark.slow


def test_a_project_with_an_inbox_survives_chaos_and_races(wheel: Path, tmp_path: Path) -> None:
    project = created(wheel, tmp_path, ["inbox"])
    fetch(project, "3.11", "uv")
    tests = ["tests/agent/test_chaos.py", "tests/agent/inbox"]
    command = ["uv", "run", "pytest", "-m", "slow", *tests]
    succeed(run_offline(command, project, CHAOS_CAMPAIGNS="10"))


def test_every_door_holds_and_every_channel_is_told(wheel: Path, tmp_path: Path) -> None:
    """100,000 requests that nobody signed, and a hundred that are answered everywhere at once."""
    project = created(wheel, tmp_path, CHANNELS)
    fetch(project, "3.11", "uv")
    tests = ["tests/agent/test_door_fuzz.py", "tests/agent/test_everywhere.py"]
    command = ["uv", "run", "pytest", "-m", "slow", *tests]
    succeed(run_offline(command, project, DOOR_CASES="100000", RACES_BY_TEN="10"))


def test_no_answer_is_lost_where_slack_and_mail_fail(wheel: Path, tmp_path: Path) -> None:
    """160 kills, while those who are asked answer on both."""
    project = created(wheel, tmp_path, ["slack", "email"])
    fetch(project, "3.11", "uv")
    command = ["uv", "run", "pytest", "-m", "slow", "tests/agent/test_channel_chaos.py"]
    succeed(run_offline(command, project, CHAOS_CAMPAIGNS="16"))


def test_many_machines_survive_chaos(wheel: Path, tmp_path: Path) -> None:
    """Two servers, three workers and their Postgres: 120 kills, and 120 more where networks of our
    own can be made, to be cut.
    """
    project = created(wheel, tmp_path, ["postgres", "worker"])
    fetch(project, "3.11", "uv")
    command = ["uv", "run", "pytest", "-m", "slow", "-n0", "tests/agent/worker/test_chaos.py"]
    succeed(run_offline(command, project, CHAOS_CAMPAIGNS="3"))
