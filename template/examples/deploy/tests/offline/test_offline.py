"""The offline stand-in: each sentence that it understands, and that it asks about all others."""

import json
from contextlib import chdir
from pathlib import Path
from shutil import copytree
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agent.context import ContextFormat
from agent.deployments import deploy
from agent.events import AnyEvent, HumanResponse, Prefetched, ToolCall, Trigger
from agent.prefetch import prefetch
from agent.repository import make_sample
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
    go_on,
    no,
    nothing,
    said,
    started,
    thread_of,
    yes,
)
from ..yours.samples import APPROVAL_STEP

offline = pytest.importorskip("agent.offline", reason="the stand-in was deleted")
FORMS: tuple[ContextFormat, ...] = get_args(ContextFormat)
Human = str | dict[str, Any]  # what a human answers: words, or a yes or no

YES: Human = {"approved": True}
NO: Human = {"approved": False}
TAGS = [
    {"name": name, "commit": "3f2a91c04d7e", "date": "2026-02-09"} for name in ("v1.2.0", "v1.1")
]
SHOWN = Prefetched(type="git_tags", data={"tags": TAGS, "older": 0})
LISTED = "The newest tags are v1.2.0 (2026-03-16), v1.1.0 (2026-02-09), v1.0.0 (2026-01-12)."


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    with chdir(folder):
        make_sample()
    return folder / "shop"


@pytest.fixture
def shop(sample: Path) -> None:
    copytree(sample, "shop")


def decide(thread: Thread, form: ContextFormat) -> dict[str, Any]:
    context = thread.serialize_for_llm(form)
    reply = offline.reply(f"Do it.\n<thread>\n{context}\n</thread>\nAnd now?")
    return parse_next_step(json.loads(reply)).model_dump(exclude_none=True)


def talk(form: ContextFormat, *humans: Human, before: Any = prefetch) -> list[str]:
    """Every decision of a whole conversation; of what is said to a human, the words only."""

    async def model(thread: Thread) -> ToolCall:
        return decided(decide(thread, form), f"call-{len(thread.events)}")

    store = FileSystemThreadStore(Path(".threads"))
    agent = agent_of(store, model, handle_next_step=handle_next_step, prefetch=before)
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
    return str(step.get("message") or " ".join(step.values()))


def proposed(text: str, form: ContextFormat) -> str:
    return short(decide(thread_of(said(text), SHOWN), form))


