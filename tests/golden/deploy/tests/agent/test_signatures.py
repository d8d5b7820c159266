"""Standard Webhooks: what is signed is believed for five minutes, and nothing else is."""

import json
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from agent.server.app import create_app
from agent.settings import Settings
from agent.signatures import ID, SIGNATURE, TIMESTAMP, TOLERANCE, fault_in, headers_for, keys_in
from agent.store.filesystem import FileSystemThreadStore

from ..yours.samples import APPROVAL_STEP
from .commands import Shell
from .scripted import QUESTION, agent_of
from .serving import HERE, THREADS, TOKEN, as_told, kinds, problem, settled, told

OLD, NEW = (f"whsec_{b64encode(bytes([number]) * 32).decode()}" for number in (1, 2))
KEYS = keys_in(OLD)
NOW = 1_760_000_000
BODY = b'{"type": "conversation.created"}'
BEARER = {"Authorization": f"Bearer {TOKEN}"}
pytest.importorskip("agent.channels.conversations", reason="this channel was deleted")
HOOK = "/api/v1/conversations"


def test_it_is_the_signature_of_the_specification() -> None:
    """The vector of its own reference libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = {
        ID: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        TIMESTAMP: "1614265330",
        SIGNATURE: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    body = b'{"test": 2432232314}'
    assert fault_in(headers, body, keys_in(secret), 1614265330) is None
    assert headers_for(keys_in(secret), headers[ID], 1614265330, body) == headers


@pytest.mark.parametrize("seconds", [-TOLERANCE, 0, TOLERANCE])
def test_it_is_believed_for_five_minutes_either_way(seconds: int) -> None:
    headers = headers_for(KEYS, "msg_1", NOW + seconds, BODY)
    assert fault_in(headers, BODY, KEYS, NOW) is None
    assert fault_in(headers, BODY, KEYS, NOW - (1 if seconds >= 0 else -1) * 601) is not None


def test_either_of_two_secrets_will_do_and_either_of_two_signatures() -> None:
    both = keys_in(f"{NEW}, {OLD}")
    for signs in (keys_in(OLD), keys_in(NEW), both):
        assert fault_in(headers_for(signs, "msg_1", NOW, BODY), BODY, both, NOW) is None
    for holds in (keys_in(OLD), keys_in(NEW)):
        assert fault_in(headers_for(both, "msg_1", NOW, BODY), BODY, holds, NOW) is None
    assert fault_in(headers_for(keys_in(NEW), "msg_1", NOW, BODY), BODY, KEYS, NOW) is not None


RIGHT = headers_for(KEYS, "msg_1", NOW, BODY)
HASH = RIGHT[SIGNATURE].removeprefix("v1,")
ALTERED: list[dict[str, str]] = [
    *({name: value} for name in RIGHT for value in ("", " ", "\xff", "\ud800", "x" * 9000)),
    {ID: "msg_2"},
    {ID: f"msg_1.{NOW}"},
    *(
        {TIMESTAMP: at}
        for at in (f"{NOW}.0", f"+{NOW}", f" {NOW}", "nan", "-1", "1e9", "٣", "9" * 20)
    ),
    {TIMESTAMP: str(NOW + 1)},
    *(
        {SIGNATURE: given}
        for given in (HASH, f"v1a,{HASH}", f"v2,{HASH}", f"V1,{HASH}", "v1,", ",")
    ),
    *(
        {SIGNATURE: given}
        for given in (f"v1,{HASH[:-1]}", f"v1,{HASH.lower()}", f"v1,v1,{HASH}", "v1")
    ),
]


@pytest.mark.parametrize("altered", ALTERED, ids=ascii)
def test_what_is_altered_is_not_believed(altered: dict[str, str]) -> None:
    assert fault_in(RIGHT, BODY, KEYS, NOW) is None
    assert fault_in(RIGHT | altered, BODY, KEYS, NOW)


@pytest.mark.parametrize("body", [b"", BODY + b" ", BODY[:-1], b"\xff" + BODY, BODY.upper()])
def test_another_body_is_not_believed(body: bytes) -> None:
    assert fault_in(RIGHT, body, KEYS, NOW) == "its signature is wrong"


@pytest.mark.parametrize(
    "secret",
    ["whsec_", "whsec_short", "whsec_\u00e9" * 9, f"{NEW},", f"{NEW},x", "not base64 at all!" * 3],
)
def test_a_secret_that_is_none_is_one_line_at_the_start(secret: str) -> None:
    code, out, err = Shell({"AGENT_WEBHOOK_SECRET": secret, "AGENT_MODEL": "offline"}).here(
        "threads"
    )
    assert (code, out) == (2, "")
    assert err.startswith("error: AGENT_WEBHOOK_SECRET: use whsec_")
    assert err.count("\n") == 1
    assert NEW not in err


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Of a server that has both a token and secrets, the new one before the old."""
    settings = Settings(api_token=SecretStr(TOKEN), webhook_secret=SecretStr(f"{NEW},{OLD}"))
    agent = agent_of(FileSystemThreadStore(Path(".threads")), as_told)
    with TestClient(
        create_app(settings, agent), client=HERE, raise_server_exceptions=False
    ) as client:
        yield client


