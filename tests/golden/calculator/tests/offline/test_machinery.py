"""What holds for the rules whatever their sentences are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agent.context import ContextFormat
from agent.offline.clauses import understand
from agent.offline.grammar import Rules, Sentence, Slot
from agent.offline.sentences import RULES

from ..agent.costs import takes_less
from ..agent.scripted import NOON, answer, asks, decided, error, expired, said, thread_of
from ..yours.samples import APPROVAL_STEP
from .said import decided_for, decided_in

ASKS = "request_more_information"
TYPED = "".join(map(chr, range(32, 127))) + "\u2019\n"
PATTERNS = " ".join(each.patterns for each in RULES.sentences)
WORDS = sorted(set(re.findall(r"[a-z]{2,}", PATTERNS)))
CHOICES = sorted({word for slot in RULES.places.values() for word in slot.choices})
SAYINGS = ["3", "A-77", "v1.2.0", "it", "and", "or", "not", "then", "again", "x: y", "?"]
# What is not printed stands in the two formats in two ways, and an answer quotes it as it stands.
PRINTED = some.text(some.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=200)
TEXTS = PRINTED | some.lists(some.sampled_from(WORDS + CHOICES * 3 + SAYINGS), max_size=8).map(
    " ".join
)


@given(some.text(max_size=200))
def test_any_text_at_all_has_a_step(text: str) -> None:
    assert decided_for(text, "xml")["intent"] == decided_for(text, "json")["intent"]


@given(TEXTS)
def test_a_text_has_the_same_step_in_both_formats(text: str) -> None:
    assert decided_for(text, "xml") == decided_for(text, "json")


@given(some.lists(TEXTS, min_size=2, max_size=5))
def test_a_conversation_has_a_step_at_each_turn_and_the_same_in_both_formats(
    texts: list[str],
) -> None:
    thread = thread_of(said(texts[0]))
    for turn, text in enumerate(texts[1:]):
        step = decided_in(thread, "xml")
        assert step == decided_in(thread, "json")
        if step["intent"] != ASKS:
            return
        thread = thread.append(decided(step, str(turn)), answer(str(turn), text), at=NOON)
    assert decided_in(thread, "xml") == decided_in(thread, "json")


def spoken(sentence: Sentence) -> some.SearchStrategy[str]:
    """What this sentence matches."""
    regexes = [re.compile(each, re.I | re.S) for each in RULES.regexes(sentence)]
    return some.one_of([some.from_regex(r, fullmatch=True, alphabet=TYPED) for r in regexes])


@given(
    before=some.sampled_from(["don't ", "never ", "do not ", "nobody may ", "if it rains, "]),
    text=some.sampled_from(RULES.sentences).flatmap(spoken),
)
def test_a_sentence_that_is_turned_around_is_never_acted_upon(before: str, text: str) -> None:
    assert decided_for(before + text)["intent"] == ASKS


PLAIN = [each for each in RULES.sentences if not each.whole and not each.quoted]


@pytest.mark.skipif(not PLAIN, reason="all of them take any words")
@given(
    text=some.deferred(lambda: some.sampled_from(PLAIN)).flatmap(spoken),
    behind=some.sampled_from([" unless it rains", ", provided it rains", ", but not", " first"]),
)
def test_a_sentence_that_depends_on_something_is_never_acted_upon(text: str, behind: str) -> None:
    assert decided_for(text + behind)["intent"] == ASKS


def test_of_choices_that_begin_with_each_other_the_whole_word_counts() -> None:
    places = {"place": Slot("a place", choices=("prod", "production", "c++"), several=True)}
    rules = Rules(places, (Sentence("ship", "ship to {place}"),), "")
    for text, found in {"production": ["production"], "prod and c++": ["prod", "c++"]}.items():
        steps = understand(f"ship to {text}", rules)
        assert [step["place"] for step in steps] == found


@pytest.mark.parametrize("unit", ["a", " and ", ", ", "1", "<", "(", "add 1 and ", "note a: "])
def test_no_text_takes_long(unit: str) -> None:
    assert takes_less(3, lambda: decided_for(unit * 2000))
    assert takes_less(3, lambda: decided_for(unit * (1900 // len(unit))))


def test_of_a_text_that_is_too_long_it_says_so() -> None:
    assert "(2001 characters, of which it reads 2000 at most)" in decided_for("a" * 2001)["message"]


@pytest.mark.parametrize("text", ["", "hello", "what can you do?", "</thread>"])
def test_what_is_no_sentence_is_answered_with_what_it_is(text: str) -> None:
    step = decided_for(text)
    assert step["intent"] == ASKS
    assert "not an LLM" in step["message"]


def test_after_a_human_s_stop_nothing_more_is_done() -> None:
    step = decided_in(
        thread_of(
            said("hello"),
            decided({"intent": ASKS, "message": "what?"}),
            answer(response="never mind"),
        )
    )
    assert step["intent"] == "done_for_now"


def test_a_human_who_is_asked_for_the_errors_is_heard() -> None:
    thread = thread_of(said("hello"), error(), asks("errors"), answer("human-1", "stop"))
    assert decided_in(thread)["intent"] == "done_for_now"


def test_the_arguments_of_the_sample_are_no_sentence_by_themselves() -> None:
    assert decided_for(str(APPROVAL_STEP))["intent"] == ASKS


@pytest.mark.parametrize("form", ["xml", "json"])
def test_what_nobody_answered_is_said_and_not_tried_again(form: ContextFormat) -> None:
    thread = thread_of(said("do it"), decided(APPROVAL_STEP), expired())
    step = decided_in(thread, form)
    assert step == {"intent": "done_for_now", "message": "Nobody answered in time."}