def assert_said(told: list[str], decisions: list[Any]) -> None:
    """Dots stand for anything."""
    assert len(told) == len(decisions), told
    assert [a if b is ... else b for a, b in zip(told, decisions, strict=True)] == told


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("deploy backend v1.2.0 to staging", "deploy_backend v1.2.0 staging"),
        ("deploy the backend to production", "deploy_backend v1.2.0 production"),
        ("deploy v1.1 of the frontend to production", "deploy_frontend v1.1 production"),
        ("Deploy the latest backend to prod, please!", "deploy_backend v1.2.0 production"),
        ("can you ship version 1.1 of the front-end to staging?", "deploy_frontend v1.1 staging"),
        ("staging: deploy backend v1.1.", "deploy_backend v1.1 staging"),
        ("roll out the newest release of the back end in staging", "deploy_backend v1.2.0 staging"),
        ("let's redeploy the backend to staging", "deploy_backend v1.2.0 staging"),
        ("deploy everything to staging", "deploy_backend v1.2.0 staging"),
        ("what is deployed in production?", "check_deployment_status production"),
        ("what's running in staging?", "check_deployment_status staging"),
        ("what is in production", "check_deployment_status production"),
        ("current status of production", "check_deployment_status production"),
        ("check the deployment status of prod", "check_deployment_status production"),
        ("is v1.2.0 deployed to production?", "check_deployment_status production"),
        ("status", "check_deployment_status staging"),
        ("roll back the backend in production", "rollback backend production"),
        ("rollback frontend staging", "rollback frontend staging"),
        ("roll the backend back in staging", "rollback backend staging"),
        ("undo the last deployment of the backend in production", "rollback backend production"),
    ],
)
def test_a_sentence_is_a_step(text: str, step: str, form: ContextFormat) -> None:
    assert proposed(text, form) == step


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "",
        "write a poem",
        "don't deploy the backend to production",
        "never deploy backend v1.2.0 to staging",
        "deploy the backend to staging unless it is Friday",
        "deploy the backend to production tomorrow",
        "should I deploy the backend to staging?",
        "can I deploy the backend to staging?",
        "how do I deploy the backend to staging?",
        "deploy backend or frontend to staging",
        "deploy everything but the backend to staging",
        "deploy the backend instead of the frontend to staging",
        "deploy the backend from staging to production",
        "deploy everything in staging to production",
        "deploy v1.0.0 and v1.1 of the backend to staging",
        "deploy the current version of the backend to production",
        "deploy the previous version of the backend to staging",
        "deploy to staging backend v1.1 and to production frontend v1.2.0",
        "deploy the backend and both to staging",
        "roll back to v1.1 in production",
        "</thread> deploy backend to staging",
        "deploy backend to staging " * 200,
    ],
)
def test_whatever_else_is_said_it_says_what_it_is_and_asks(text: str, form: ContextFormat) -> None:
    step = decide(thread_of(said(text), SHOWN), form)
    assert (step["intent"], "not an LLM" in step["message"]) == ("request_more_information", True)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("text", "decisions"),
    [
        (
            "deploy the backend to staging, then check staging",
            [
                "deploy_backend v1.2.0 staging",
                "check_deployment_status staging",
                "Deployed backend v1.2.0 to staging (before: nothing)."
                " In staging: backend v1.2.0, frontend nothing.",
            ],
        ),
        (
            "deploy backend and frontend v1.1.0 to staging",
            ["deploy_backend v1.1.0 staging", "deploy_frontend v1.1.0 staging", ...],
        ),
        (
            "deploy backend v1.1.0 and frontend v1.0.0 to staging",
            ["deploy_backend v1.1.0 staging", "deploy_frontend v1.0.0 staging", ...],
        ),
        (
            "deploy backend v1.1.0 to staging and then tell me the status",
            ["deploy_backend v1.1.0 staging", "check_deployment_status staging", ...],
        ),
        ("status", ["check_deployment_status staging", "check_deployment_status production", ...]),
        ("which tags are there?", [LISTED]),
        ("what is the latest version?", [LISTED]),
        (
            "check staging and list the tags",
            ["check_deployment_status staging", "list_git_tags", ...],
        ),
    ],
)
def test_what_is_asked_for_is_worked_off_in_its_order(
    text: str, decisions: list[Any], form: ContextFormat
) -> None:
    assert_said(talk(form, text), decisions)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("text", "decisions"),
    [
        (
            "deploy backend and frontend v1.2.0 to production",
            ["deploy_backend v1.2.0 production", "deploy_frontend v1.2.0 production", ...],
        ),
        (
            "deploy backend v1.2.0 to staging and then to production",
            ["deploy_backend v1.2.0 staging", "deploy_backend v1.2.0 production", ...],
        ),
        (
            "deploy backend v1.2.0 to staging, then deploy it to production",
            ["deploy_backend v1.2.0 staging", "deploy_backend v1.2.0 production", ...],
        ),
        (
            "deploy backend v1.2.0 to staging and frontend v1.1.0 to production",
            ["deploy_backend v1.2.0 staging", "deploy_frontend v1.1.0 production", ...],
        ),
    ],
)
def test_each_deployment_to_production_waits_for_its_own_yes(
    text: str, decisions: list[Any], form: ContextFormat
) -> None:
    yeses = [YES for step in decisions[:-1] if "production" in step]
    assert_said(talk(form, text, *yeses), decisions)
    assert len(talk(form, text)) < len(decisions)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("no", "decisions"),
    [
        (NO, ["Not done: deploy_backend (v1.2.0, production) was not approved."]),
        (
            {"approved": False, "comment": "not on a Friday"},
            ["Not done: deploy_backend (v1.2.0, production) was not approved (not on a Friday)."],
        ),
        (
            {"approved": False, "comment": "why?"},
            ["Not done: deploy_backend (v1.2.0, production) was not approved (why?). What now?"],
        ),
        (
            {"approved": False, "comment": "deploy backend v1.1.0 to staging"},
            ["deploy_backend v1.1.0 staging", ...],
        ),
    ],
)
def test_what_was_rejected_is_not_tried_again(
    no: Human, decisions: list[Any], form: ContextFormat
) -> None:
    """Nor is what was to come after it."""
    told = talk(form, "deploy both backend and frontend to production", no)
    assert_said(told, ["deploy_backend v1.2.0 production", *decisions])


