"""Launch, query and list over HTTP, as CONTRACT's table has it."""

import asyncio
import time
from threading import Event
from typing import Any

import pytest

from agent.events import AnyEvent
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import DONE, MANAGER, NOON, QUESTION, Model, decided, said
from .serving import THREADS, kinds, launch, problem, serving, settled, tell, told

ASKED = ["call_id", "reason", "intent", "arguments", "question"]
AWAITING = [*ASKED, "urgency", "format", "choices", "approver", "expires_at", "contacted"]
SUMMARY = ["id", "status", "awaiting", "version", "created", "updated"]


def slow_model() -> tuple[Model, Event]:
    """A model that thinks until it is released."""
    released = Event()

    async def slow(thread: Thread) -> AnyEvent:
        await asyncio.to_thread(released.wait, 10)
        return decided(DONE)

    return slow, released


def test_healthz_says_ok() -> None:
    answer = serving().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_launch_is_answered_while_the_model_still_thinks() -> None:
    slow, released = slow_model()
    with serving(slow) as client:
        begun = time.monotonic()
        answer = client.post(THREADS, json={"message": "hello"})
        assert time.monotonic() - begun < 5
        thread = answer.json()
        assert (answer.status_code, thread["status"], thread["version"]) == (202, "running", 1)
        assert answer.headers["Location"] == f"{THREADS}/{thread['id']}"
        assert client.get(answer.headers["Location"]).json() == thread
        released.set()
        assert settled(client, thread["id"])["status"] == "done"


def test_prefer_wait_answers_200_as_soon_as_the_thread_does_not_run() -> None:
    with serving() as client:
        thread = launch(client, SAFE_STEP)
        assert kinds(thread) == ["user_input", "tool_call", "tool_response", "tool_call"]
        assert (thread["status"], thread["version"], thread["awaiting"]) == ("done", 4, None)
        assert launch(client, QUESTION)["status"] == "awaiting_human_response"


def test_prefer_wait_answers_202_when_the_time_is_over() -> None:
    slow, released = slow_model()
    with serving(slow) as client:
        begun = time.monotonic()
        answer = client.post(THREADS, json={"message": "hello"}, headers={"Prefer": "wait=1"})
        assert 0.9 < time.monotonic() - begun < 8
        assert (answer.status_code, answer.json()["status"]) == (202, "running")
        released.set()


@pytest.mark.parametrize(
    "sent",
    [
        {"content": '{"message": "x"}', "headers": {"Content-Type": "text/plain"}},
        {"data": {"message": "x"}},
        {"json": ["x"]},
        {"json": None},
        {},
    ],
)
def test_a_body_that_is_no_object_is_told_how_to_be_one(sent: dict[str, Any]) -> None:
    with serving() as client:
        answer = client.post(THREADS, **sent)
        assert problem(answer) == 422
        assert answer.json()["detail"] == "send a JSON object, with Content-Type: application/json"


@pytest.mark.parametrize(
    "prefer",
    [
        ["wait=10"],
        ["respond-async", "wait=10"],
        ["respond-async, Wait = 10; x=1"],
        ['wait="10"'],
        ["wait=99999999999"],
    ],
)
def test_a_preference_is_known_in_every_form_that_it_has(prefer: list[str]) -> None:
    with serving() as client:
        headers = [("Prefer", each) for each in prefer]
        answer = client.post(THREADS, json=told(), headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (200, "done")


@pytest.mark.parametrize(
    "prefer", ["wait=", "wait=-1", "wait=x", "respond-async", "wait=0", "x-wait=10", "wait=1.5"]
)
def test_a_preference_that_makes_no_sense_is_passed_over(prefer: str) -> None:
    with serving() as client:
        answer = client.post(THREADS, json=told(), headers={"Prefer": prefer})
        assert answer.status_code in (200, 202)


def test_a_thread_that_waits_says_for_what() -> None:
    style = {"urgency": "high", "format": "multiple_choice", "choices": ["red", "blue"]}
    with serving() as client:
        waiting = launch(client, QUESTION | style)["awaiting"]
        assert sorted(waiting) == sorted(AWAITING)
        assert (waiting["reason"], waiting["question"]) == ("question", QUESTION["message"])
        assert {name: waiting[name] for name in style} == style
        waiting = launch(client, APPROVAL_STEP)["awaiting"]
        assert {"intent": waiting["intent"], **waiting["arguments"]} == APPROVAL_STEP
        assert (waiting["reason"], waiting["format"]) == ("approval", "yes_no")
        assert launch(client, MANAGER)["status"] == "awaiting_human_approval"


def test_threads_are_listed_page_by_page_the_oldest_first() -> None:
    with serving() as client:
        ids = {launch(client)["id"] for _ in range(5)}
        pages: list[list[str]] = []
        after: dict[str, str] = {}
        for _ in range(3):
            page = client.get(THREADS, params={"limit": 2, **after}).json()
            pages.append([thread["id"] for thread in page["threads"]])
            after = {"after": page["next"]}
        assert [len(page) for page in pages] == [2, 2, 1]
        assert {thread_id for page in pages for thread_id in page} == ids
        assert page["next"] is None
        assert sorted(page["threads"][0]) == sorted(SUMMARY)


def test_threads_are_filtered_by_status() -> None:
    with serving() as client:
        done, waits = launch(client), launch(client, QUESTION)
        for status, thread in (("done", done), ("awaiting_human_response", waits)):
            found = client.get(THREADS, params={"status": status}).json()["threads"]
            assert [each["id"] for each in found] == [thread["id"]]
        assert client.get(THREADS, params={"status": "failed"}).json()["threads"] == []
        assert client.get(THREADS, params={"status": "asleep"}).status_code == 422


def test_a_page_goes_on_behind_a_thread_that_left_the_filter() -> None:
    """Who works through what waits answers the last one of a page, and asks for the next page."""
    with serving() as client:
        threads = [launch(client, QUESTION, DONE) for _ in range(3)]
        waiting = sorted(threads, key=lambda thread: str(thread["id"]))  # all of the same age
        query: dict[str, str | int] = {"status": "awaiting_human_response", "limit": 2}
        page = client.get(THREADS, params=query).json()
        assert page["next"] == waiting[1]["id"]
        assert tell(client, settled(client, waiting[1]["id"]), "responses", response="red") == 202
        settled(client, waiting[1]["id"])
        rest = client.get(THREADS, params={**query, "after": page["next"]}).json()
        assert [item["id"] for item in rest["threads"]] == [waiting[2]["id"]]
        assert rest["next"] is None


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1" * 30])
def test_a_limit_that_makes_no_sense_is_refused(limit: str) -> None:
    assert serving().get(THREADS, params={"limit": limit}).status_code == 422


def test_what_was_running_goes_on_when_the_server_starts(store: FileSystemThreadStore) -> None:
    thread_id = asyncio.run(store.create(Thread().append(said(), at=NOON)))
    with serving() as client:
        assert settled(client, thread_id)["status"] == "done"
