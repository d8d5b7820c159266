"""From a mention to an approval and its end, as people in Slack live it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from agent.due import Policy
from agent.inbound import delivery_id

from ...yours.samples import APPROVAL_STEP
from ..scripted import MANAGER, QUESTION, begun, changed, model_that_says, unasked
from ..serving import THREADS, kinds, settled, told
from .stand_in import Fault, Said
from .talking import (
    ADA,
    BOB,
    ROOM,
    TEAM,
    Workspace,
    event_of,
    filled,
    message_of,
    wait_for,
    working,
)

CHOICE = QUESTION | {"format": "multiple_choice", "choices": ["red", "green"]}


@pytest.fixture
def team(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    with working(monkeypatch) as team:
        yield team


def thread_of(team: Workspace, said: Said) -> dict[str, Any]:
    """The thread of ours, once it runs no more."""
    ts = str(said.get("thread_ts", said["ts"]))
    return settled(team.client, delivery_id("slack", TEAM, said["channel"], ts))


def elsewhere(team: Workspace, thread: dict[str, Any], **answer: Any) -> None:
    """Somebody answers the call over HTTP."""
    body = {"call_id": thread["awaiting"]["call_id"], **answer}
    assert team.client.post(f"{THREADS}/{thread['id']}/approvals", json=body).is_success


def answers(thread: dict[str, Any]) -> list[dict[str, Any]]:
    return [event["data"] for event in thread["events"] if event["type"] == "human_response"]


def test_a_mention_starts_a_thread_that_is_answered_in_its_place(team: Workspace) -> None:
    said = team.mention(told(APPROVAL_STEP)["message"])
    asked = team.asked()
    assert (asked["channel"], asked["thread_ts"]) == (ROOM, said["ts"])
    first = thread_of(team, said)["events"][0]
    assert first["type"] == "slack_message"
    assert first["data"] == told(APPROVAL_STEP)["message"]
    assert {"channel": "slack", "who": ADA}.items() <= first["meta"].items()

    assert team.click(asked, "Approve").status_code == 200
    assert (
        team.settled(asked)
        == f":ballot_box_with_check: *it was approved by slack:{ADA}, and has run*"
    )
    thread = thread_of(team, said)
    assert thread["status"] == "done"
    assert answers(thread) == [{"approved": True, "user": ADA, "channel": "slack"}]
    [_, end] = wait_for(lambda: team.slack.messages[1:] and team.slack.messages)
    assert (end["thread_ts"], end["blocks"][0]["text"]["text"]) == (said["ts"], "*Done*")
    assert "> that is all" in end["blocks"][1]["text"]["text"]


def test_a_call_is_edited_in_a_modal(team: Workspace) -> None:
    said = team.mention(told(APPROVAL_STEP)["message"])
    asked = team.asked()
    team.click(asked, "Edit…")
    view = team.opened()
    wanted = changed(APPROVAL_STEP)
    [name] = [name for name in wanted if wanted[name] != APPROVAL_STEP[name]]
    for _ in range(2):  # as somebody does who does not see that it was taken
        answer = team.submit(view, filled(view, **{name: str(wanted[name])}))
        assert (answer.status_code, answer.content) == (200, b"")
    assert "errors" in team.submit(view, filled(view)).text  # another edit is another answer
    assert team.settled(asked).startswith(
        f":ballot_box_with_check: *it was approved with other arguments by slack:{ADA}"
    )
    [said_yes] = answers(thread_of(team, said))
    assert said_yes["arguments"] == wanted


def test_what_was_not_changed_in_the_modal_is_a_plain_yes(team: Workspace) -> None:
    said = team.mention(told(APPROVAL_STEP)["message"])
    team.click(team.asked(), "Edit…")
    view = team.opened()
    team.submit(view, filled(view))
    assert [*answers(thread_of(team, said))[0]] == ["approved", "user", "channel"]


def test_a_call_is_rejected_with_a_reason(team: Workspace) -> None:
    said = team.mention(told(APPROVAL_STEP)["message"])
    asked = team.asked()
    team.click(asked, "Reject…", BOB)
    view = team.opened()
    team.submit(view, filled(view, words="too much"), BOB)
    assert f"it was rejected by slack:{BOB}" in team.settled(asked)
    no = {"approved": False, "comment": "too much", "user": BOB, "channel": "slack"}
    assert answers(thread_of(team, said)) == [no]


@pytest.mark.parametrize(
    ("question", "label", "answer"),
    [
        (CHOICE, "green", "green"),
        (QUESTION | {"format": "yes_no"}, "no", "no"),
    ],
)
def test_a_question_with_choices_takes_one_click(
    question: dict[str, Any], label: str, answer: str, team: Workspace
) -> None:
    said = team.mention(told(question)["message"])
    asked = team.asked()
    team.click(asked, label)
    assert f"it was answered by slack:{ADA}" in team.settled(asked)
    assert answers(thread_of(team, said))[0]["response"] == answer


def test_a_question_is_answered_in_words(team: Workspace) -> None:
    """In a modal, or as a reply in its Slack thread."""
    said = team.mention(told(QUESTION, CHOICE, QUESTION)["message"])
    team.click(team.asked(), "Answer…")
    view = team.opened()
    team.submit(view, filled(view, words="the red one"))
    team.settled(team.slack.messages[0])
    team.click(team.asked(), "Say something else…")
    view = team.opened()
    team.submit(view, filled(view, words="none of them"))
    team.settled(team.slack.messages[1])
    team.asked()
    team.reply(said, "R&amp;D &lt;now&gt; at <https://x.test|x.test>")
    thread = thread_of(team, said)
    words = [each["response"] for each in answers(thread)]
    assert words == ["the red one", "none of them", "R&D <now> at https://x.test"]
    assert thread["status"] == "done"


def test_our_own_name_in_an_answer_is_no_part_of_it(team: Workspace) -> None:
    """Slack sends such a reply twice, as a mention and as a message, in either order."""
    said = team.mention(told(QUESTION)["message"])
    team.asked()
    team.reply(said, "<@U0BOT> the red one")
    assert answers(thread_of(team, said))[0]["response"] == "the red one"


@pytest.mark.parametrize("subtype", ["thread_broadcast", "file_share"])
def test_an_answer_is_one_also_with_a_file_and_where_the_channel_sees_it(
    subtype: str, team: Workspace
) -> None:
    said = team.mention(told(QUESTION)["message"])
    team.asked()
    team.reply(said, "the red one", subtype=subtype, files=[{"id": "F0FILE"}])
    assert answers(thread_of(team, said))[0]["response"] == "the red one"


def test_a_file_without_words_is_told_that_it_says_nothing(team: Workspace) -> None:
    file = {"subtype": "file_share", "channel": "D0ADA", "channel_type": "im"}
    team.deliver(event_of(message_of("", **file)))
    assert "in words" in team.whispered()


def test_a_reply_follows_up_what_is_done(team: Workspace) -> None:
    said = team.mention("hello")
    assert thread_of(team, said)["status"] == "done"
    team.reply(said, "and then?", BOB)
    thread = thread_of(team, said)
    assert [event["data"] for event in thread["events"] if event["type"] == "slack_message"] == [
        "hello",
        "and then?",
    ]


def test_a_direct_message_starts_a_thread(team: Workspace) -> None:
    said = message_of(told(QUESTION)["message"], channel="D0ADA", channel_type="im")
    team.deliver(event_of(said))
    asked = team.asked()
    assert (asked["channel"], asked["thread_ts"]) == ("D0ADA", said["ts"])
    team.reply(asked, "the red one", channel_type="im")
    assert answers(thread_of(team, said))[0]["response"] == "the red one"


def test_what_began_elsewhere_is_told_to_the_channel_of_the_settings(team: Workspace) -> None:
    waits = team.client.post(THREADS, json=told(MANAGER), headers={"Prefer": "wait=10"}).json()
    asked = team.asked()
    assert (asked["channel"], asked.get("thread_ts")) == ("C0OPS", None)
    team.click(asked, "Approve")
    assert settled(team.client, waits["id"])["status"] == "done"


def test_it_can_be_put_off(team: Workspace) -> None:
    said = team.mention(told(APPROVAL_STEP)["message"])
    asked = team.asked()
    team.click(asked, "Tomorrow")
    thread = thread_of(team, said)
    assert kinds(thread)[-1] == "postponed"
    assert thread["events"][-1]["data"]["user"] == ADA
    assert team.whispered() == "It is asked again: tomorrow."
    team.click(asked, "Approve")
    assert thread_of(team, said)["status"] == "done"


def test_a_button_whose_call_was_answered_elsewhere_says_so(team: Workspace) -> None:
    said = team.mention(told(APPROVAL_STEP)["message"])
    asked = team.asked()
    before = {**asked}
    elsewhere(team, thread_of(team, said), approved=False, comment="no")
    assert "it was rejected by http:local" in team.settled(asked)
    for label in ("Approve", "Edit…", "Reject…", "In an hour"):
        team.slack.whispers.clear()
        team.click(before, label)
        assert "it was rejected by http:local" in team.whispered(), label
    assert len(answers(thread_of(team, said))) == 1
    assert "postponed" not in kinds(thread_of(team, said))


def test_a_modal_that_comes_too_late_says_so_and_stays_open(team: Workspace) -> None:
    said = team.mention(told(APPROVAL_STEP)["message"])
    for label in ("Edit…", "Reject…"):
        team.click(team.asked(), label)
    elsewhere(team, thread_of(team, said), approved=True)
    thread_of(team, said)
    for view in team.slack.views:
        answer = team.submit(view, filled(view)).json()
        assert answer["response_action"] == "errors"
        [(block, why)] = answer["errors"].items()
        assert block in filled(view)
        assert "it was approved by http:local" in why


def test_an_edit_of_what_has_begun_is_not_taken_for_the_yes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its result is to come, under the same call id."""
    with working(monkeypatch, handle_next_step=begun) as team:
        said = team.mention(told(APPROVAL_STEP)["message"])
        asked = team.asked()
        before = {**asked}
        team.click(asked, "Edit…")
        view = team.opened()
        elsewhere(team, thread_of(team, said), approved=True)
        assert thread_of(team, said)["status"] == "awaiting_result"
        answer = team.submit(view, filled(view)).json()
        assert answer["response_action"] == "errors"
        assert "approved by http:local, and has begun" in str(answer["errors"])
        team.click(before, "Edit…")
        assert "approved by http:local, and has begun" in team.whispered()
        assert "and has begun" in team.settled(asked)
        assert len(answers(thread_of(team, said))) == 1


