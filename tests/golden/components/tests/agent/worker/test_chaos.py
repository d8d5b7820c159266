"""Two servers, three workers and their Postgres, killed, and the network between them, cut: the
same guarantees as on one machine.
"""

import signal
from importlib.util import find_spec

import pytest

from agent.store.opening import open_store

from ..postgres_servers import Server
from ..test_chaos import CAMPAIGNS, holds, lived_through
from .network import BEGINS, can_be_made

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_spec("agent.store.postgres"), reason="needs the store in Postgres"),
]
KILLS = 40  # in each campaign, besides those of Postgres
CUTS = 6  # at least, in one with cuts


@pytest.mark.parametrize("cuts", [0, CUTS], ids=["killed", "and cut"])
@pytest.mark.parametrize("seed", range(CAMPAIGNS))
def test_nothing_is_lost_and_nothing_is_done_twice_on_many_machines(
    seed: int, cuts: int, server: Server
) -> None:
    if cuts and not can_be_made():
        pytest.skip("no network of our own can be made: that takes Linux with iproute2, and rights")
    arguments = f"{seed}, {KILLS}, {str(server.folder)!r}, {cuts}"
    code = f"from tests.agent.worker.chaos import main; main({arguments})"
    report = lived_through(code, BEGINS if cuts else ())
    killed = report["killed"]
    assert killed["server"] + killed["worker"] >= KILLS
    assert len(report["launched"]) >= KILLS // 5
    assert killed["postgres"]
    assert killed["network"] >= cuts
    assert set(report["ended"]) <= {0, signal.SIGTERM}  # in their own time, and as they were told
    server.start()
    holds(report, open_store(server.url, "xml"))
