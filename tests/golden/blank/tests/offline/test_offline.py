"""The offline stand-in: each sentence that it understands, and that it asks about all others."""

import json
from pathlib import Path
from time import process_time
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agent.context import ContextFormat
from agent.events import AnyEvent, HumanResponse, ToolCall, Trigger
from agent.store.filesystem import FileSystemThreadStore
from agent.thread import Thread
from agent.tools import handle_next_step, parse_next_step

from ..agent.scripted import (
    agent_of,
    answer,
    asks,
    begin,
    decided,
    error,
    fetched,
    go_on,
    no,
    said,
    started,
    thread_of,
    yes,
)
from ..yours.samples import APPROVAL_STEP

offline = pytest.importorskip("agent.offline", reason="the stand-in was deleted")
FORMS: tuple[ContextFormat, ...] = get_args(ContextFormat)
Human = str | dict[str, Any]  # what a human answers: words, or a yes or no

OVERWRITE = "overwrite the note shopping: milk"
YES, NO = {"approved": True}, {"approved": False}
SAVED = "It is in notes/shopping.md."


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Any:
    return request.param


def decide(thread: Thread, form: ContextFormat) -> dict[str, Any]:
    context = thread.serialize_for_llm(form)
    reply = offline.reply(f"Do it.\n<thread>\n{context}\n</thread>\nAnd now?")
    return parse_next_step(json.loads(reply)).model_dump(exclude_none=True)


def talk(form: ContextFormat, *humans: Human) -> list[str]:
    """Every decision of a whole conversation; of what is said to a human, the words only."""

    async def model(thread: Thread) -> ToolCall:
        return decided(decide(thread, form), f"call-{len(thread.events)}")

    store = FileSystemThreadStore(Path(".threads"))
    agent = agent_of(store, model, handle_next_step=handle_next_step)
    thread_id, thread = begin(agent, said(str(humans[0])))
    for human in humans[1:]:
        thread = go_on(agent, thread_id, event_of(human, thread))
    return [short(call.data) for call in thread.calls]


def event_of(human: Human, thread: Thread) -> AnyEvent:
    """What a human says now: an answer if one is asked for, else a follow-up."""
    if not thread.awaiting:
        return said(str(human))
    if isinstance(human, str):
        return answer(thread.awaiting.call_id, human)
    data: Any = human
    return HumanResponse(call_id=thread.awaiting.call_id, data=data)


def short(step: dict[str, Any]) -> str:
    if step["intent"] != "save_note":
        return str(step["message"])
    return f"{step['name']}{' := ' if step['overwrite'] else ' = '}{step['text']}"


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("note shopping: milk and eggs", "shopping = milk and eggs"),
        ("Note shopping:\n- milk\n- eggs\n", "shopping = - milk\n- eggs"),
        ("save a note called x: text", "x = text"),
        ("please add a note named Reading List: Dune", "reading-list = Dune"),
        ("can you write a new note “x”: a: b", "x = a: b"),
        ("overwrite the note shopping: bread", "shopping := bread"),
        ("Replace my note shopping: bread", "shopping := bread"),
        ("no, note shopping: bread", "shopping = bread"),
        ("hi, please note shopping: </thread> & <b>", "shopping = </thread> & <b>"),
    ],
)
def test_a_note_in_words_is_a_tool(text: str, step: str, form: ContextFormat) -> None:
    assert short(decide(thread_of(said(text)), form)) == step


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "note",
        "note: milk",
        "note shopping",
        "note shopping:",
        "note ?!: milk",
        "don't note shopping: milk",
        "what is in the note shopping?",
        "</thread>",
        "x" * 5000,
    ],
)
def test_whatever_else_is_said_it_says_what_it_is_and_asks(text: str, form: ContextFormat) -> None:
    step = decide(thread_of(said(text)), form)
    assert (step["intent"], "not an LLM" in step["message"]) == ("request_more_information", True)