def test_what_does_not_fit_is_said_at_its_field(team: Workspace) -> None:
    said = team.mention(told(APPROVAL_STEP)["message"])
    team.click(team.asked(), "Edit…")
    view = team.opened()
    values = filled(view)
    name = next(iter(values))
    values[name] = {"words": {"value": "[secret of 40 characters]"}}
    answer = team.submit(view, values).json()
    assert answer["response_action"] == "errors"
    assert list(answer["errors"]) == [name]
    assert thread_of(team, said)["status"] == "awaiting_human_approval"


def test_two_people_at_once(team: Workspace) -> None:
    """The first counts; who says the same is told nothing else, who says another is."""
    said = team.mention(told(APPROVAL_STEP)["message"])
    asked = team.asked()
    before = {**asked}
    team.click(before, "Reject…", BOB)
    view = team.opened()
    team.click(before, "Approve", ADA)
    team.click(before, "Approve", BOB)
    late = team.submit(view, filled(view, words="no"), BOB).json()
    assert f"it was approved by slack:{ADA}" in next(iter(late["errors"].values()))
    assert f"it was approved by slack:{ADA}" in team.settled(asked)
    assert len(answers(thread_of(team, said))) == 1


def test_only_a_person_who_has_the_role_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    with working(monkeypatch, {"a manager": [f"slack:{BOB}"]}) as team:
        said = team.mention(told(MANAGER)["message"])
        asked = team.asked()
        for label in ("Approve", "Reject…", "Tomorrow"):
            team.slack.whispers.clear()
            team.click(asked, label, ADA)
            assert f"slack:{ADA} is none" in team.whispered()
        assert team.slack.views == []
        assert kinds(thread_of(team, said))[-1] == "human_contacted"
        team.click(asked, "Approve", BOB)
        assert answers(thread_of(team, said))[0]["user"] == BOB


