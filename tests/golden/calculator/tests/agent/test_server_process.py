"""The real server in a process of its own: killed, ended, raced, and read for what it logs."""

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ..yours.samples import APPROVAL_STEP, FAILING_STEP, SAFE_STEP, effects
from .commands import Server, as_told, shell_with
from .openai_server import Model, Reply
from .scripted import QUESTION
from .serving import THREADS, kinds, told

pytestmark = pytest.mark.slow

WAIT = {"Prefer": "wait=20"}
SECRETS = ("sk-the-key-of-the-tests", "4111-1111", "a very private answer")


FAILING = json.dumps(FAILING_STEP)


def hanging(after: int = 0) -> Model:
    """A model that answers so many times, and then no more."""
    left = iter(range(after))
    return lambda prompt: Reply(as_told(prompt), delay=0 if next(left, None) is not None else 60)


def on_disk(thread_id: str) -> list[str]:
    stored = json.loads(Path(".threads", f"{thread_id}.json").read_text("utf-8"))
    return [event["type"] for event in stored["events"]]


def settled(server: Server, thread_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        thread: dict[str, Any] = server.client.get(f"{THREADS}/{thread_id}").json()
        if thread["status"] != "running":
            return thread
        time.sleep(0.05)
    raise AssertionError(f"{thread_id} still runs")


def test_what_was_accepted_survives_kill_9_and_goes_on_by_itself() -> None:
    with shell_with(hanging(after=1)) as shell, shell.serving() as server:
        first = server.client.post(THREADS, json=told(SAFE_STEP)).json()["id"]
        while "tool_response" not in on_disk(first):  # in the middle of its run
            time.sleep(0.02)
        second = server.client.post(THREADS, json=told(SAFE_STEP)).json()["id"]
        server.kill()
        assert on_disk(second) == ["user_input"]
        assert on_disk(first) == ["user_input", "tool_call", "tool_response"]
    with shell_with() as shell, shell.serving() as server:
        ran = ["user_input", "tool_call", "tool_response"]
        assert kinds(settled(server, first)) == [*ran, "restarted", "tool_call"]
        assert kinds(settled(server, second)) == [ran[0], "restarted", *ran[1:], "tool_call"]


def test_an_approval_survives_kill_9_and_the_call_runs_once() -> None:
    with shell_with() as shell:
        with shell.serving() as server:
            launched = server.client.post(THREADS, json=told(APPROVAL_STEP), headers=WAIT).json()
            approval = {"call_id": launched["awaiting"]["call_id"], "approved": True}
            path = f"{THREADS}/{launched['id']}/approvals"
            assert server.client.post(path, json=approval).status_code == 202
            server.kill()
            assert "human_response" in on_disk(launched["id"])
        with shell.serving() as server:
            thread = settled(server, launched["id"])
    # Killed before the call ran, behind its result, or amid it: then a human is asked.
    if thread["status"] == "done":
        assert effects() == 1
    else:
        assert thread["awaiting"]["reason"] == "in_doubt"
        assert effects() in (0, 1)


def test_sigterm_ends_it_in_time_and_the_thread_can_be_taken_up() -> None:
    with shell_with(hanging()) as shell, shell.serving() as server:
        thread_id = server.client.post(THREADS, json=told()).json()["id"]
        server.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        server.process.wait(timeout=15)
        assert time.monotonic() - begun < 12
    with shell_with() as shell:
        code, _, _ = shell.run("resume", thread_id)
        assert (code, on_disk(thread_id)) == (0, ["user_input", "tool_call"])


def test_of_forty_racing_approvals_one_runs_the_call() -> None:
    with shell_with() as shell, shell.serving() as server:
        thread = server.client.post(THREADS, json=told(APPROVAL_STEP), headers=WAIT).json()
        path = f"{THREADS}/{thread['id']}/approvals"
        body = {"call_id": thread["awaiting"]["call_id"], "approved": True}
        url = server.client.base_url.join(path)
        with ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(lambda _: httpx2.post(url, json=body, timeout=30), range(40)))
        assert {answer.status_code for answer in answers} == {202}
        done = kinds(settled(server, thread["id"]))
        assert [done.count(each) for each in ("human_response", "tool_started")] == [1, 1]
        assert (done.count("tool_response"), effects()) == (1, 1)
        assert server.client.post(path, json=body | {"approved": False}).status_code == 409


def test_a_body_over_a_megabyte_is_refused_while_it_is_sent() -> None:
    with shell_with() as shell, shell.serving() as server:
        chunks = (b"[" * 100_000 for _ in range(200))
        with suppress(httpx2.WriteError):  # it may hang up before it has all
            assert server.client.post(THREADS, content=chunks).status_code == 413
        assert server.client.get("/healthz").status_code == 200


def test_the_log_says_what_happened_and_holds_no_bodies_and_no_secrets() -> None:
    chatty = iter([f"I cannot charge {SECRETS[1]}", FAILING])

    def model(prompt: str) -> str:
        return next(chatty, None) or as_told(prompt)

    with shell_with(model, AGENT_LOG_LEVEL="debug") as shell, shell.serving() as server:
        thread = server.client.post(THREADS, json=told(FAILING_STEP, QUESTION), headers=WAIT).json()
        answer = {"call_id": thread["awaiting"]["call_id"], "response": SECRETS[2]}
        path = f"{THREADS}/{thread['id']}"
        assert server.client.post(f"{path}/responses", json=answer).status_code == 202
        thread = settled(server, thread["id"])
        server.client.post(THREADS, content=SECRETS[2])
        log = server.log.read_text("utf-8")
    assert kinds(thread).count("error") == 2
    for kind in kinds(thread)[1:]:
        assert f'"event": "{kind}"' in log
    for secret in (*SECRETS, QUESTION["message"], "Traceback"):
        assert secret not in log


def test_a_port_that_is_taken_is_one_line_at_the_end_and_exit_code_2() -> None:
    with shell_with() as shell, shell.serving() as server:
        port = str(server.client.base_url.port)
        code, _, err = shell.run("serve", "--port", port)
        assert (code, err.splitlines()[-1].startswith("error: cannot serve on")) == (2, True)
        assert port in err.splitlines()[-1]
