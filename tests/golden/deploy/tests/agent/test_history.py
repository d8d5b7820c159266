"""A history is a tuple of events, whoever appends to it, and whatever came of it elsewhere."""

import pickle
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy, deepcopy
from hashlib import sha256
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.context import as_tag, serialize_for_llm
from agent.events import AnyEvent, Error, ToolResponse
from agent.history import History
from agent.thread import Thread

from ..yours.samples import SAFE_STEP
from .scripted import NOON, QUESTION, answer, decided, error, result, said

IDS = [None, *"abcd"]
SOME = st.lists(st.sampled_from(IDS), max_size=4)


def named(call_id: str | None, number: int) -> AnyEvent:
    return error(call_id, str(number)) if number % 2 or not call_id else result(call_id)


def shown(events: tuple[AnyEvent, ...]) -> str:
    """Without the errors that a later result overcame."""
    results = [place for place, event in enumerate(events) if isinstance(event, ToolResponse)]
    last = max(results, default=-1)
    kept = [e for place, e in enumerate(events) if place > last or not isinstance(e, Error)]
    return "\n".join(as_tag(event, frozenset()) for event in kept)


@given(
    branches=st.lists(st.tuples(st.integers(0), SOME, st.booleans()), max_size=12),
    place=st.slices(20),
    within=st.data(),
)
def test_it_is_what_a_tuple_would_be(
    branches: list[tuple[int, list[str | None], bool]], place: slice, within: st.DataObject
) -> None:
    """Each is made by appending to any that is there, so twice to the same too; of some the hash
    and the context were asked for before.
    """
    made: list[tuple[History, tuple[AnyEvent, ...]]] = [(History(), ())]
    for number, (base, call_ids, is_hashed) in enumerate(branches):
        history, plain = made[base % len(made)]
        if is_hashed:
            history.sha256()
            serialize_for_llm(history)
        new = tuple(named(call_id, number) for call_id in call_ids)
        made.append((history.plus(new), (*plain, *new)))
    other, plain_other = within.draw(st.sampled_from(made))
    for history, plain in made:
        assert history == plain
        assert history == History(plain)
        assert (history == other) == (plain == plain_other)
        assert len(history) == len(plain)
        assert tuple(reversed(history)) == plain[::-1]
        assert history[place] == plain[place]
        assert [history[each] for each in range(-len(plain), len(plain))] == [*plain, *plain]
        lines = "\n".join(event.model_dump_json() for event in plain)
        assert history.sha256() == sha256(lines.encode()).hexdigest()
        assert history.size == sum(len(str(event.data)) for event in plain)
        assert serialize_for_llm(history) == serialize_for_llm(plain) == shown(plain)
        assert serialize_for_llm(history, "json") == serialize_for_llm(plain, "json")
        ends = [place for place, event in enumerate(plain, 1) if isinstance(event, ToolResponse)]
        assert history.since(ToolResponse) == plain[max(ends, default=0) :]
        for call_id in "abcd":
            assert history.has(call_id) == any(event.call_id == call_id for event in plain)
        for earlier in (other, plain_other):
            assert history.follows(earlier) == (plain[: len(plain_other)] == plain_other)


@pytest.mark.parametrize("copied", [copy, deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copy_of_it_is_the_same(copied: Callable[[History], History]) -> None:
    """In another process too, and each goes on by itself."""
    history = History([said(), named("a", 0)])
    history.sha256()
    one, other = copied(history).plus([named("b", 1)]), history.plus([named("b", 1)])
    assert one == other
    assert (one.sha256(), one.size) == (other.sha256(), other.size)
    assert history == (said(), named("a", 0))


@pytest.fixture
def often() -> Iterator[None]:
    """Threads take turns at almost every step."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_of_many_that_append_at_once_each_has_its_own(often: None) -> None:
    count = 8
    for _ in range(200):
        base, ready = History([said()]), Barrier(count, timeout=30)

        def append(number: int, base: History = base, ready: Barrier = ready) -> History:
            ready.wait()
            return base.plus([named("a", number)])

        with ThreadPoolExecutor(count) as threads:
            made = list(threads.map(append, range(count)))
        assert made == [(said(), named("a", number)) for number in range(count)]
        assert base == (said(),)


def test_an_event_takes_no_more_behind_many_than_behind_few() -> None:
    """In calls and in memory: nothing walks through what was there, and nothing copies it."""

    def least(length: int) -> tuple[int, int]:
        calls = [decided(SAFE_STEP, f"call-{number}") for number in range(length)]
        thread, took = Thread((said(), *calls, decided(QUESTION, "q"), answer("q"))), []
        for number in range(20):
            for event in (decided(SAFE_STEP, f"new-{number}"), result(f"new-{number}")):
                thread, *cost = appended(thread, event)
                took.append(cost)
        counts, bytes_ = zip(*took, strict=True)
        return min(counts), min(bytes_)

    few, many = least(100), least(20_000)
    assert many[0] <= few[0] + 5
    assert many[1] <= few[1] + 5_000


def appended(thread: Thread, event: AnyEvent) -> tuple[Thread, int, int]:
    """The thread with it, the calls that it took, and the most bytes."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    tracemalloc.start()
    sys.setprofile(count)
    try:
        longer = thread.append(event, at=NOON)
    finally:
        sys.setprofile(None)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return longer, calls, most