def send(
    client: TestClient, content: Any, name: str = "msg_1", secret: str = OLD, **changed: str
) -> Any:
    """As its sender does: `content` is JSON, or the bytes themselves."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = headers_for(keys_in(secret), name, int(time.time()), body)
    headers |= {"Content-Type": "application/json"}
    headers |= {key.replace("_", "-"): value for key, value in changed.items()}
    sent = {key.encode().lower(): value.encode("latin-1") for key, value in headers.items()}
    return client.post(HOOK, content=body, headers=sent)


def created(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"type": "conversation.created", "event": {"user_message": told(*steps)["message"]}}


def decision(thread: dict[str, Any], approved: bool = True) -> dict[str, Any]:
    state = {"thread_id": thread["id"], "call_id": thread["awaiting"]["call_id"]}
    event = {"spec": {"state": state}, "status": {"approved": approved}}
    return {"type": "function_call.completed", "event": event}


def all_of(client: TestClient) -> list[dict[str, Any]]:
    threads: list[dict[str, Any]] = client.get(THREADS, headers=BEARER).json()["threads"]
    return threads


@pytest.mark.parametrize("left_out", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_nobody_s_body_is_waited_for_who_has_not_signed(client: TestClient, left_out: str) -> None:
    def never() -> Iterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    headers = headers_for(keys_in(NEW), "msg_1", int(time.time()), b"")
    del headers[left_out]
    assert client.post(HOOK, content=never(), headers=headers).status_code == 401


def waiting(client: TestClient) -> dict[str, Any]:
    headers = BEARER | {"Prefer": "wait=10"}
    thread: dict[str, Any] = client.post(THREADS, json=told(APPROVAL_STEP), headers=headers).json()
    return thread


def test_a_signature_is_in_place_of_the_token(client: TestClient) -> None:
    """Whoever has the token alone cannot pose as who signs; elsewhere the token is what counts."""
    assert send(client, created()).status_code == 202
    assert problem(client.post(HOOK, json=created(), headers=BEARER)) == 401
    assert problem(send(client, created(), Authorization=f"Bearer {TOKEN}", webhook_id="x")) == 401
    body = json.dumps(told()).encode()
    signed = headers_for(keys_in(OLD), "msg_1", int(time.time()), body)
    assert problem(client.post(THREADS, content=body, headers=signed)) == 401
    assert len(all_of(client)) == 1


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_who_signs_is_known_and_may_answer(client: TestClient, secret: str) -> None:
    thread = waiting(client)
    assert send(client, decision(thread), secret=secret).status_code == 202
    client.headers.update(BEARER)
    after = settled(client, thread["id"])["events"][2]["data"]
    assert after == {"approved": True, "user": "signed", "channel": "webhook"}


def test_the_same_delivery_again_is_the_same(client: TestClient) -> None:
    """A key that is not signed makes no other of it."""
    ids = {send(client, created()).json()["thread_id"] for _ in range(3)}
    ids.add(send(client, created(), Idempotency_Key="another").json()["thread_id"])
    ids.add(send(client, created(), secret=NEW).json()["thread_id"])
    assert len(ids) == 1
    assert problem(send(client, created(QUESTION))) == 422
    assert send(client, created(), "msg_2").json()["thread_id"] not in ids
    thread = waiting(client)
    answers = [send(client, decision(thread), name).status_code for name in ("a", "a", "b")]
    assert answers == [202] * 3
    assert problem(send(client, decision(thread, approved=False), "c")) == 409
    client.headers.update(BEARER)
    after = settled(client, thread["id"])
    assert (after["status"], kinds(after).count("tool_response")) == ("done", 1)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"type": "\\ud800"}', BODY]
)
@pytest.mark.parametrize(
    "changed",
    [
        {"webhook_id": ""},
        {"webhook_id": "msg_2"},
        {"webhook_timestamp": "1"},
        {"webhook_timestamp": "soon"},
        {"webhook_signature": "v1,\xff"},
        {"webhook_signature": "v1"},
        {"webhook_signature": HASH},
        {"Content_Type": "text/plain", "webhook_signature": ""},
    ],
    ids=str,
)
def test_of_what_is_not_signed_nothing_is_read_and_nothing_saved(
    client: TestClient, body: bytes, changed: dict[str, str]
) -> None:
    """The same answer, whatever is in it: its JSON is not looked at."""
    assert problem(send(client, body, **changed)) == 401
    assert all_of(client) == []


def test_a_header_that_is_there_twice_is_not_believed(client: TestClient) -> None:
    body = json.dumps(created()).encode()
    right = headers_for(keys_in(OLD), "msg_1", int(time.time()), body)
    for name in right:
        twice = [*right.items(), (name, right[name]), ("Content-Type", "application/json")]
        assert problem(client.post(HOOK, content=body, headers=twice)) == 401
    assert all_of(client) == []


def test_what_is_signed_and_odd_is_refused_as_ever(client: TestClient) -> None:
    odd = {b"{": 400, b"\xff": 400, b"": 422, b"[]": 422, b'{"type": "\\ud800"}': 422}
    for number, (body, status) in enumerate(odd.items()):
        assert problem(send(client, body, f"msg_{number}")) == status
    assert all_of(client) == []


def test_without_a_secret_the_token_is_what_counts() -> None:
    settings = Settings(api_token=SecretStr(TOKEN))
    agent = agent_of(FileSystemThreadStore(Path(".threads")), as_told)
    with TestClient(create_app(settings, agent), client=HERE) as client:
        assert problem(send(client, created())) == 401
        assert client.post(HOOK, json=created(), headers=BEARER).status_code == 202
