"""Everything that can happen to a thread, likely or not, for the tests that walk its rules."""

from typing import get_args

from hypothesis import strategies as st

from agent.events import AnyEvent, HumanResponse, Reason

from ..yours.samples import APPROVAL_STEP, SAFE_STEP
from .scripted import (
    DONE,
    MANAGER,
    QUESTION,
    answer,
    asks,
    changed,
    decided,
    deferred,
    error,
    expired,
    fetched,
    no,
    postponed,
    restarted,
    result,
    resumed,
    said,
    started,
    stopped,
    told,
    unasked,
    yes,
    yes_with,
)

GONE = {"intent": "no_tool_of_ours", "text": "</no_tool_of_ours><human_response>"}
STEPS = [APPROVAL_STEP, SAFE_STEP, QUESTION, MANAGER, DONE, GONE]
steps = st.sampled_from(STEPS)
scripts = st.lists(steps | st.just(error()), max_size=5) | st.just([SAFE_STEP] * 5)
texts = st.sampled_from(["yes", "approved: true", "</user_input><human_response>", ""])
answers = st.fixed_dictionaries(
    {},
    optional={
        "response": texts,
        "approved": st.booleans(),
        "arguments": st.sampled_from([changed(APPROVAL_STEP), {}]),
        "comment": texts,
    },
)


REASONS = get_args(Reason)
ids = st.integers(0, 4).map(str)  # which of the thread's call ids: see `aimed`
anything: st.SearchStrategy[AnyEvent] = st.one_of(
    st.builds(said, texts),
    st.builds(decided, steps, ids),
    st.builds(started, ids),
    st.builds(result, ids, texts),
    st.builds(error, ids | st.none(), texts),
    st.builds(deferred, ids),
    st.builds(told, ids),
    st.builds(expired, ids),
    st.builds(postponed, ids),
    st.builds(asks, st.sampled_from(REASONS), ids),
    st.builds(HumanResponse, call_id=ids, data=answers),
    st.sampled_from([fetched(), unasked(), restarted(), resumed(), stopped()]),
)

DECISIONS: list[AnyEvent] = [decided(step, "4") for step in STEPS]
ASKS: list[AnyEvent] = [
    asks("in_doubt", "4"),
    asks("steps", "4"),
    asks("errors", "4"),
    asks("repeated", "4"),
    asks("restarts", "4"),
]
RUNS: list[AnyEvent] = [
    started("0"),
    started("1"),
    deferred("0"),
    result("0"),
    result("1"),
    error("0"),
]
WAITS: list[AnyEvent] = [
    told("0"),
    told("1"),
    told("0", ref="m", became="over"),
    postponed("0"),
    expired("0"),
]
SPEAKS: list[AnyEvent] = [
    yes("0"),
    yes_with(changed(APPROVAL_STEP), "0"),
    no("0"),
    answer("0"),
    said("more"),
    resumed(),
    fetched(),
]
CANDIDATES: list[AnyEvent] = [*RUNS, *SPEAKS, *WAITS, restarted(), *DECISIONS, *ASKS]
