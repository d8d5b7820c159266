"""Whose yes counts: a role is configured, every answer says whose it is, a token has its scopes."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from agent.events import HumanResponse
from agent.people import Approvers, Person, said_by
from agent.server.app import create_app
from agent.settings import Settings, Token
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread

from ..yours.samples import APPROVAL_STEP, effects
from .commands import Shell, shell_with
from .scripted import (
    DONE,
    MANAGER,
    NOON,
    QUESTION,
    agent_of,
    answer,
    asks,
    decided,
    no,
    postponed,
    said,
    started,
    thread_of,
    yes,
)
from .serving import HOOKS, THREADS, settled, told
from .serving import as_told as model_as_told

ADA = Person("slack", "U0123")
ASKED = thread_of(said(), decided(APPROVAL_STEP))
ROLE = str(ASKED.awaiting and ASKED.awaiting.approver)
SECRETS = {name: f"{name}-{'x' * 20}" for name in ("ops", "new", "reader", "writer")}


def refused(thread: Thread, event: HumanResponse, *have_it: str) -> str | None:
    return Approvers({ROLE: have_it}).refusal(thread.awaiting, said_by(ADA, event))


@pytest.mark.parametrize("decision", [yes(), no()])
def test_only_who_has_the_role_decides(decision: HumanResponse) -> None:
    for may in (["slack:U0123"], ["slack:*"], ["*"], ["token:ops", "slack:U0123"]):
        assert refused(ASKED, decision, *may) is None
    for may in (["U0123"], ["slack"], ["email:U0123"], ["slack:U01234"], ["slack:u0123"], []):
        why = refused(ASKED, decision, *may)
        assert why is not None
        assert ROLE in why
        assert "slack:U0123" in why


def test_a_role_that_is_not_configured_has_nobody_and_without_any_everybody_may() -> None:
    event = said_by(ADA, yes())
    why = Approvers({"another role": ["*"]}).refusal(ASKED.awaiting, event)
    assert why is not None
    assert "AGENT_APPROVERS" in why
    assert Approvers().refusal(ASKED.awaiting, event) is None


def test_the_role_counts_for_what_is_in_doubt_and_for_the_manager_and_not_for_words() -> None:
    doubted = ASKED.append(yes(), started(), asks("in_doubt"), at=NOON)
    assert refused(doubted, yes("human-1"), "email:*") is not None
    asked = thread_of(said(), decided(MANAGER))
    managers = Approvers({"a manager": ["email:ada"]})
    assert managers.refusal(asked.awaiting, said_by(ADA, yes())) is not None
    question = thread_of(said(), decided(QUESTION))
    assert refused(question, answer()) is None
    later = said_by(ADA, postponed("1", NOON.isoformat()))
    assert Approvers({"a manager": ["*"]}).refusal(question.awaiting, later) is None


def test_a_stale_decision_is_told_that_it_is_and_not_that_it_is_forbidden() -> None:
    assert refused(ASKED, yes("another"), "email:*") is None


def client_of(roles: dict[str, list[str]] | None = None) -> TestClient:
    tokens = {
        "ops": Token(secrets=[SecretStr(SECRETS["ops"]), SecretStr(SECRETS["new"])]),
        "reader": Token(secrets=[SecretStr(SECRETS["reader"])], scopes=frozenset({"read"})),
        "writer": Token(secrets=[SecretStr(SECRETS["writer"])], scopes=frozenset({"launch"})),
    }
    store = FileSystemThreadStore(Path(".threads"))
    agent = agent_of(store, model_as_told, approvers=Approvers(roles))
    return TestClient(create_app(Settings(api_tokens=tokens), agent))


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {SECRETS[name]}"}


def waiting(client: TestClient) -> tuple[str, str]:
    headers = {**bearer("ops"), "Prefer": "wait=10"}
    thread = client.post(THREADS, json=told(APPROVAL_STEP), headers=headers).json()
    return thread["id"], thread["awaiting"]["call_id"]


def test_two_secrets_are_valid_at_once_and_say_the_same_name() -> None:
    with client_of() as client:
        thread_id, call_id = waiting(client)
        place = f"{THREADS}/{thread_id}/approvals"
        body = {"call_id": call_id, "approved": False}
        assert client.post(place, json=body, headers=bearer("new")).status_code == 202
        client.headers.update(bearer("ops"))
        thread = settled(client, thread_id)
        assert thread["events"][0]["meta"] == {"channel": "token", "who": "ops"}
        who = {"user": "ops", "channel": "token"}
        assert thread["events"][2]["data"] == {"approved": False, **who}


def test_what_a_body_says_of_a_person_is_not_believed() -> None:
    with client_of() as client:
        thread_id, call_id = waiting(client)
        body = {"call_id": call_id, "approved": False}
        place = f"{THREADS}/{thread_id}/approvals"
        for of_whom in ({"user": "boss"}, {"channel": "slack"}):
            answer = client.post(place, json=body | of_whom, headers=bearer("ops"))
            assert answer.status_code == 422
        assert client.post(place, json=body, headers=bearer("ops")).status_code == 202
        client.headers.update(bearer("ops"))
        assert settled(client, thread_id)["events"][2]["data"]["user"] == "ops"


@pytest.mark.parametrize("approved", [True, False])
def test_who_may_not_decide_is_told_403_and_nothing_changes(approved: bool) -> None:
    with client_of(roles={ROLE: ["slack:U0123"]}) as client:
        thread_id, call_id = waiting(client)
        client.headers.update(bearer("ops"))
        before = client.get(f"{THREADS}/{thread_id}").json()
        body = {"call_id": call_id, "approved": approved}
        answered = client.post(f"{THREADS}/{thread_id}/approvals", json=body)
        assert answered.status_code == 403
        assert ROLE in answered.json()["detail"]
        event: dict[str, Any] = {"spec": {"state": {"thread_id": thread_id, "call_id": call_id}}}
        event["status"] = {"approved": approved}
        webhook = {"type": "function_call.completed", "event": event}
        for hook in HOOKS:
            assert client.post(hook, json=webhook).status_code == 403
        assert client.get(f"{THREADS}/{thread_id}").json() == before
    assert effects() == 0


def test_a_token_does_what_its_scopes_say() -> None:
    with client_of() as client:
        thread_id, call_id = waiting(client)
        created = {"type": "conversation.created", "event": {"user_message": told(DONE)["message"]}}
        said_no = {"call_id": call_id, "approved": False}
        calls: list[tuple[str, str, str, Any]] = [
            ("read", "GET", THREADS, None),
            ("read", "GET", f"{THREADS}/{thread_id}", None),
            ("read", "GET", "/api/v1/openapi.json", None),
            ("launch", "POST", THREADS, told(DONE)),
            ("launch", "POST", f"{THREADS}/{thread_id}/fork", {"at": 1}),
            *(("launch", "POST", hook, created) for hook in HOOKS),
            ("answer", "POST", f"{THREADS}/{thread_id}/approvals", said_no),
            ("answer", "POST", f"{THREADS}/{thread_id}/responses", {"response": "x"}),
            ("answer", "POST", f"{THREADS}/{thread_id}/resume", None),
            ("answer", "POST", f"{THREADS}/{thread_id}/stop", None),
        ]
        for name, scope in (("reader", "read"), ("writer", "launch")):
            for needed, method, place, body in calls:
                status = client.request(method, place, json=body, headers=bearer(name)).status_code
                assert (status == 403) == (needed != scope), (name, method, place, status)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AGENT_API_TOKENS", "no JSON"),
        ("AGENT_API_TOKENS", json.dumps({"ops": {"secrets": []}})),
        ("AGENT_API_TOKENS", json.dumps({"ops": {"secrets": ["short"]}})),
        ("AGENT_API_TOKENS", json.dumps({"ops": {"secrets": ["x" * 20], "scopes": ["all"]}})),
        ("AGENT_API_TOKENS", json.dumps({"a name": {"secrets": ["x" * 20]}})),
        ("AGENT_APPROVERS", "a manager"),
        ("AGENT_APPROVERS", json.dumps(["a manager"])),
        ("AGENT_APPROVERS", json.dumps({"a manager": "ops"})),
    ],
)
def test_a_setting_that_is_wrong_is_one_line(name: str, value: str) -> None:
    code, out, err = Shell({name: value, "AGENT_MODEL": "offline"}).here("threads")
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {name}: ")
    assert err.count("\n") == 1
    assert "xxxx" not in err


def test_at_the_terminal_the_same_holds() -> None:
    roles = {ROLE: ["token:ops"]}
    with shell_with(AGENT_APPROVERS=json.dumps(roles)) as shell:
        thread_id = shell.here(told(APPROVAL_STEP)["message"])[2].split()[-1]
        call_id = waiting_call(shell, thread_id)
        code, _, err = shell.here("approve", thread_id, call_id)
        assert code == 2
        assert ROLE in err
        assert effects() == 0
        shell.variables["AGENT_APPROVERS"] = json.dumps({ROLE: ["terminal:*"]})
        assert shell.here("approve", thread_id, call_id)[0] == 0


def waiting_call(shell: Shell, thread_id: str) -> str:
    thread = json.loads(shell.here("show", thread_id, "--json")[1])
    return str(thread["awaiting"]["call_id"])


@pytest.mark.slow
def test_a_server_without_roles_says_so_at_the_start() -> None:
    for value, says in (("", True), (json.dumps({ROLE: ["*"]}), False)):
        with shell_with(AGENT_APPROVERS=value) as shell, shell.serving() as server:
            assert ("AGENT_APPROVERS is not set" in server.log.read_text("utf-8")) == says


@pytest.mark.slow
def test_a_server_that_is_to_tell_at_a_terminal_says_that_it_does_not() -> None:
    with shell_with(AGENT_CHANNELS="terminal") as shell, shell.serving() as server:
        assert "a server tells nobody by it" in server.log.read_text("utf-8")
