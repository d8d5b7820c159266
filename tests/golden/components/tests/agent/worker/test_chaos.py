"""Two servers, three workers and their Postgres, killed: the same guarantees as on one machine."""

import signal
from importlib.util import find_spec

import pytest

from agent.store.opening import open_store

from ..postgres_servers import Server
from ..test_chaos import CAMPAIGNS, holds, lived_through

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_spec("agent.store.postgres"), reason="needs the store in Postgres"),
]
KILLS = 40  # in each campaign, besides those of Postgres


@pytest.mark.parametrize("seed", range(CAMPAIGNS))
def test_nothing_is_lost_and_nothing_is_done_twice_on_many_machines(
    seed: int, server: Server
) -> None:
    arguments = f"{seed}, {KILLS}, {str(server.folder)!r}"
    report = lived_through(f"from tests.agent.worker.chaos import main; main({arguments})")
    killed = report["killed"]
    assert killed["server"] + killed["worker"] >= KILLS
    assert killed["postgres"]
    assert set(report["ended"]) <= {0, signal.SIGTERM}  # in their own time, and as they were told
    server.start()
    holds(report, open_store(report["url"], "xml"))
