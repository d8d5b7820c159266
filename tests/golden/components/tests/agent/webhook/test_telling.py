"""What waits is posted to a URL, signed, as often as it takes; and later what became of it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agent.channels.webhook import sending
from agent.channels.webhook.telling import Webhook, below
from agent.due import Contact, Policy, Route
from agent.outcomes import Message, Stale
from agent.reach import contact, settle
from agent.waiting import Waiting

from ...yours.samples import APPROVAL_STEP
from ..scripted import (
    MANAGER,
    NOON,
    QUESTION,
    asks,
    changed,
    decided,
    said,
    started,
    thread_of,
    yes,
    yes_with,
)
from ..serving import launch, settled
from .receiver import OURS, Receiver, agent_with, completed, post_back, receiving

HOUR = timedelta(hours=1)
CHOICE = {**QUESTION, "format": "multiple_choice", "choices": ["red", "blue"]}
YES_NO = {**QUESTION, "format": "yes_no"}
CALLS, CONTACTS = "/agent/function_calls?of=ours", "/agent/human_contacts?of=ours"
OUTCOMES = "/agent/outcomes?of=ours"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def channel(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Webhook:
    monkeypatch.setenv("AGENT_WEBHOOK_URL", receiver.url)
    monkeypatch.setenv("AGENT_WEBHOOK_SIGNING_SECRET", OURS)
    return Webhook()


def waiting_after(*events: Any) -> Waiting:
    waiting = thread_of(*events).awaiting
    assert waiting
    return waiting


APPROVAL = waiting_after(said(), decided(APPROVAL_STEP))


def tell(
    channel: Webhook, waiting: Waiting = APPROVAL, to: str | None = None, reminds: bool = False
) -> dict[str, Any]:
    """What is written down of it."""
    due = Contact(NOON, Route(channel="webhook", to=to), reminds)
    told = contact({"webhook": channel}, "thread-1", waiting, due, Policy(expires_after=HOUR))
    return dict(asyncio.run(told).data)


@pytest.mark.parametrize(
    ("events", "path", "spec"),
    [
        ([decided(APPROVAL_STEP)], CALLS, {"fn": APPROVAL_STEP["intent"]}),
        ([decided(MANAGER)], CALLS, {"fn": MANAGER["intent"], "kwargs": {"message": "shall we?"}}),
        ([decided(QUESTION)], CONTACTS, {"msg": "which one?"}),
        ([decided(CHOICE)], CONTACTS, {"response_options": ["red", "blue"]}),
        ([decided(YES_NO)], CONTACTS, {"response_options": ["yes", "no"]}),
        ([asks("steps")], CONTACTS, {"msg": "what now?"}),
        (
            [decided(APPROVAL_STEP), yes(), started(), asks("in_doubt")],
            CONTACTS,
            {"response_options": ["approve", "reject"]},
        ),
    ],
)
def test_it_is_a_contact_to_answer_or_a_call_to_decide_on(
    receiver: Receiver, channel: Webhook, events: Any, path: str, spec: dict[str, Any]
) -> None:
    waiting = waiting_after(said(), *events)
    told = tell(channel, waiting)
    post = receiver.next(path)
    assert told == {"channel": "webhook", "ref": post.name}
    given = post.content["spec"]
    if "response_options" in given:
        given |= {"response_options": [option["name"] for option in given["response_options"]]}
    assert {name: given[name] for name in spec} == spec
    assert (post.content["run_id"], post.content["call_id"]) == ("thread-1", waiting.call_id)
    assert given["state"]["thread_id"] == "thread-1"
    assert given["state"]["reason"] == waiting.reason


def test_what_may_run_again_is_told_whole(receiver: Receiver, channel: Webhook) -> None:
    """As a human changed it: that is what a yes runs."""
    arguments = changed(APPROVAL_STEP)
    events = [decided(APPROVAL_STEP), yes_with(arguments), started(), asks("in_doubt")]
    waiting = waiting_after(said(), *events)
    tell(channel, waiting)
    question, _, call = receiver.next().content["spec"]["msg"].partition("\n\n")
    assert question == "what now?"
    intent, _, as_json = call.partition(" ")
    assert intent == APPROVAL_STEP["intent"]
    assert json.loads(as_json) == waiting.arguments == arguments != APPROVAL.arguments


def test_a_secret_is_told_by_its_length(receiver: Receiver, channel: Webhook) -> None:
    tell(channel, replace(APPROVAL, arguments={"api_key": "sk-0123456789abcdef0123"}))
    assert "0123456789" not in str(receiver.next().content)


def test_the_same_request_has_the_same_name_and_another_has_another(
    receiver: Receiver, channel: Webhook
) -> None:
    others = [
        tell(channel),
        tell(channel, reminds=True),
        tell(channel, replace(APPROVAL, asked_at=NOON + HOUR)),
        tell(channel, replace(APPROVAL, call_id="2")),
        tell(channel, to=receiver.url),
    ]
    assert len({told["ref"] for told in others}) == len(others)
    assert tell(channel)["ref"] == others[0]["ref"]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (500, "it answered 500"),
        (404, "it answered 404"),
        (302, "it answered 302, and nobody follows"),
        (308, "it answered 308, and nobody follows"),
        (0.6, "it did not answer within 0.3 seconds"),
    ],
)
def test_what_is_not_taken_is_told_and_sent_again_under_the_same_name(
    receiver: Receiver,
    channel: Webhook,
    fault: int | float,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receiver.faults = [fault]
    with monkeypatch.context() as patch:
        patch.setattr(sending, "PATIENCE", 0.3)
        assert tell(channel)["failed"] == f"NotTaken: {why}"
    told = tell(channel)
    assert [post.name for post in receiver.tries] == [told["ref"]] * 2
    assert {post.path for post in receiver.tries} == {CALLS}


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/a-secret", "ftp://a-secret", "a-secret", "//x y"]
)
def test_where_nobody_is_nobody_is_told_and_no_url_is_shown(channel: Webhook, url: str) -> None:
    """It can be a secret."""
    told = tell(channel, to=url)
    assert told["failed"].startswith("NotTaken: it cannot be reached (")
    assert url not in told["failed"]


def test_with_two_secrets_it_is_signed_with_both(
    receiver: Receiver, channel: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_WEBHOOK_SIGNING_SECRET", f"whsec_{'A' * 32},{OURS}")
    assert "ref" in tell(Webhook())
    monkeypatch.setenv("AGENT_WEBHOOK_SIGNING_SECRET", f"whsec_{'A' * 32}")
    assert tell(Webhook())["failed"] == "NotTaken: it answered 401"


MESSAGE = Message("thread-1", "1", "webhook", None, "ref-1", NOON)


@pytest.mark.parametrize(("status", "failed"), [(200, None), (404, None), (500, "it answered 500")])
def test_what_became_of_it_is_posted_where_somebody_wants_to_know(
    receiver: Receiver, channel: Webhook, status: int, failed: str | None
) -> None:
    receiver.faults = [status]
    stale = [
        Stale(MESSAGE, became) for became in ("it was approved", "it was approved, and has run")
    ]
    says = [asyncio.run(settle({"webhook": channel}, each)).data for each in stale]
    assert says[0].get("failed") == (f"NotTaken: {failed}" if failed else None)
    first, second = receiver.tries
    assert first.path == OUTCOMES
    assert first.content == {"run_id": "thread-1", "call_id": "1", "became": "it was approved"}
    assert first.name != second.name


@pytest.mark.parametrize(
    ("url", "is_below"),
    [
        ("https://a.example", "https://a.example/x"),
        ("https://a.example/b/", "https://a.example/b/x"),
        ("https://a.example/b?c=d/e?", "https://a.example/b/x?c=d/e?"),
    ],
)
def test_paths_are_below_the_url(url: str, is_below: str) -> None:
    assert below(url, "x") == is_below


def test_from_the_request_to_the_answer_to_its_outcome(
    receiver: Receiver, channel: Webhook
) -> None:
    """By the server's own ticker, and with a first try that fails."""
    receiver.faults = [503]
    with agent_with(channel) as client:
        thread = launch(client, APPROVAL_STEP)
        asked = receiver.next(CALLS)
        assert [post.name for post in receiver.tries] == [asked.name] * 2
        status = {"approved": True, "user_info": {"email": "ada@example.com"}}
        answered = post_back(client, "function_calls", completed(asked.content, **status))
        assert answered.status_code == 202
        outcome = receiver.next(OUTCOMES).content
        assert outcome == {
            "run_id": thread["id"],
            "call_id": asked.content["call_id"],
            "became": "it was approved by webhook:ada@example.com, and has run",
        }
        assert settled(client, thread["id"])["status"] == "done"
