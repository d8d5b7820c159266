"""A tool that answers "later": its thread waits for a result from outside, or for its time."""

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import pytest

from agent.due import Policy
from agent.runner import advance
from agent.steps import Later
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import CannotFollow, Thread

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .commands import shell_with
from .scripted import (
    DONE,
    NOON,
    agent_of,
    answer,
    begin,
    decided,
    deferred,
    error,
    go_on,
    loaded,
    model_that_says,
    result,
    said,
    started,
    stopped,
    thread_of,
    types,
    yes,
)
from .serving import launch, serving
from .stores import created, read

UNTIL = NOON + timedelta(minutes=10)


def later(given: Any) -> Any:
    async def handle_next_step(tool: object, call_id: str) -> Any:
        return given

    return handle_next_step


@pytest.mark.parametrize(
    ("given", "data"),
    [
        (Later(), {}),
        (Later(UNTIL), {"until": "2026-01-01T12:10:00+00:00"}),
        (
            Later(UNTIL.astimezone(timezone(timedelta(hours=9)))),
            {"until": "2026-01-01T12:10:00+00:00"},
        ),
        (Later(ref="build 7"), {"ref": "build 7"}),
        (Later(UNTIL, ref=7), {"until": "2026-01-01T12:10:00+00:00", "ref": "7"}),  # type: ignore[arg-type]
        (Later("soon", ref="x" * 9_999), {}),  # type: ignore[arg-type]
        (Later(datetime.max), {}),
        (Later(datetime.min), {}),
    ],
)
def test_what_a_tool_says_of_it_is_kept(
    given: Later, data: dict[str, str], store: FileSystemThreadStore
) -> None:
    """It has begun, so nothing about it is an error."""
    agent = agent_of(store, model_that_says(SAFE_STEP, DONE), handle_next_step=later(given))
    _, thread = begin(agent, said())
    assert types(thread)[-1] == "tool_deferred"
    kept: dict[str, str] = dict(cast(Any, thread.events[-1].data))
    if len(str(kept.get("ref", ""))) > 10:
        kept.pop("ref")
    assert kept in (data, data | {"until": kept.get("until")})
    assert thread.status == "awaiting_result"
    assert loaded(thread).state == thread.state


def test_a_time_without_an_offset_is_this_machine_s(store: FileSystemThreadStore) -> None:
    here = UNTIL.astimezone().replace(tzinfo=None)
    agent = agent_of(store, model_that_says(SAFE_STEP), handle_next_step=later(Later(here)))
    _, thread = begin(agent, said())
    assert thread.events[-1].data == {"until": "2026-01-01T12:10:00+00:00"}


RUNNING = [
    pytest.param([said(), decided(SAFE_STEP)], id="safe"),
    pytest.param([said(), decided(APPROVAL_STEP), yes(), started()], id="approved"),
]


@pytest.mark.parametrize("events", RUNNING)
@pytest.mark.parametrize("comes", [result(), error("1")])
def test_its_result_comes_once(events: list[Any], comes: Any) -> None:
    waiting = thread_of(*events, deferred(ref="build 7"))
    assert waiting.awaiting
    assert (waiting.awaiting.reason, waiting.awaiting.call_id) == ("result", "1")
    given = waiting.append(comes, at=NOON)
    assert given.status == "running"
    for again in (result(data="another"), error("1"), comes, deferred()):
        with pytest.raises(CannotFollow):
            given.append(again, at=NOON)


@pytest.mark.parametrize(
    "event", [result("2"), error("2"), yes(), answer(), started(), said("and?"), deferred("2")]
)
def test_nothing_else_answers_it(event: Any) -> None:
    waiting = thread_of(said(), decided(SAFE_STEP), deferred())
    with pytest.raises(CannotFollow):
        waiting.append(event, at=NOON)


def test_only_a_call_that_runs_can_be_deferred() -> None:
    for events in ([], [decided(APPROVAL_STEP)], [decided(APPROVAL_STEP), yes()], [decided(DONE)]):
        with pytest.raises(CannotFollow):
            thread_of(said(), *events, deferred())


def test_it_can_be_stopped_and_not_forked() -> None:
    waiting = thread_of(said(), decided(SAFE_STEP), deferred())
    assert waiting.append(stopped(), at=NOON).status == "stopped"
    with pytest.raises(CannotFollow, match="amid a call"):
        waiting.fork(2)


def test_the_model_reads_what_was_begun_and_what_became_of_it() -> None:
    thread = thread_of(said(), decided(SAFE_STEP), deferred(ref="build 7"), result(data="built"))
    context = thread.serialize_for_llm()
    assert context.index("build 7") < context.index("built")
    assert "<tool_deferred>" in context


