"""What a gateway posts back: signed, of the call that it names, and once."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.channels.webhook.answering import Spec, is_another
from agent.people import Approvers
from agent.store.filesystem import FileSystemThreadStore
from agent.waiting import Waiting

from ...yours.samples import APPROVAL_STEP
from ..scripted import MANAGER, QUESTION, asks, decided, said, started, thread_of, yes
from ..serving import THREADS, kinds, launch, problem, settled, told
from .receiver import OURS, agent_with, post_back


@pytest.fixture
def client() -> Iterator[TestClient]:
    with agent_with() as client:
        yield client


def contact(thread: dict[str, Any], **status: Any) -> dict[str, Any]:
    return {"run_id": thread["id"], "call_id": thread["awaiting"]["call_id"], "status": status}


def answer_in(client: TestClient, thread: dict[str, Any]) -> dict[str, Any]:
    events = settled(client, thread["id"])["events"]
    [data] = [event["data"] for event in events if event["type"] == "human_response"]
    return dict(data)


@pytest.mark.parametrize(
    ("status", "answered"),
    [
        ({"response": "the red one"}, "the red one"),
        ({"response": "the red one", "response_option_name": "red"}, "the red one"),
        ({"response": None, "response_option_name": "red"}, "red"),
        ({"response": "approve", "response_option_name": "approve"}, "approve"),
    ],
)
def test_a_contact_is_answered(client: TestClient, status: dict[str, Any], answered: str) -> None:
    thread = launch(client, QUESTION)
    assert post_back(client, "human_contacts", contact(thread, **status)).status_code == 202
    assert answer_in(client, thread)["response"] == answered


@pytest.mark.parametrize("step", [APPROVAL_STEP, MANAGER])
@pytest.mark.parametrize(
    ("status", "answered"),
    [
        ({"approved": True}, {"approved": True}),
        ({"approved": False, "comment": "too much"}, {"approved": False, "comment": "too much"}),
        ({"approved": False, "reject_option_name": "no"}, {"approved": False, "comment": "no"}),
    ],
)
def test_a_call_is_decided_on(
    client: TestClient, step: Any, status: dict[str, Any], answered: dict[str, Any]
) -> None:
    thread = launch(client, step)
    assert post_back(client, "function_calls", contact(thread, **status)).status_code == 202
    assert answer_in(client, thread) == {**answered, "user": "signed", "channel": "webhook"}


@pytest.mark.parametrize(
    ("info", "user"),
    [
        ({"email": "ada@example.com", "id": "7", "name": "Ada"}, "ada@example.com"),
        ({"id": 7, "name": "Ada"}, "7"),
        ({"name": "Ada", "other": [1]}, "Ada"),
        ({"email": ""}, "signed"),
        (None, "signed"),
    ],
)
def test_who_signs_says_who_answered(client: TestClient, info: Any, user: str) -> None:
    thread = launch(client, APPROVAL_STEP)
    post_back(client, "function_calls", contact(thread, approved=False, user_info=info))
    assert answer_in(client, thread)["user"] == user


def test_who_may_not_decide_is_told_so() -> None:
    with agent_with(approvers=Approvers({"a manager": ["webhook:ada@example.com"]})) as client:
        thread = launch(client, MANAGER)
        for email, status in (("bob@example.com", 403), ("ada@example.com", 202)):
            body = contact(thread, approved=True, user_info={"email": email})
            assert post_back(client, "function_calls", body).status_code == status


def test_what_is_in_doubt_is_decided_by_its_options(
    client: TestClient,
) -> None:
    """And is no call that could be approved as a new one would be."""
    words = said(told(APPROVAL_STEP)["message"])
    call = decided(APPROVAL_STEP)
    doubted = thread_of(words, call, yes(), started(), asks("in_doubt"))
    store = FileSystemThreadStore(Path(".threads"))
    for option, approved in (("approve", True), ("reject", False)):
        thread_id = asyncio.run(store.create(doubted))
        body: dict[str, Any] = {"run_id": thread_id, "call_id": "human-1"}
        wordy = {**body, "status": {"response": "run it"}}
        assert problem(post_back(client, "human_contacts", wordy)) == 409
        body["status"] = {"response": "I looked", "response_option_name": option}
        for _ in range(2):
            assert post_back(client, "human_contacts", body).status_code == 202
        events = settled(client, thread_id)["events"]
        answers = [event["data"] for event in events if event["type"] == "human_response"]
        who = {"user": "signed", "channel": "webhook"}
        assert answers[1] == {"approved": approved, "comment": "I looked", **who}
        assert kinds({"events": events}).count("tool_response") == int(approved)


def test_many_answers_at_once_are_one_and_the_others_are_told_which(client: TestClient) -> None:
    thread = launch(client, APPROVAL_STEP)

    def send(number: int) -> Any:
        approved = number % 2 == 0
        return post_back(client, "function_calls", contact(thread, approved=approved))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    approved = answer_in(client, thread)["approved"]
    word = "approved" if approved else "rejected"
    for number, each in enumerate(answers):
        assert each.status_code == (202 if (number % 2 == 0) == approved else 409)
        assert each.status_code == 202 or f"it was {word} by webhook:signed" in each.text
    assert kinds(settled(client, thread["id"])).count("tool_response") == int(approved)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("function_calls", {}),
        ("function_calls", {"approved": None}),
        ("function_calls", {"approved": "yes"}),
        ("function_calls", {"approved": 1}),
        ("function_calls", {"approved": True, "user_info": "ada"}),
        ("function_calls", {"approved": True, "user_info": {"email": "\ud800"}}),
        ("function_calls", {"approved": True, "user_info": {"email": "x" * 999}}),
        ("human_contacts", {}),
        ("human_contacts", {"response": " "}),
        ("human_contacts", {"response": ["red"]}),
        ("human_contacts", {"response": "\ud800"}),
    ],
)
def test_what_is_no_answer_is_a_422(client: TestClient, kind: str, status: dict[str, Any]) -> None:
    thread = launch(client, QUESTION if kind == "human_contacts" else APPROVAL_STEP)
    assert problem(post_back(client, kind, contact(thread, **status))) == 422
    assert client.get(f"{THREADS}/{thread['id']}").json() == thread


def test_what_was_not_asked_is_refused_and_changes_nothing(client: TestClient) -> None:
    thread = launch(client, APPROVAL_STEP)
    yes = contact(thread, approved=True)
    for changed, status in (({"call_id": "another"}, 409), ({"run_id": "../victim"}, 404)):
        assert problem(post_back(client, "function_calls", yes | changed)) == status
    assert problem(post_back(client, "human_contacts", contact(thread, response="yes"))) == 409
    assert client.get(f"{THREADS}/{thread['id']}").json() == thread


@pytest.mark.parametrize("other", [{"fn": "another"}, {"kwargs": {}}, {"kwargs": {"a": ["b"]}}])
def test_a_yes_to_another_call_is_none(client: TestClient, other: dict[str, Any]) -> None:
    thread = launch(client, APPROVAL_STEP)
    asked = thread["awaiting"]
    spec = {"fn": asked["intent"], "kwargs": asked["arguments"]}
    body = contact(thread, approved=True)
    refused = post_back(client, "function_calls", body | {"spec": spec | other})
    assert problem(refused) == 409
    assert "another call" in refused.text
    assert client.get(f"{THREADS}/{thread['id']}").json() == thread
    for _ in range(2):
        assert post_back(client, "function_calls", body | {"spec": spec}).status_code == 202
    assert answer_in(client, thread)["approved"]


def test_a_no_to_another_call_runs_nothing_and_is_one(client: TestClient) -> None:
    thread = launch(client, APPROVAL_STEP)
    body = contact(thread, approved=False) | {"spec": {"fn": "another", "kwargs": {}}}
    assert post_back(client, "function_calls", body).status_code == 202
    assert not answer_in(client, thread)["approved"]


def waiting_with(**arguments: Any) -> Waiting:
    return Waiting("1", "approval", "shall we?", "pay", arguments)


@pytest.mark.parametrize(
    ("asked", "given", "other"),
    [
        ({"id": 12345678901234567890}, {"id": 12345678901234567000}, False),
        ({"id": 7}, {"id": 7.0}, False),
        ({"id": 7}, {"id": 8}, True),
        ({"a": {"x": [1, "y"]}, "b": 2}, {"b": 2, "a": {"x": [1, "y"]}}, False),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        (
            {"api_key": "sk-abcdefghijklmnopqrstuvwxyz", "a": 1},
            {"api_key": "[secret]", "a": 1},
            False,
        ),
        (
            {"api_key": "sk-abcdefghijklmnopqrstuvwxyz", "a": 1},
            {"api_key": "[secret]", "a": 2},
            True,
        ),
    ],
)
def test_a_call_is_the_same_as_programs_read_it(
    asked: dict[str, Any], given: dict[str, Any], other: bool
) -> None:
    assert is_another(Spec(fn="pay", kwargs=given), waiting_with(**asked)) == other
    assert not is_another(Spec(), waiting_with(**asked))


def test_who_is_told_is_not_who_answers(client: TestClient) -> None:
    """What it can verify with, it could sign with."""
    thread = launch(client, APPROVAL_STEP)
    body = contact(thread, approved=True)
    assert problem(post_back(client, "function_calls", body, secret=OURS)) == 401
    assert problem(client.post("/hooks/a2h/function_calls", json=body)) == 401
    assert client.get(f"{THREADS}/{thread['id']}").json() == thread