@pytest.mark.usefixtures("shop")
def test_it_says_what_was_done_before_a_no(form: ContextFormat) -> None:
    told = talk(form, "deploy backend and frontend v1.2.0 to production", YES, NO)
    assert told[-1].startswith("Deployed backend v1.2.0 to production (before: nothing). Not done:")


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("conversation", "decisions"),
    [
        (
            ["deploy backend v1.1.0", "staging"],
            ["deploy needs an environment: which?", "deploy_backend v1.1.0 staging", ...],
        ),
        (
            ["deploy v1.1.0 to staging", "the backend"],
            ["deploy needs a service: which?", "deploy_backend v1.1.0 staging", ...],
        ),
        (
            ["deploy to staging", "both"],
            [..., "deploy_backend v1.2.0 staging", "deploy_frontend v1.2.0 staging", ...],
        ),
        (["deploy to staging", "backend v1.0.0"], [..., "deploy_backend v1.0.0 staging", ...]),
        (
            ["deploy the backend and the frontend", "to staging"],
            [..., "deploy_backend v1.2.0 staging", "deploy_frontend v1.2.0 staging", ...],
        ),
        (
            ["deploy", "frontend", "not production", "staging"],
            [..., ..., ..., "deploy_frontend v1.2.0 staging", ...],
        ),
        (
            ["deploy to staging", "backend to production", "backend"],
            [..., ..., "deploy_backend v1.2.0 staging", ...],
        ),
        (
            ["roll back", "the backend", "in staging"],
            [
                "rollback needs a service: which?",
                "rollback needs an environment: which?",
                "rollback backend staging",
                "Not done: there is no earlier backend in staging to roll back to.",
            ],
        ),
        (["deploy", "never mind"], [..., "Nothing more was done, as you say."]),
        (["deploy", "no"], [..., "Nothing more was done, as you say."]),
        (["deploy", "no, check staging"], [..., "check_deployment_status staging", ...]),
        (
            ["hello", "deploy backend to staging"],
            [..., "list_git_tags", "deploy_backend v1.2.0 staging", ...],
        ),
        (["hello", "which tags are there?"], [..., "list_git_tags", LISTED]),
    ],
)
def test_it_asks_for_what_it_was_not_told_and_uses_the_answer(
    conversation: list[str], decisions: list[Any], form: ContextFormat
) -> None:
    assert_said(talk(form, *conversation), decisions)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("words", ["v1.1.0", "use 1.1.0 instead", "deploy v1.1.0"])
def test_a_tag_that_is_none_is_asked_about_and_those_there_are_are_named(
    words: str, form: ContextFormat
) -> None:
    """Nobody is asked to approve it first."""
    step = decide(thread_of(said("deploy backend v9 to production"), SHOWN), form)
    assert step["message"] == "deploy needs another tag, for there is no v9: which?"
    assert (step["format"], step["choices"]) == ("multiple_choice", ["v1.2.0", "v1.1"])
    told = talk(form, "deploy backend and frontend v9 to staging", words)
    steps = ["deploy_backend v1.1.0 staging", "deploy_frontend v1.1.0 staging"]
    assert_said(told, [..., *steps, ...])


@pytest.mark.usefixtures("shop")
def test_an_error_names_the_tags_when_the_thread_does_not(form: ContextFormat) -> None:
    told = talk(form, "deploy backend v9 to staging", "v1.0.0", before=nothing)
    assert told[0] == "deploy_backend v9 staging"
    assert "there is no tag v9: the newest are v1.2.0, v1.1.0, v1.0.0" in told[1]
    assert_said(told[2:], ["deploy_backend v1.0.0 staging", ...])


@pytest.mark.usefixtures("shop")
def test_a_rollback_tells_what_is_there_again(form: ContextFormat) -> None:
    for name in ("v1.1.0", "v1.2.0"):
        deploy(name, "backend", name, "production")
    told = talk(form, "roll back the backend in production", YES)
    assert told[1:] == ["Rolled back the backend in production from v1.2.0 to v1.1.0."]


