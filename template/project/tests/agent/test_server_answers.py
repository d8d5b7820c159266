"""What humans say over HTTP: answers, approvals, follow-ups, resume, stop and fork."""

import asyncio
from typing import Any

import pytest

from agent.store.filesystem import FileSystemThreadStore

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import (
    DONE,
    MANAGER,
    QUESTION,
    decided,
    model_that_says,
    said,
    started,
    thread_of,
    unasked,
    yes,
)
from .serving import LOCAL, THREADS, kinds, launch, serving, settled, tell


def test_an_answer_lets_the_thread_go_on() -> None:
    with serving() as client:
        thread = launch(client, QUESTION, SAFE_STEP)
        assert tell(client, thread, "responses", response="the red one") == 202
        after = settled(client, thread["id"])
        assert (after["status"], after["events"][2]["data"]) == (
            "done",
            {"response": "the red one", **LOCAL},
        )


def test_a_yes_runs_the_call_and_a_no_does_not() -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        assert tell(client, thread, "approvals", approved=True) == 202
        ran = settled(client, thread["id"])
        assert kinds(ran)[2:5] == ["human_response", "tool_started", "tool_response"]
        thread = launch(client, APPROVAL_STEP)
        assert tell(client, thread, "approvals", approved=False, comment="too much") == 202
        refused = settled(client, thread["id"])
        assert refused["events"][2]["data"] == {"approved": False, "comment": "too much", **LOCAL}
        assert kinds(refused) == ["user_input", "tool_call", "human_response", "tool_call"]


def test_the_same_answer_twice_is_accepted_and_a_different_one_refused() -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        assert [tell(client, thread, "approvals", approved=True) for _ in range(3)] == [202] * 3
        done = settled(client, thread["id"])
        assert tell(client, thread, "approvals", approved=True) == 202
        assert tell(client, thread, "approvals", approved=False) == 409
        assert client.get(f"{THREADS}/{thread['id']}").json() == done
        assert kinds(done).count("tool_response") == 1


@pytest.mark.parametrize(
    ("step", "what", "body"),
    [
        (APPROVAL_STEP, "approvals", {"approved": True, "call_id": "another"}),
        (APPROVAL_STEP, "responses", {"response": "just do it"}),
        (APPROVAL_STEP, "responses", {"response": "just do it", "call_id": None}),
        (MANAGER, "responses", {"response": "yes"}),
        (QUESTION, "approvals", {"approved": True}),
        (QUESTION, "responses", {"response": "red", "call_id": "another"}),
        (QUESTION, "responses", {"response": "red", "call_id": None}),
        (QUESTION, "resume", {}),
        (DONE, "approvals", {"approved": True, "call_id": "call-1"}),
        (DONE, "responses", {"response": "red", "call_id": "call-1"}),
        (DONE, "resume", {}),
        (DONE, "stop", {}),
        (QUESTION, "fork", {"at": 2}),
    ],
)
def test_what_was_not_asked_is_refused_and_changes_nothing(
    step: dict[str, Any], what: str, body: dict[str, Any]
) -> None:
    with serving() as client:
        thread = launch(client, step)
        assert tell(client, thread, what, **body) == 409
        assert client.get(f"{THREADS}/{thread['id']}").json() == thread


@pytest.mark.parametrize(
    ("step", "what", "body"),
    [
        (APPROVAL_STEP, "approvals", {"approved": True, "argument": {"amount": 1}}),
        (APPROVAL_STEP, "approvals", {"approved": True, "comments": "no more than this once"}),
        (QUESTION, "responses", {"response": "red", "calls": "1"}),
        (DONE, "fork", {"at": 0, "resume": True}),
        (QUESTION, "results", {"result": 7, "errors": "no"}),
    ],
)
def test_a_key_that_nobody_knows_is_named_and_changes_nothing(
    step: dict[str, Any], what: str, body: dict[str, Any]
) -> None:
    """It may be the one that counts, misspelt."""
    with serving() as client:
        thread = launch(client, step)
        call = {"call_id": thread["awaiting"]["call_id"]} if thread["awaiting"] else {}
        answer = client.post(f"{THREADS}/{thread['id']}/{what}", json={**call, **body})
        assert answer.status_code == 422
        assert [*body][1] in answer.json()["detail"]
        assert client.get(f"{THREADS}/{thread['id']}").json() == thread
        wrong = client.post(THREADS, json={"message": "a", "messages": ["b"]})
        assert (wrong.status_code, "messages" in wrong.json()["detail"]) == (422, True)


def test_a_thread_that_is_done_takes_a_follow_up_without_a_call_id() -> None:
    with serving() as client:
        thread = launch(client)
        assert tell(client, thread, "responses", response="and now?") == 202
        after = settled(client, thread["id"])
        assert kinds(after) == ["user_input", "tool_call"] * 2
        assert after["events"][2]["data"] == "and now?"


def test_a_thread_whose_model_failed_is_resumed() -> None:
    with serving(model_that_says(unasked("no key"), DONE)) as client:
        thread = launch(client)
        assert (thread["status"], thread["awaiting"]) == ("failed", None)
        assert tell(client, thread, "responses", response="hello?") == 409
        assert tell(client, thread, "resume") == 202
        assert settled(client, thread["id"])["status"] == "done"


def test_a_stopped_thread_is_stopped_for_good() -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        assert tell(client, thread, "stop") == 202
        assert client.get(f"{THREADS}/{thread['id']}").json()["status"] == "stopped"
        assert tell(client, thread, "approvals", approved=True) == 409
        assert tell(client, thread, "responses", response="go on", call_id=None) == 409
        assert tell(client, thread, "resume") == tell(client, thread, "stop") == 409


def test_a_fork_has_the_events_up_to_a_place_and_a_life_of_its_own() -> None:
    with serving() as client:
        thread = launch(client, SAFE_STEP, SAFE_STEP)
        answer = client.post(f"{THREADS}/{thread['id']}/fork", json={"at": 2})
        fork = answer.json()
        assert (answer.status_code, fork["events"]) == (201, thread["events"][:3])
        assert fork["id"] != thread["id"]
        assert tell(client, fork, "resume") == 202
        assert settled(client, fork["id"])["status"] == "done"
        assert client.get(f"{THREADS}/{thread['id']}").json() == thread


def test_a_call_in_doubt_is_run_again_only_after_a_yes(store: FileSystemThreadStore) -> None:
    doubtful = thread_of(said("[]"), decided(APPROVAL_STEP), yes(), started())
    thread_id = asyncio.run(store.create(doubtful))
    with serving() as client:
        thread = settled(client, thread_id)
        assert thread["status"] == "awaiting_human_approval"
        assert thread["awaiting"]["reason"] == "in_doubt"
        assert tell(client, thread, "approvals", approved=True) == 202
        assert kinds(settled(client, thread_id)).count("tool_response") == 1


def test_an_agent_that_spins_asks_and_is_answered() -> None:
    with serving(max_steps=2) as client:
        thread = launch(client, *[SAFE_STEP] * 3)
        assert thread["awaiting"]["reason"] == "steps"
        assert tell(client, thread, "responses", response="go on") == 202
        assert settled(client, thread["id"])["status"] == "done"
