"""Edit, then approve: the call runs as a human changed it, and everybody can see that they did."""

import json
from typing import Any

import pytest

from agent.events import HumanResponse, ToolCall, Trigger
from agent.exactness import is_equal
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import AnotherDelivery, CannotFollow, Thread, WrongArguments

from ..yours.samples import APPROVAL_STEP, SAFE_STEP, effects
from .commands import HERE, shell_with
from .scripted import (
    DONE,
    MANAGER,
    NOON,
    QUESTION,
    agent_of,
    asks,
    begin,
    changed,
    decided,
    go_on,
    loaded,
    model_that_says,
    no,
    said,
    started,
    thread_of,
    types,
    yes,
    yes_with,
)
from .serving import LOCAL, THREADS, launch, serving, settled, tell, told
from .stores import read

CHANGED = changed(APPROVAL_STEP)
BEFORE = {name: value for name, value in APPROVAL_STEP.items() if name != "intent"}
ASKED = thread_of(said(), decided(APPROVAL_STEP))


def call_in(thread: Thread) -> ToolCall:
    call = getattr(thread.state, "call", None)
    assert isinstance(call, ToolCall)
    return call


def test_the_call_runs_with_what_a_human_gave_it_and_the_decision_stays_as_it_was(
    store: FileSystemThreadStore,
) -> None:
    ran: list[Any] = []

    async def tool(step: Any, call_id: str) -> str:
        ran.append((step.model_dump(exclude_none=True), call_id))
        return "done"

    prompts: list[str] = []
    script = model_that_says(APPROVAL_STEP, DONE)

    async def model(thread: Thread) -> Any:
        prompts.append(thread.serialize_for_llm())
        return await script(thread)

    thread_id, thread = begin(agent_of(store, model, handle_next_step=tool), said())
    assert thread.awaiting
    call_id = thread.awaiting.call_id
    agent = agent_of(store, model, handle_next_step=tool)
    thread = go_on(agent, thread_id, yes_with(CHANGED, call_id))
    assert ran == [({"intent": APPROVAL_STEP["intent"], **CHANGED}, call_id)]
    assert thread.events[1].data == APPROVAL_STEP
    assert types(thread)[2:5] == ["human_response", "tool_started", "tool_response"]
    assert "arguments:" in prompts[-1].partition("<human_response>")[2]


def test_it_is_the_changed_call_that_is_in_doubt_and_that_runs_again() -> None:
    thread = ASKED.append(yes_with(CHANGED), started(), at=NOON)
    assert call_in(thread).arguments == CHANGED
    doubted = thread.append(asks("in_doubt"), at=NOON)
    assert doubted.awaiting
    assert doubted.awaiting.arguments == CHANGED
    again = doubted.append(yes("human-1"), at=NOON)
    assert call_in(again).arguments == CHANGED
    assert call_in(loaded(again)).arguments == CHANGED


@pytest.mark.parametrize(
    "arguments",
    [{}, {**BEFORE, "more": 1}, {name: [value] for name, value in BEFORE.items()}],
)
def test_what_its_class_does_not_take_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(WrongArguments, match=APPROVAL_STEP["intent"]):
        ASKED.append(yes_with(arguments), at=NOON)


@pytest.mark.parametrize("intent", [SAFE_STEP["intent"], APPROVAL_STEP["intent"], None])
def test_the_intent_cannot_be_changed(intent: Any) -> None:
    with pytest.raises(WrongArguments, match="the intent of a call cannot be changed"):
        ASKED.append(yes_with({**CHANGED, "intent": intent}), at=NOON)


@pytest.mark.parametrize("instead", [True, "1", "4.9", "\u0661", "1_0"])
def test_what_would_run_as_something_else_is_refused(instead: Any) -> None:
    """Where a number belongs: a yes would be a 1, and a text whatever is read from it."""
    numbers = [name for name, value in BEFORE.items() if type(value) in (int, float)]
    for name in numbers:
        with pytest.raises(WrongArguments):
            ASKED.append(yes_with({**BEFORE, name: instead}), at=NOON)


HALF = [{"a": "\ud800"}, {"\udfff": 1}, {"a": [{"b": "x\udc80y"}]}]


@pytest.mark.parametrize("arguments", HALF, ids=ascii)
def test_what_cannot_be_kept_as_it_is_said_does_not_run(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="half a character"):
        yes_with(arguments)


def test_a_change_that_needs_somebody_else_s_yes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def by_contents(tool: Any) -> str | None:
        return "the owner" if tool.model_dump(exclude_none=True) != APPROVAL_STEP else "a manager"

    monkeypatch.setattr("agent.decisions.approver", by_contents)
    asked = thread_of(said(), decided(APPROVAL_STEP))
    with pytest.raises(CannotFollow, match="the owner"):
        asked.append(yes_with(CHANGED), at=NOON)
    assert call_in(asked.append(yes_with(BEFORE), at=NOON)).arguments == BEFORE