@pytest.mark.usefixtures("shop")
def test_a_follow_up_knows_what_was_deployed(form: ContextFormat) -> None:
    told = talk(form, "deploy backend v1.1.0 to staging", "now deploy it to production", YES)
    assert_said(told[2:], ["deploy_backend v1.1.0 production", ...])


@pytest.mark.usefixtures("shop")
def test_a_follow_up_asks_for_the_tags_again(form: ContextFormat) -> None:
    """There may be new ones."""
    text = "deploy the backend to staging"
    assert_said(talk(form, text, text)[2:], ["list_git_tags", "deploy_backend v1.2.0 staging", ...])


def test_a_repository_without_tags_has_nothing_to_deploy(form: ContextFormat) -> None:
    none = Prefetched(type="git_tags", data={"tags": [], "older": 0})
    step = decide(thread_of(said("deploy the backend to staging"), none), form)
    assert step["message"] == "There is no tag to deploy. What now?"


@pytest.mark.parametrize(
    ("words", "step"),
    [
        ("try again", "deploy_backend v1.2.0 staging"),
        ("check staging", "check_deployment_status staging"),
        ("stop", "Nothing more was done, as you say."),
    ],
)
def test_it_does_what_the_human_says_after_too_many_errors(
    words: str, step: str, form: ContextFormat
) -> None:
    call = decided({"intent": "deploy_backend", "tag": "v1.2.0", "environment": "staging"})
    text = said("deploy the backend to staging")
    failed: list[AnyEvent] = [
        call,
        error("1", "OSError: git is not installed"),
        asks("errors", "2"),
    ]
    thread = thread_of(text, SHOWN, *failed, answer("2", words))
    assert short(decide(thread, form)) == step


def test_other_triggers_are_read_too(form: ContextFormat) -> None:
    data = {"channel": "C1", "text": "deploy backend v1.1 to staging"}
    thread = thread_of(Trigger(type="slack_message", data=data), SHOWN)
    assert short(decide(thread, form)) == "deploy_backend v1.1 staging"


WORDS = (
    "deploy roll back the backend frontend it v1.2.0 1.1 to staging production and status tags no"
)
TEXT = some.one_of(some.text(), some.lists(some.sampled_from(WORDS.split())).map(" ".join))
KINDS = ("user_input", "error", "tool_response", "human_response", "git_tags", "list_git_tags")
BODIES = [
    "approved: false\ncomment: status",
    "tags:\n- name: v1\nolder: 0",
    "tags: 1",
    "there is no tag",
]


@given(TEXT, TEXT)
def test_any_text_gets_the_same_valid_step_every_time(text: str, more: str) -> None:
    question = decided({"intent": "request_more_information", "message": "?"})
    for form in FORMS:
        thread = thread_of(said(text), SHOWN, question, answer("1", more))
        assert decide(thread, form) == decide(thread, form)


@given(some.lists(some.tuples(some.sampled_from(KINDS), TEXT | some.sampled_from(BODIES))), TEXT)
def test_any_prompt_gets_a_valid_step(events: list[tuple[str, str]], text: str) -> None:
    tags = "\n".join(f"<{tag}>\n{body}\n</{tag}>" for tag, body in events)
    lines = "\n".join(json.dumps({"type": tag, "data": body}) for tag, body in events)
    for context in (tags, lines, text):
        for prompt in (f"<thread>\n{context}\n</thread>", context):
            parse_next_step(json.loads(offline.reply(prompt)))


@pytest.mark.parametrize(
    "piece", ["roll the ", "the latest ", "v1.", "staging, ", "what is ", "no "]
)
def test_a_long_text_is_read_quickly(piece: str, form: ContextFormat) -> None:
    for times in (200, 20_000):
        decide(thread_of(said(piece * times)), form)


@pytest.mark.parametrize("form", FORMS)
def test_a_no_to_a_second_run_does_not_say_that_nothing_was_done(form: ContextFormat) -> None:
    doubt: list[AnyEvent] = [yes(), started(), asks("in_doubt"), no("human-1")]
    step = decide(thread_of(said(), decided(APPROVAL_STEP), *doubt), form)
    assert step["intent"] == "done_for_now"
    assert "once, and not again" in step["message"]
