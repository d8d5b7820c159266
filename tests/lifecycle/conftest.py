"""The command with a small template, which goes the same ways in a third of the time."""

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Desk, set_up
from factory import Factory


@pytest.fixture
def desk(request: pytest.FixtureRequest, tmp_path: Path, factory: Factory) -> Desk:
    """The command with our own template where the test is marked `our_template`."""
    desk = set_up(tmp_path)
    if request.node.get_closest_marker("our_template"):
        return desk
    return replace(desk, env={**desk.env, "PYTHONPATH": str(factory.installed("0.3.0"))})
