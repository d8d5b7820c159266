"""A network that is cut says nothing: it is noticed, another takes over, and nobody hangs."""

from importlib.util import find_spec
from typing import Any

import pytest

from ..postgres_servers import Server
from ..test_chaos import lived_through
from .network import BEGINS, can_be_made

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_spec("agent.store.postgres"), reason="needs the store in Postgres"),
]


def lived(what: str, server: Server) -> Any:
    if not can_be_made():
        pytest.skip("no network of our own can be made: that takes Linux with iproute2, and rights")
    code = f"from tests.agent.worker import cut; cut.{what}({str(server.folder)!r})"
    return lived_through(code, BEGINS)


def test_who_asks_amid_a_cut_is_told_and_what_was_open_is_opened_anew(server: Server) -> None:
    before, amid, after = lived("ask", server)
    assert before == after == ["Counts", "Thread", "NoneType"]
    assert amid == ["NotQueued", "Lost", "Lost"]


def test_a_worker_that_is_cut_off_loses_its_threads_and_comes_back(server: Server) -> None:
    saw = lived("work", server)
    assert "Traceback" not in saw["log"]
    assert "thread_not_run" not in saw["log"]
    safe, gated = saw["ended"]
    assert safe == ["user_input", "tool_call", "restarted", "tool_response", "tool_call"]
    assert gated.count("human_request") == 1
    assert "tool_response" not in gated
    runs = [process for process, _ in saw["began"]]
    first, second = saw["first"], saw["second"]
    assert runs == [first, first, second, first]