def test_at_its_time_the_model_goes_on_without_it(store: FileSystemThreadStore) -> None:
    now = [NOON]
    agent = agent_of(
        store,
        model_that_says(SAFE_STEP, DONE),
        handle_next_step=later(Later(UNTIL)),
        clock=lambda: now[0],
        policy=Policy(expires_after=timedelta(days=9)),
    )
    thread_id, thread = begin(agent, said())
    assert asyncio.run(advance(thread_id, agent)) == thread  # and runs no second time
    now[0] = UNTIL
    thread = asyncio.run(advance(thread_id, agent))
    assert types(thread)[-2:] == ["expired", "tool_call"]
    assert "what became of it is not known" in thread.serialize_for_llm()
    with pytest.raises(CannotFollow, match="it has begun, and gave no result in time"):
        go_on(agent, thread_id, result(thread.calls[0].call_id))


def call_of(thread: dict[str, Any]) -> str:
    return str(thread["awaiting"]["call_id"])


@pytest.mark.parametrize(
    ("body", "event"),
    [
        ({"result": {"version": 7}}, {"version": 7}),
        ({"result": None}, None),
        ({"result": [1] * 9}, [1] * 9),
        ({"error": "no such\nbranch"}, {"message": "no such branch"}),
    ],
)
def test_over_http(body: dict[str, Any], event: Any) -> None:
    with serving(model_that_says(SAFE_STEP, DONE), handle_next_step=later(Later())) as client:
        thread = launch(client)
        assert (thread["status"], thread["awaiting"]["reason"]) == ("awaiting_result", "result")
        path = f"/api/v1/threads/{thread['id']}/results"
        answered = client.post(path, json={"call_id": call_of(thread), **body})
        assert answered.status_code == 202
        given = next(each for each in answered.json()["events"] if each["data"] == event)
        assert given["meta"] == {"channel": "http", "who": "local"}
        again = client.post(path, json={"call_id": call_of(thread), **body})
        assert again.status_code == 409
        assert "has begun, and has" in again.json()["detail"]  # its result, and not of the thread


@pytest.mark.parametrize(
    "body", [{}, {"result": 1, "error": "both"}, {"error": ""}, {"error": None}, {"error": 7}]
)
def test_what_is_no_result_changes_nothing(body: dict[str, Any]) -> None:
    with serving(model_that_says(SAFE_STEP), handle_next_step=later(Later())) as client:
        thread = launch(client)
        path = f"/api/v1/threads/{thread['id']}"
        body = {"call_id": call_of(thread), **body}
        assert client.post(f"{path}/results", json=body).status_code == 422
        assert client.get(path).json() == thread


def test_a_thread_that_waits_for_a_result_is_found_by_that() -> None:
    with serving(model_that_says(SAFE_STEP), handle_next_step=later(Later())) as client:
        thread = launch(client)
        found = client.get("/api/v1/threads", params={"status": "awaiting_result"}).json()
        assert [each["id"] for each in found["threads"]] == [thread["id"]]


def test_a_result_is_cut_as_a_tool_s_is() -> None:
    with serving(
        model_that_says(SAFE_STEP, DONE), handle_next_step=later(Later()), max_result=1_000
    ) as client:
        thread = launch(client)
        body = {"call_id": call_of(thread), "result": "x" * 100_000}
        client.post(f"/api/v1/threads/{thread['id']}/results", json=body)
        stored: Any = client.get(f"/api/v1/threads/{thread['id']}").json()["events"]
        [given] = [each["data"] for each in stored if each["type"] == "tool_response"]
        assert len(given) < 2_000


@pytest.mark.parametrize(
    ("value", "given"), [("-27", -27), ("done", "done"), ('{"a": 1}', {"a": 1})]
)
def test_from_a_terminal(store: FileSystemThreadStore, value: str, given: Any) -> None:
    thread_id = created(store, thread_of(said(), decided(SAFE_STEP), deferred()))
    before = read(store, thread_id)
    with shell_with(AGENT_STORE_URL=f"file:{store.root}") as shell:
        for wrong in ("--eror=no", "-x", '{"a": 1, "a": 2}', "1e999"):
            code, _, err = shell.here("result", thread_id, "1", wrong)
            assert (code, err.count("\n")) == (2, 1), err
        assert read(store, thread_id) == before
        code, _, err = shell.here("result", thread_id, "1", value)
        assert code == 0, err
        results = (e.data for e in read(store, thread_id).events if e.type == "tool_response")
        assert next(results) == given


def test_a_thread_knows_itself_again_while_it_waits() -> None:
    waiting = thread_of(said(), decided(SAFE_STEP), deferred(until=UNTIL.isoformat()))
    assert isinstance(waiting, Thread)
    assert loaded(waiting).awaiting == waiting.awaiting