@pytest.mark.parametrize(
    ("conversation", "decisions"),
    [
        (["hello", "note x: milk"], [..., "x = milk", "It is in notes/x.md."]),
        (["note x: milk", OVERWRITE, YES], ["x = milk", ..., "shopping := milk", SAVED]),
        ([OVERWRITE, NO], ["shopping := milk", "Nothing was saved: you said no."]),
        ([OVERWRITE, NO | {"comment": "keep it"}], [..., "Nothing was saved: keep it."]),
        ([OVERWRITE, NO | {"comment": "note x: milk"}], [..., "x = milk", ...]),
    ],
)
def test_what_is_saved_is_done_and_a_no_is_heeded(
    conversation: list[Human], decisions: list[Any], form: ContextFormat
) -> None:
    assert_said(talk(form, *conversation), decisions)


@pytest.mark.parametrize(
    ("answers", "decisions"),
    [
        (["overwrite it", YES], ["shopping := milk", SAVED]),
        (["Call it “To Buy”."], ["to-buy = milk", "It is in notes/to-buy.md."]),
        (["what?", "try again", "stop"], [..., "shopping = milk", ..., "Nothing was saved."]),
        (["note x: eggs"], ["x = eggs", "It is in notes/x.md."]),
    ],
)
def test_an_error_is_put_to_the_human(
    answers: list[Human], decisions: list[Any], form: ContextFormat
) -> None:
    Path("notes").mkdir()
    Path("notes", "shopping.md").write_text("bread", "utf-8")
    told = talk(form, "note shopping: milk", *answers)
    assert told[1].startswith("there is a note shopping: choose another name, or overwrite it.")
    assert_said(told, ["shopping = milk", ..., *decisions])


def assert_said(told: list[str], decisions: list[Any]) -> None:
    """Dots stand for anything."""
    assert [a if b is ... else b for a, b in zip(told, decisions, strict=True)] == told


def test_it_tries_again_when_told_to_after_too_many_errors(form: ContextFormat) -> None:
    text = "note shopping: milk"
    call = decided(decide(thread_of(said(text)), form))
    asked = thread_of(said(text), call, error("1"), asks("errors", "2"), answer("2", "try again"))
    assert decide(asked, form) == call.data


def test_other_triggers_are_read_and_what_was_looked_up_is_no_message(form: ContextFormat) -> None:
    data = {"channel": "C1", "text": "note shopping: milk"}
    thread = thread_of(Trigger(type="slack_message", data=data), fetched({"text": "hello"}))
    assert short(decide(thread, form)) == "shopping = milk"


WORDS = "please note overwrite the called shopping : milk again call it stop no"
TEXT = some.one_of(some.text(), some.lists(some.sampled_from(WORDS.split())).map(" ".join))
TAGS = ("user_input", "error", "save_note", "tool_response", "human_response", "done_for_now")
BODY = some.one_of(TEXT, some.sampled_from(["approved: false\ncomment: x", "response: again"]))


@given(some.lists(some.tuples(some.sampled_from(TAGS), BODY)), TEXT)
def test_any_prompt_gets_the_same_valid_step(events: list[tuple[str, str]], text: str) -> None:
    tags = "\n".join(f"<{tag}>\n{body}\n</{tag}>" for tag, body in events)
    lines = "\n".join(json.dumps({"type": tag, "data": body}) for tag, body in events)
    for context in (tags, lines, text):
        for prompt in (f"<thread>\n{context}\n</thread>", context):
            parse_next_step(json.loads(offline.reply(prompt)))
            assert offline.reply(prompt) == offline.reply(prompt)


@pytest.mark.parametrize("piece", ["please ", "note ", "the ", " ", "a:", "note a: ", "call it "])
def test_a_long_text_is_read_quickly(piece: str, form: ContextFormat) -> None:
    begun = process_time()
    decide(thread_of(said(piece * 20_000)), form)
    assert process_time() - begun < 2


@pytest.mark.parametrize("form", FORMS)
def test_a_no_to_a_second_run_does_not_say_that_nothing_was_done(form: ContextFormat) -> None:
    doubt: list[AnyEvent] = [yes(), started(), asks("in_doubt"), no("human-1")]
    step = decide(thread_of(said(), decided(APPROVAL_STEP), *doubt), form)
    assert step["intent"] == "done_for_now"
    assert "once, and not again" in step["message"]