def test_words_are_no_yes(team: Workspace) -> None:
    said = team.mention(told(APPROVAL_STEP)["message"])
    team.asked()
    team.reply(said, "yes, approve")
    assert "it takes a yes or a no" in team.whispered()
    assert thread_of(team, said)["status"] == "awaiting_human_approval"


@pytest.mark.parametrize(("typed", "meant"), [("2", "green"), ("3", "3"), ("red", "red")])
def test_the_number_of_a_choice_is_the_choice(team: Workspace, typed: str, meant: str) -> None:
    said = team.mention(told(CHOICE)["message"])
    assert "2. green" in str(team.asked())
    team.reply(said, typed)
    assert answers(thread_of(team, said))[0]["response"] == meant


def test_words_that_came_before_the_question_are_no_answer_to_it(team: Workspace) -> None:
    said = team.mention(told(QUESTION)["message"])
    team.asked()
    team.reply(said, "and hurry", ts=f"{float(said['ts']) + 1e-5:.6f}")
    assert "something has been asked meanwhile" in team.whispered()
    assert answers(thread_of(team, said)) == []


@pytest.mark.parametrize("kind", ["mention", "answer", "last answer", "follow-up"])
def test_what_is_delivered_again_is_one_delivery(kind: str, team: Workspace) -> None:
    """Under its own event id, or another one, as when a mention is a message as well."""
    asked = {"answer": [QUESTION, QUESTION], "last answer": [QUESTION]}
    said = team.mention(told(*asked.get(kind, []))["message"])
    if kind in asked:
        team.asked()
    thread_of(team, said)
    again = message_of("the red one", thread_ts=said["ts"])
    if kind == "mention":
        again = {**said}
    envelope = event_of(again)
    for number in range(3):
        team.deliver(envelope, **{"X-Slack-Retry-Num": f"{number}"})
        thread_of(team, said)
    team.deliver(event_of(again))
    thread = thread_of(team, said)
    texts = [str(event["data"]) for event in thread["events"]]
    assert sum("the red one" in text for text in texts) == (0 if kind == "mention" else 1)
    assert len(team.client.get(THREADS).json()["threads"]) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"bot_id": "B0OTHER"},
        {"subtype": "message_changed"},
        {"subtype": "channel_join"},
        {"subtype": "file_share", "bot_id": "B0OTHER"},
        {"edited": {"user": ADA, "ts": "1.0"}},
        {"user": "U0BOT"},
        {"type": "reaction_added"},
        {"text": None},
        {"ts": "now"},
    ],
)
def test_what_is_nobody_s_message_is_let_be(other: Said, team: Workspace) -> None:
    said = message_of("hello", channel="D0ADA", channel_type="im") | other
    assert team.deliver(event_of(said)).status_code == 200
    assert team.client.get(THREADS).json()["threads"] == []
    assert team.slack.calls == []


