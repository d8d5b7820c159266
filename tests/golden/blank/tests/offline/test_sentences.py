"""The sentences: what each asks for, and what is none of them."""

import pytest

from agent.events import AnyEvent

from ..agent.scripted import answer, decided, error, said, thread_of
from .said import decided_for, decided_in

ASKS = "request_more_information"
NOTE = {"intent": "save_note", "name": "shopping", "text": "milk", "overwrite": False}
TAKEN = "there is a note shopping: choose another name, or overwrite it"


@pytest.mark.parametrize(
    ("text", "name", "content", "overwrite"),
    [
        ("note shopping: milk and eggs", "shopping", "milk and eggs", False),
        ("please add a note named Reading List: Dune", "reading-list", "Dune", False),
        ("overwrite the note shopping: bread", "shopping", "bread", True),
        ("no, note shopping: then bread", "shopping", "then bread", False),
        ("note todo: call mum again, please!", "todo", "call mum again, please!", False),
    ],
)
def test_a_note_in_words_is_a_tool(text: str, name: str, content: str, overwrite: bool) -> None:
    step = decided_for(text)
    assert (step["name"], step["text"], step["overwrite"]) == (name, content, overwrite)


@pytest.mark.parametrize(
    "text", ["note", "note shopping", "don't note shopping: milk", "never note shopping: milk"]
)
def test_what_is_no_note_saves_nothing(text: str) -> None:
    assert decided_for(text)["intent"] == ASKS


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("note shopping milk", "“shopping milk” in “note shopping milk”"),
        ("overwrite the note: bread", "“bread” in “overwrite the note: bread”"),
        ("note", "“note”"),
        ("milk", "“milk”"),
    ],
)
def test_what_is_nearly_a_note_is_named_as_what_is_not_understood(text: str, part: str) -> None:
    message = decided_for(text)["message"]
    assert f"I do not understand {part}. This is the offline stand-in" in message


def test_a_word_that_is_misspelt_is_named() -> None:
    assert "“nte” in “nte shopping: milk”" in decided_for("nte shopping: milk")["message"]


@pytest.mark.parametrize("text", ["don't overwrite it", "do not", "what is in it?", "leave it"])
def test_an_answer_that_is_no_name_saves_nothing(text: str) -> None:
    before: list[AnyEvent] = [said("note shopping: milk"), decided(NOTE), error("1", TAKEN)]
    asked = decided_in(thread_of(*before))
    thread = thread_of(*before, decided(asked, "2"), answer("2", text))
    assert decided_in(thread)["intent"] in (ASKS, "done_for_now")


@pytest.mark.parametrize(
    ("said_then", "name", "overwrite"),
    [("overwrite it", "shopping", True), ("groceries", "groceries", False)],
)
def test_a_name_that_is_taken_is_overwritten_or_another(
    said_then: str, name: str, overwrite: bool
) -> None:
    before: list[AnyEvent] = [said("note shopping: milk"), decided(NOTE), error("1", TAKEN)]
    asked = decided_in(thread_of(*before))
    assert asked["intent"] == ASKS
    thread = thread_of(*before, decided(asked, "2"), answer("2", said_then))
    assert decided_in(thread) == NOTE | {"name": name, "overwrite": overwrite}
