"""The same delivery is the same thread, by whichever door it comes and however often."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from agent.inbound import delivery_id

from ..yours.samples import SAFE_STEP
from .commands import Server, shell_with
from .openai_server import Reply
from .scripted import DONE
from .serving import (
    CONVERSATIONS,
    HOOKS,
    THREADS,
    kinds,
    problem,
    serving,
    settled,
    told,
)

KEY = {"Idempotency-Key": "order 17"}
WEBHOOK = {"webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"}
Body = dict[str, Any]


def conversation(message: str) -> Body:
    event = {"user_message": message}
    return {"is_test": False, "type": "conversation.created", "event": event}


def contact(thread_id: str, words: str) -> Body:
    event = {"spec": {"state": {"thread_id": thread_id}}, "status": {"response": words}}
    return {"is_test": False, "type": "human_contact.completed", "event": event}


DOORS: list[tuple[str, Callable[[str], Body]]] = [
    (THREADS, lambda message: {"message": message}),
    *((hook, conversation) for hook in HOOKS),
]


def id_in(answer: httpx2.Response) -> str:
    assert answer.is_success, answer.text
    body = answer.json()
    return str(body.get("thread_id") or body["id"])


def threads_of(client: TestClient | httpx2.Client) -> list[str]:
    return [thread["id"] for thread in client.get(THREADS).json()["threads"]]


@pytest.mark.parametrize(("door", "body_of"), DOORS)
@pytest.mark.parametrize("key", [KEY, WEBHOOK])
def test_a_launch_that_comes_again_is_the_same_thread(
    door: str, body_of: Callable[[str], Body], key: dict[str, str]
) -> None:
    body = body_of(told(SAFE_STEP)["message"])
    with serving() as client:
        first = id_in(client.post(door, json=body, headers=key))
        thread = settled(client, first)
        again = client.post(door, json=body, headers=key | {"Prefer": "wait=10"})
        assert id_in(again) == first
        assert settled(client, first) == thread
        other = client.post(door, json=body_of("something else"), headers=key)
        assert problem(other) == 422
        assert "under this key" in other.json()["detail"]
        assert settled(client, first) == thread
        assert threads_of(client) == [first]
        without = {id_in(client.post(door, json=body)) for _ in range(2)}
        assert len(without | {first}) == 3
        another = {name: f"{value}2" for name, value in key.items()}
        assert id_in(client.post(door, json=body, headers=another)) not in without | {first}


def test_a_key_may_be_anything_and_not_everything() -> None:
    body = {"message": "hello"}
    with serving() as client:
        for key in ("a" * 255, '"quoted"', "../../x", "\u00e9"):
            sent = [(b"Idempotency-Key", key.encode())]
            assert client.post(THREADS, json=body, headers=sent).is_success, key
        for none in ("", "a" * 256):
            for name in ("Idempotency-Key", "webhook-id"):
                answer = client.post(THREADS, json=body, headers={name: none})
                assert problem(answer) == 422
                assert name.lower() in answer.json()["detail"]
        for name in ("Idempotency-Key", "webhook-id"):
            twice = client.post(THREADS, json=body, headers=[(name, "a"), (name, "b")])
            assert problem(twice) == 422


def test_a_key_is_one_door_s() -> None:
    message = told(SAFE_STEP)["message"]
    with serving() as client:
        ids = {id_in(client.post(door, json=body(message), headers=KEY)) for door, body in DOORS}
        assert len(ids) == len(DOORS)


@pytest.mark.parametrize("door", ["responses", "conversations"][: len(DOORS)])
def test_a_follow_up_that_comes_again_is_said_once(door: str) -> None:
    with serving() as client:
        thread_id = id_in(client.post(THREADS, json={"message": "hello"}))
        settled(client, thread_id)

        def follow_up(words: str) -> httpx2.Response:
            if door == "conversations":
                return client.post(CONVERSATIONS, json=contact(thread_id, words), headers=WEBHOOK)
            return client.post(
                f"{THREADS}/{thread_id}/responses", json={"response": words}, headers=KEY
            )

        for _ in range(3):
            assert id_in(follow_up("and now?")) == thread_id
        assert kinds(settled(client, thread_id)) == ["user_input", "tool_call"] * 2
        assert id_in(follow_up("and now?")) == thread_id
        assert problem(follow_up("something else")) == 422
        assert kinds(settled(client, thread_id)) == ["user_input", "tool_call"] * 2


def test_the_id_is_derived_from_all_of_its_names() -> None:
    assert delivery_id("a", "b") == delivery_id("a", "b")
    names = [("a", "b"), ("b", "a"), ("ab",), ("a",), ("a", "")]
    assert len({delivery_id(*each) for each in names}) == len(names)


@pytest.mark.slow
def test_a_hundred_at_once_at_two_servers_and_after_a_kill_are_one_thread() -> None:
    asked: list[str] = []
    counted = threading.Lock()

    def model(prompt: str) -> Reply:
        with counted:
            asked.append(prompt)
        return Reply(json.dumps(DONE), delay=0.3)

    with shell_with(model) as shell, shell.serving() as one:
        with shell.serving() as two:
            ids = set(many(one, two))
            [thread_id] = ids
            assert threads_of(one.client) == threads_of(two.client) == [thread_id]
            two.kill()
        with shell.serving() as three:
            assert set(many(one, three)) == ids
            happened = kinds(settled(three.client, thread_id))
    # Asked a second time only where the server that was killed was amid the first.
    again = ["restarted"] * (len(asked) - 1)
    assert (len(asked) <= 2, happened) == (True, ["user_input", *again, "tool_call"])


def many(*servers: Server) -> list[str]:
    def send(number: int) -> str:
        server = servers[number % len(servers)]
        return id_in(server.client.post(THREADS, json={"message": "hello"}, headers=KEY))

    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(send, range(100)))