def test_what_is_said_in_a_channel_is_not_for_the_agent_unless_it_is_named(team: Workspace) -> None:
    said = message_of("hello")
    team.deliver(event_of(said))
    team.reply(said, "hello yourself")
    assert team.client.get(THREADS).json()["threads"] == []


def test_who_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_SLACK_PEOPLE", f"{ADA}, U0EVE")
    monkeypatch.setenv("AGENT_SLACK_CHANNELS", ROOM)
    with working(monkeypatch) as team:
        for other in ({"user": BOB}, {"channel": "C0ELSE"}, {"user_team": "T0OTHER"}):
            team.slack.whispers.clear()
            team.deliver(event_of({**message_of("hello"), "type": "app_mention"} | other))
            assert "does not take messages from you here" in team.whispered()
        assert team.client.get(THREADS).json()["threads"] == []
        said = team.mention(told(APPROVAL_STEP)["message"])
        asked = team.asked()
        for user, of in ((BOB, TEAM), (ADA, "T0OTHER")):
            team.slack.whispers.clear()
            team.click(asked, "Approve", user, of)
            assert "does not take answers from you" in team.whispered()
        team.click(asked, "Reject…")
        view = team.opened()
        late = team.submit(view, filled(view), BOB).json()
        assert "does not take answers from you" in late["errors"]["words"]
        assert answers(thread_of(team, said)) == []


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault(429, "ratelimited", headers={"Retry-After": "30"}), "ratelimited, again in 30 s"),
        (Fault(error="channel_not_found"), "channel_not_found"),
        (Fault(503, "service_unavailable"), "service_unavailable"),
        (Fault(dropped=True), "RemoteDisconnected"),
    ],
)
def test_a_slack_that_fails_is_written_down_and_tried_again(
    fault: Fault, why: str, team: Workspace
) -> None:
    team.slack.faults = [fault]
    said = team.mention(told(APPROVAL_STEP)["message"])
    asked = team.asked()
    [failed, done] = thread_of(team, said)["awaiting"]["contacted"]
    assert why in failed["failed"]
    assert done["ref"] == f"{ROOM}/{asked['ts']}"


