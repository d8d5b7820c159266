"""Whatever arrives is answered with a problem that helps its sender, and never with a 5xx."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.server.app import create_app
from agent.settings import Settings
from agent.store.filesystem import FileSystemThreadStore

from .processes import locked
from .scripted import QUESTION, agent_of
from .serving import HERE, HOOKS, JSON, THREADS, as_told, launch, problem, serving

NOBODY = "00000000-0000-4000-8000-000000000000"
ODD_IDS = ["%2e%2e%2fvictim", "..%2fvictim", "NULL", "%00", "x" * 300, "%ff", "%F0%9F%92%A9"]
ODD_IDS += [NOBODY, NOBODY.replace("-", ""), f"{NOBODY}.json", f"urn:uuid:{NOBODY}", "%0d%0aX: 1"]
BAD_JSON = [b"", b"{", b"\xff", b"\0", b'{"message": "a"', b"[" * 100_000, b'{"a":' * 100_000]
BAD_JSON += [b"message=hello", b'{"message": "\n"}', b"NaN", b'{"message": "a", "x": -Infinity}']
BAD_SHAPES = [b"null", b"[]", b'"hello"', b"{}", b"3", b'{"message": ' + b"9" * 5000 + b"}"]
BAD_SHAPES += [b'{"message": "a", "x": [{"y": 1, "y": 1}]}', b'{"message": "a", "x": 1e999}']
BAD_SHAPES += [b'{"message": "a", "x": -0.01E-400}']
BAD_SHAPES += [b'{"message": 1e999}', b'{"message": null}', b'{"message": " "}', b'{"at": -1}']
BAD_SHAPES += [b'{"message": ["a"]}', b'{"message": {"a": 1}}', b'{"response": "a", "call_id": 1}']


@pytest.fixture
def client() -> Iterator[TestClient]:
    with serving() as client:
        yield client


BODIES: dict[str, dict[str, Any]] = {
    "responses": {"call_id": "1", "response": "a"},
    "approvals": {"call_id": "1", "approved": True},
    "resume": {},
    "stop": {},
    "fork": {"at": 0},
}


def routes(thread_id: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Each with a body that fits."""
    place = f"{THREADS}/{thread_id}"
    posts = [("POST", f"{place}/{what}", body) for what, body in BODIES.items()]
    return [("GET", place, {}), *posts]


@pytest.mark.parametrize("thread_id", ODD_IDS)
def test_what_is_no_id_is_no_thread(client: TestClient, thread_id: str) -> None:
    Path("victim.json").write_text('{"id": "victim"}', "utf-8")
    for method, path, body in routes(thread_id):
        assert problem(client.request(method, path, json=body)) == 404
    assert client.get(THREADS, params={"after": thread_id}).status_code == 404
    assert Path("victim.json").read_text("utf-8") == '{"id": "victim"}'


@pytest.mark.parametrize("body", BAD_JSON, ids=lambda body: repr(body[:12]))
def test_what_is_not_json_is_a_400(client: TestClient, body: bytes) -> None:
    for path in (THREADS, f"{THREADS}/{NOBODY}/fork", *HOOKS):
        answer = client.post(path, content=body, headers=JSON)
        assert problem(answer) == (400 if body else 422)


@pytest.mark.parametrize("body", BAD_SHAPES)
def test_json_of_the_wrong_shape_is_a_422(client: TestClient, body: bytes) -> None:
    paths = [path for _, path, _ in routes(NOBODY) if path.endswith(("s", "fork"))]
    for path in (THREADS, *paths, *HOOKS):
        answer = client.post(path, content=body, headers=JSON)
        assert problem(answer) == 422


@pytest.mark.parametrize("second", [True, False])
def test_a_body_that_says_two_things_says_none(client: TestClient, second: bool) -> None:
    """Most readers take the last of two keys, and a human may have read the first."""
    thread = launch(client, QUESTION)
    call_id, word = thread["awaiting"]["call_id"], "false" if second else "true"
    both = f'"response": "a", "approved": {word}, "approved": {str(second).lower()}'
    for what, said in (("approvals", both), ("responses", '"response": "a", "response": "b"')):
        body = f'{{"call_id": "{call_id}", {said}}}'.encode()
        answer = client.post(f"{THREADS}/{thread['id']}/{what}", content=body, headers=JSON)
        assert problem(answer) == 422
        assert "is there twice" in answer.json()["detail"]
    assert client.get(f"{THREADS}/{thread['id']}").json() == thread


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "a/b", "", "\t"]
)
def test_a_body_of_another_type_is_a_422(client: TestClient, kind: str) -> None:
    answer = client.post(THREADS, content=b'{"message": "a"}', headers={"Content-Type": kind})
    assert problem(answer) == 422


