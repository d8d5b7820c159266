"""The guide's own webhook payloads, at /api/v1/conversations."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from ..yours.samples import APPROVAL_STEP
from .scripted import QUESTION
from .serving import JSON, LOCAL, THREADS, kinds, launch, serving, settled, told

pytest.importorskip("agent.channels.conversations", reason="this channel was deleted")
HOOK = "/api/v1/conversations"


def payload(type: str, **event: Any) -> dict[str, Any]:
    return {"is_test": False, "type": type, "event": event}


def contact(thread: dict[str, Any], response: str, **event: Any) -> dict[str, Any]:
    spec = {"state": {"thread_id": thread["id"]}, "msg": "which one?", "channel": None}
    status = {"response": response, "responded_at": "2025-01-01T00:00:00Z"}
    return payload("human_contact.completed", spec=spec, status=status, **event)


def decision(thread: dict[str, Any], approved: bool, **event: Any) -> dict[str, Any]:
    spec = {"state": {"thread_id": thread["id"]}, "fn": "send", "kwargs": {"to": "everybody"}}
    status = {"approved": approved, "comment": None if approved else "too much"}
    return payload("function_call.completed", spec=spec, status=status, run_id="r", **event)


def send(client: TestClient, body: dict[str, Any]) -> tuple[int, Any]:
    answer = client.post(HOOK, content=json.dumps(body), headers=JSON)
    return answer.status_code, answer.json()


def waiting_call(thread: dict[str, Any]) -> str:
    return str(thread["awaiting"]["call_id"])


def test_a_conversation_is_launched_and_answered_at_once() -> None:
    with serving() as client:
        message = told()["message"]
        body = payload("conversation.created", user_message=message, id=7, agent_slug="my-agent")
        status, answer = send(client, body)
        assert (status, sorted(answer), answer["status"]) == (202, ["status", "thread_id"], "ok")
        thread = settled(client, answer["thread_id"])
        assert (thread["status"], thread["events"][0]["data"]) == ("done", message)


@pytest.mark.parametrize("place", ["event", "state"])
def test_an_answer_names_its_call_in_either_place(place: str) -> None:
    with serving() as client:
        thread = launch(client, QUESTION)
        body = contact(thread, "the red one")
        where = body["event"] if place == "event" else body["event"]["spec"]["state"]
        where["call_id"] = waiting_call(thread)
        assert send(client, body) == (202, {"status": "ok", "thread_id": thread["id"]})
        assert settled(client, thread["id"])["events"][2]["data"] == {
            "response": "the red one",
            **LOCAL,
        }


@pytest.mark.parametrize("place", ["event", "state"])
@pytest.mark.parametrize("approved", [True, False])
def test_an_approval_names_its_call_in_either_place(place: str, approved: bool) -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        body = decision(thread, approved)
        where = body["event"] if place == "event" else body["event"]["spec"]["state"]
        where["call_id"] = waiting_call(thread)
        assert send(client, body)[0] == 202
        after = settled(client, thread["id"])
        said = {"approved": True} if approved else {"approved": False, "comment": "too much"}
        assert after["events"][2]["data"] == {**said, **LOCAL}
        assert ("tool_response" in kinds(after)) is approved


def test_an_approval_without_a_call_id_is_a_422() -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        status, problem = send(client, decision(thread, True))
        assert (status, "call_id is missing" in problem["detail"]) == (422, True)
        assert client.get(f"{THREADS}/{thread['id']}").json() == thread


def test_an_answer_without_a_call_id_does_not_pass_for_one() -> None:
    with serving() as client:
        thread = launch(client, QUESTION)
        assert send(client, contact(thread, "the red one"))[0] == 409
        thread = launch(client, APPROVAL_STEP)
        assert send(client, contact(thread, "yes", call_id=waiting_call(thread)))[0] == 409


def test_an_approval_that_is_delivered_again_is_harmless() -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP, APPROVAL_STEP)
        body = decision(thread, True, call_id=waiting_call(thread))
        assert send(client, body)[0] == 202
        second = settled(client, thread["id"])
        assert second["status"] == "awaiting_human_approval"
        assert waiting_call(second) != waiting_call(thread)
        assert [send(client, body)[0] for _ in range(3)] == [202] * 3
        assert client.get(f"{THREADS}/{thread['id']}").json() == second
        changed = decision(thread, False, call_id=waiting_call(thread))
        assert send(client, changed)[0] == 409


@pytest.mark.parametrize(
    "body",
    [
        {"type": "agent_email.received", "event": {"user_message": "a"}},
        {"type": None, "event": {}},
        {"event": {"user_message": "a"}},
        {"type": "conversation.created"},
        {"type": "conversation.created", "event": {"user_message": ""}},
        {"type": "human_contact.completed", "event": {"spec": {}, "status": {"response": "a"}}},
        {"type": "human_contact.completed", "event": {"spec": {"state": None}, "status": None}},
        {"type": "function_call.completed", "event": []},
    ],
)
def test_another_type_or_shape_is_a_422(body: dict[str, Any]) -> None:
    status, problem = send(serving(), body)
    assert (status, problem["status"]) == (422, 422)


@pytest.mark.parametrize("thread_id", ["../victim", "NULL", "x" * 300, "\ud800", "\0", ""])
def test_a_thread_that_there_is_not_is_a_404(thread_id: str) -> None:
    nobody = {"id": thread_id}
    assert send(serving(), contact(nobody, "a", call_id="1"))[0] == 404
    assert send(serving(), decision(nobody, True, call_id="1"))[0] == 404
