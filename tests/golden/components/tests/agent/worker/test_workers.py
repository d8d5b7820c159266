"""A server and workers, each a process: one dies, one is stopped, and nothing is lost."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ...yours.samples import APPROVAL_STEP, SAFE_STEP
from ..postgres_servers import Server
from ..scripted import QUESTION
from ..serving import THREADS, kinds, told
from ..somebody import noted
from .living import Life, began, until


def launched(client: httpx2.Client, *steps: dict[str, Any]) -> str:
    return str(client.post(THREADS, json=told(*steps)).raise_for_status().json()["id"])


def thread_in(client: httpx2.Client, thread_id: str) -> Any:
    return client.get(f"{THREADS}/{thread_id}").raise_for_status().json()


def waiting(client: httpx2.Client, thread_id: str) -> Any:
    """What it waits for, once it does."""
    return until(lambda: thread_in(client, thread_id)["awaiting"])


def done(client: httpx2.Client, thread_id: str) -> Any:
    def look() -> Any:
        thread = thread_in(client, thread_id)
        return thread if thread["status"] == "done" else None

    return until(look)


def approve(client: httpx2.Client, thread_id: str, approved: bool = True) -> None:
    said = {"call_id": waiting(client, thread_id)["call_id"], "approved": approved}
    client.post(f"{THREADS}/{thread_id}/approvals", json=said).raise_for_status()


def test_one_dies_amid_its_tools_and_another_goes_on(life: Life) -> None:
    """A call that needs no yes runs again, one that was approved does not: a human is asked."""
    for _ in range(2):
        life.begin("work")
    with life.client() as client:
        safe, gated = launched(client, SAFE_STEP), launched(client, APPROVAL_STEP)
        done(client, safe)
        waiting(client, gated)
        Path("hold").touch()
        approve(client, gated)
        [_, (process, call)] = until(lambda: began()[1:] and began())
        os.kill(process, signal.SIGKILL)
        third = launched(client, SAFE_STEP)
        asked = until(lambda: waiting(client, gated)["reason"] == "in_doubt")
        assert asked
        Path("hold").unlink()
        approve(client, gated, approved=False)
        assert "restarted" in kinds(done(client, gated))
        assert "restarted" not in kinds(done(client, third))
    assert [each for _, each in began()].count(call) == 1
    assert call not in noted("ran")


@pytest.mark.slow
def test_what_runs_is_run_again_where_its_worker_dies(life: Life) -> None:
    Path("hold").touch()
    workers = [life.begin("work") for _ in range(2)]
    with life.client() as client:
        thread_id = launched(client, SAFE_STEP, SAFE_STEP)
        [(process, call)] = until(began)
        assert process in [worker.pid for worker in workers]
        os.kill(process, signal.SIGKILL)
        until(lambda: len(began()) > 1)
        Path("hold").unlink()
        assert kinds(done(client, thread_id)).count("restarted") == 1
    assert [each for _, each in began()].count(call) == 2
    assert began()[1][0] != process


@pytest.mark.slow
@pytest.mark.parametrize("in_time", [True, False], ids=["in time", "too late"])
def test_whoever_is_asked_to_stop_hands_over(in_time: bool, life: Life) -> None:
    """What runs comes to its next event, for a while; another worker goes on from there at once."""
    Path("hold").touch()
    first = life.begin("work")
    with life.client() as client:
        thread_id = launched(client, SAFE_STEP, SAFE_STEP)
        [(_, call)] = until(began)
        second = life.begin("work")
        first.send_signal(signal.SIGTERM)
        if in_time:
            Path("hold").unlink()
        assert first.wait(timeout=20) == 0
        if not in_time:
            until(lambda: len(began()) > 1)
            Path("hold").unlink()
        thread = done(client, thread_id)
    assert "restarted" not in kinds(thread)
    assert kinds(thread).count("tool_response") == 2
    assert [each for _, each in began()].count(call) == (1 if in_time else 2)
    assert began()[-1][0] == second.pid


@pytest.mark.slow
def test_every_thread_is_run_once_whoever_takes_it(life: Life) -> None:
    for _ in range(2):
        life.begin("work")
    with life.client() as one, life.client() as other:
        threads = [launched([one, other][n % 2], SAFE_STEP, APPROVAL_STEP) for n in range(30)]
        for number, thread_id in enumerate(threads):
            approve([other, one][number % 2], thread_id)
        for thread_id in threads:
            done(one, thread_id)
    ran = noted("ran")
    assert len(ran) == len(set(ran)) == 60
    assert len({process for process, _ in began()}) == 2


@pytest.mark.slow
def test_a_page_sees_what_workers_write(life: Life) -> None:
    life.begin("work")
    with life.client() as client:
        thread_id = launched(client, SAFE_STEP)
        seen = followed(client, thread_id)
        assert seen[-1] == "tool_call"
        assert seen == kinds(done(client, thread_id))


def followed(client: httpx2.Client, thread_id: str) -> list[str]:
    with client.stream("GET", f"{THREADS}/{thread_id}/events") as stream:
        lines = [line[6:] for line in stream.iter_lines() if line.startswith("data: ")]
    return [json.loads(line)["type"] for line in lines]


@pytest.mark.slow
def test_pages_of_two_servers_see_what_is_answered_through_either(life: Life) -> None:
    life.begin("work")
    with life.client() as one, life.client() as other, ThreadPoolExecutor(2) as pages:
        thread_id = launched(one, APPROVAL_STEP, QUESTION)
        seen = [pages.submit(followed, client, thread_id) for client in (one, other)]
        approve(other, thread_id)
        until(lambda: waiting(one, thread_id)["reason"] == "question")
        said = {"call_id": waiting(one, thread_id)["call_id"], "response": "the red one"}
        one.post(f"{THREADS}/{thread_id}/responses", json=said).raise_for_status()
        whole = kinds(done(other, thread_id))
        assert whole.count("human_response") == 2
        assert [page.result(20) for page in seen] == [whole, whole]


@pytest.mark.slow
def test_postgres_is_gone_for_a_while_and_what_runs_goes_on(server: Server, life: Life) -> None:
    """Who runs a thread waits for it, and runs no call again; who asks is told, or is heard."""
    Path("hold").touch()
    workers = [life.begin("work") for _ in range(2)]
    with life.client() as client:
        running = launched(client, SAFE_STEP, SAFE_STEP)
        until(began)
        server.stop()
        Path("hold").unlink()
        answer = client.post(THREADS, json=told(SAFE_STEP))
        assert answer.status_code == (503 if "postgresql" in life.store_url else 202)
        time.sleep(6)  # longer than a worker may be silent
        server.start()
        assert kinds(done(client, running)).count("tool_response") == 2
        done(client, launched(client, SAFE_STEP))
        for thread in client.get(THREADS).json()["threads"]:
            assert "restarted" not in kinds(done(client, thread["id"]))
    assert [worker.poll() for worker in workers] == [None, None]
    assert len({call for _, call in began()}) == len(began())


@pytest.mark.slow
@pytest.mark.parametrize("in_time", [True, False], ids=["in time", "too late"])
def test_who_is_asked_to_stop_while_postgres_is_gone_ends_and_loses_nothing(
    in_time: bool, server: Server, life: Life
) -> None:
    """And what it ran is no failure that waits for a human: another worker goes on."""
    Path("hold").touch()
    first = life.begin("work", grace=12)
    with life.client() as client:
        thread_id = launched(client, SAFE_STEP, SAFE_STEP)
        until(began)
        server.stop()
        Path("hold").unlink()
        time.sleep(1)
        first.send_signal(signal.SIGTERM)
        if in_time:  # for its last words
            time.sleep(7)
            server.start()
        assert first.wait(timeout=30) == 0
        life.begin("work")
        if not in_time:
            server.start()
        assert kinds(done(client, thread_id)).count("tool_response") == 2


@pytest.mark.slow
def test_at_the_second_signal_what_runs_has_no_time_left(life: Life) -> None:
    Path("hold").touch()
    first = life.begin("work", grace=60)
    with life.client() as client:
        thread_id = launched(client, SAFE_STEP)
        until(began)
        first.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert first.poll() is None
        first.send_signal(signal.SIGTERM)
        assert first.wait(timeout=15) == 0
        life.begin("work")
        until(lambda: len(began()) == 2)
        Path("hold").unlink()
        done(client, thread_id)


@pytest.mark.slow
@pytest.mark.parametrize("comes_back", [True, False], ids=["comes back", "stays away"])
def test_a_model_that_cannot_be_asked_is_asked_again(comes_back: bool, life: Life) -> None:
    Path("no-model").touch()
    life.begin("work")
    with life.client() as client:
        thread_id = launched(client, SAFE_STEP)
        until(lambda: thread_in(client, thread_id)["status"] == "failed")
        if comes_back:
            Path("no-model").unlink()
            thread = done(client, thread_id)
            by = [each["data"] for each in thread["events"] if each["type"] == "resumed"]
            assert {"user": "retry", "channel": "worker"} in by
            return
        until(lambda: kinds(thread_in(client, thread_id)).count("model_failed") == 4)
        time.sleep(2)  # and no more
        assert kinds(thread_in(client, thread_id)).count("model_failed") == 4
        assert thread_in(client, thread_id)["status"] == "failed"
        Path("no-model").unlink()
        client.post(f"{THREADS}/{thread_id}/resume").raise_for_status()
        done(client, thread_id)