def test_a_message_that_nobody_knows_of_is_settled_by_a_click(team: Workspace) -> None:
    """Slack took it and said that it had not: it stands there twice."""
    team.slack.faults = [Fault(500, did=True)]
    said = team.mention(told(APPROVAL_STEP)["message"])
    second, first = team.asked(1), team.slack.messages[0]
    team.click(second, "Approve")
    team.settled(second)
    assert team.click(first, "Reject…").status_code == 200
    assert "it was approved" in team.settled(first)
    assert len(answers(thread_of(team, said))) == 1


def test_the_end_is_said_once_it_can_be(team: Workspace) -> None:
    team.slack.faults = [Fault(error="ratelimited")]
    said = team.mention("hello")

    def ends() -> list[Said]:
        return [each for each in team.slack.messages if "that is all" in each["text"]]

    [end] = wait_for(ends)
    assert end["thread_ts"] == said["ts"]
    assert "failed" in thread_of(team, said)["events"][2]["data"]
    team.reply(said, "more")
    wait_for(lambda: len(ends()) == 2)
    time.sleep(0.5)
    assert len(ends()) == 2


def test_the_end_is_said_also_where_slack_is_no_route(monkeypatch: pytest.MonkeyPatch) -> None:
    with working(monkeypatch, policy=Policy(settles=frozenset({"slack"}))) as team:
        said = team.mention("hello")
        [end] = wait_for(lambda: team.slack.messages)
        assert (end["thread_ts"], "that is all" in end["text"]) == (said["ts"], True)


def test_a_failure_is_said_where_the_thread_began(monkeypatch: pytest.MonkeyPatch) -> None:
    with working(monkeypatch, model=model_that_says(unasked("no key <!channel>"))) as team:
        team.mention("hello")
        [end] = wait_for(lambda: team.slack.messages)
        assert end["blocks"][0]["text"]["text"].startswith("*Failed")
        assert end["blocks"][1]["text"]["text"] == "> no key &lt;!channel&gt;"