@pytest.mark.parametrize(
    ("thread", "call_id"),
    [
        (thread_of(said(), decided(MANAGER)), "1"),
        (thread_of(said(), decided(QUESTION)), "1"),
        (ASKED.append(yes(), started(), asks("in_doubt"), at=NOON), "human-1"),
    ],
)
def test_only_a_call_that_is_approved_can_be_changed(thread: Thread, call_id: str) -> None:
    with pytest.raises(CannotFollow):
        thread.append(yes_with(CHANGED, call_id), at=NOON)
    refused = HumanResponse(call_id="1", data={"approved": False, "arguments": CHANGED})
    with pytest.raises(CannotFollow):
        ASKED.append(refused, at=NOON)


def test_the_same_change_twice_is_one_and_another_is_refused() -> None:
    once = ASKED.append(yes_with(CHANGED), at=NOON)
    assert once.append(yes_with(CHANGED), at=NOON) is once
    for other in (yes(), yes_with(BEFORE), no()):
        with pytest.raises(CannotFollow):
            once.append(other, at=NOON)


@pytest.mark.parametrize(
    ("one", "other", "are_equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        ({"a": [0, None]}, {"a": [False, None]}, False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([1, 2], [1], False),
        ({"a": "1", "b": [{}]}, {"b": [{}], "a": "1"}, True),
        (2**53 + 1, float(2**53), False),
        (None, False, False),
    ],
)
def test_what_is_the_same_is_the_same_json(one: Any, other: Any, are_equal: bool) -> None:
    """To Python a yes is 1, and whoever says another thing than before would be told that it was
    the same.
    """
    assert is_equal(one, other) == is_equal(other, one) == are_equal
    delivered = thread_of(Trigger(type="order", data={"n": one}, meta={"delivery": "k"}))
    again = Trigger(type="order", data={"n": other}, meta={"delivery": "k"})
    if are_equal:
        assert delivered.append(again, at=NOON) is delivered
    else:
        with pytest.raises(AnotherDelivery):
            delivered.append(again, at=NOON)


def test_over_http() -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        wrong = {"approved": True, "arguments": {"no": "such"}}
        assert tell(client, thread, "approvals", **wrong) == 422
        assert tell(client, thread, "approvals", approved=True, arguments=[1]) == 422
        for half in HALF:
            sent = {"call_id": thread["awaiting"]["call_id"], "approved": True, "arguments": half}
            place = f"{THREADS}/{thread['id']}/approvals"
            assert client.post(place, content=json.dumps(sent)).status_code == 422
        renamed = {**CHANGED, "intent": SAFE_STEP["intent"]}
        assert tell(client, thread, "approvals", approved=True, arguments=renamed) == 422
        assert client.get(f"{THREADS}/{thread['id']}").json() == thread
        assert tell(client, thread, "approvals", approved=True, arguments=CHANGED) == 202
        after = settled(client, thread["id"])
        assert after["events"][2]["data"] == {"approved": True, "arguments": CHANGED, **LOCAL}
        assert tell(client, thread, "approvals", approved=True, arguments=CHANGED) == 202
        assert tell(client, thread, "approvals", approved=True) == 409


def test_from_a_terminal(store: FileSystemThreadStore) -> None:
    [(name, value)] = [pair for pair in CHANGED.items() if pair not in BEFORE.items()]
    with shell_with(AGENT_STORE_URL=f"file:{store.root}") as shell:
        thread_id = shell.here(told(APPROVAL_STEP)["message"])[2].split()[-1]
        call_id = str(read(store, thread_id).events[-1].call_id)
        edit = ("--set", f"{name}={value}")
        for wrong in (
            *([call_id, "--set", name], [call_id, "--set", "no=1"], edit, ["2", *edit]),
            *([call_id, *edit, "--set", change] for change in ("intent=add", f"{name}=b")),
            [call_id, "--set", f"{name}=\udcff"],
            [call_id, "--set", 'new=["\\ud800"]'],
            [call_id, "--set", "new=" + "[" * 100_000],
        ):
            code, _, err = shell.here("approve", thread_id, *wrong)
            assert (code, len(err.splitlines())) == (2, 1), wrong
        assert effects() == 0
        shell.here("approve", thread_id, call_id, *edit)
        [answer] = [e for e in read(store, thread_id).events if isinstance(e, HumanResponse)]
        assert answer.data == {"approved": True, "arguments": CHANGED, **HERE}
        assert shell.here("approve", thread_id, call_id, *edit)[0] == 0  # the same is no other
        code, _, err = shell.here("approve", thread_id, call_id)
        assert (code, len(err.splitlines())) == (2, 1)
        assert "it was approved with other arguments by terminal:" in err