@pytest.mark.parametrize("said", ["\\ud800", "\\udfff\\ud800", "\\u0000", "\\u202e\\u001b[31m"])
def test_halves_of_characters_and_controls_do_no_harm(client: TestClient, said: str) -> None:
    thread_id = launch(client, QUESTION)["id"]
    state = f'{{"thread_id": "{said}", "call_id": "{said}"}}'
    status = f'{{"response": "{said}", "approved": true, "comment": "{said}"}}'
    event = f'{{"user_message": "{said}", "spec": {{"state": {state}}}, "status": {status}}}'
    reply = f'{{"response": "{said}", "call_id": "{said}"}}'
    approval = f'{{"call_id": "{said}", "approved": true, "comment": "{said}"}}'
    types = ("conversation.created", "human_contact.completed", "function_call.completed", said)
    bodies = [f'{{"type": "{type}", "event": {event}}}' for type in types]
    posts = [(hook, body) for hook in HOOKS for body in bodies]
    posts += [(f"{THREADS}/{thread_id}/responses", reply)]
    posts += [(f"{THREADS}/{thread_id}/approvals", approval)]
    for path, body in [*posts, (THREADS, f'{{"message": "{said}"}}'), (THREADS, f'"{said}"')]:
        answer = client.post(path, content=body, headers=JSON)
        assert answer.status_code in (202, 404, 409, 422)


@pytest.mark.parametrize("at", ["1" * 4000, "1e3", "true", '"0"', "0.5"])
def test_numbers_that_are_no_place_are_refused(client: TestClient, at: str) -> None:
    path = f"{THREADS}/{launch(client)['id']}/fork"
    assert problem(client.post(path, content=f'{{"at": {at}}}')) in (409, 422)


def test_an_approval_is_true_or_false_and_nothing_like_it(client: TestClient) -> None:
    odd: list[Any] = ["true", "yes", 1, 0, None, [], "false"]
    for approved in odd:
        body = {"call_id": "1", "approved": approved}
        assert problem(client.post(f"{THREADS}/{NOBODY}/approvals", json=body)) == 422


def test_a_body_over_a_megabyte_is_refused_whatever_its_headers_say(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"message": "'
        for _ in range(11):
            yield b"a" * 100_000
        yield b'"}'

    assert problem(client.post(THREADS, content=chunks())) == 413
    assert problem(client.post(THREADS, json={"message": "a" * 1_000_001})) == 413
    assert client.get(THREADS).json()["threads"] == []


def test_a_message_that_is_too_long_is_refused(client: TestClient) -> None:
    assert problem(client.post(THREADS, json={"message": "a" * 100_001})) == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", THREADS, 405),
        ("PUT", f"{THREADS}/{NOBODY}", 405),
        ("GET", f"{THREADS}/{NOBODY}/responses", 405),
        ("POST", "/healthz", 405),
        ("GET", "/none", 404),
        ("GET", f"{THREADS}/", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/api/v1/threads/a/b/c", 404),
    ],
)
def test_other_methods_and_paths_are_problems_too(
    client: TestClient, method: str, path: str, status: int
) -> None:
    assert problem(client.request(method, path)) == status


def test_a_thread_that_cannot_be_read_is_named_and_left_alone(client: TestClient) -> None:
    torn = Path(".threads", f"{launch(client)['id']}.json")
    whole = torn.read_text("utf-8")
    for content in (whole[:30], "", "null", "[]", "{}", json.dumps({"events": [3]})):
        torn.write_text(content, "utf-8")
        for method, path, body in routes(torn.stem):
            assert problem(client.request(method, path, json=body)) == 409
        assert torn.read_text("utf-8") == content
        assert launch(client)["status"] == "done"


def test_a_thread_that_is_locked_is_a_503_and_nothing_is_stored() -> None:
    store = FileSystemThreadStore(Path(".threads"), patience=0.2)
    app = create_app(Settings(), agent_of(store, as_told))
    with TestClient(app, "http://127.0.0.1", client=HERE) as client:
        thread = launch(client, QUESTION)
        body = {"call_id": thread["awaiting"]["call_id"], "response": "a"}
        path = f"{THREADS}/{thread['id']}/responses"
        with locked(store.root / ".locks" / f"{thread['id']}.write"):
            assert problem(client.post(path, json=body)) == 503
            assert launch(client)["status"] == "done"
        assert client.get(f"{THREADS}/{thread['id']}").json() == thread
        assert client.post(path, json=body).status_code == 202
