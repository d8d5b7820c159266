"""From a first mail to its answer: it asks by mail, a click or a reply decides, it runs."""

import json
import time
from typing import Any

import pytest

from ...yours.samples import APPROVAL_STEP
from ..scripted import DONE, QUESTION
from ..serving import kinds
from .mailing import ADA, AGENT, BOB, EVE, Office, links_in, mail_from, office, quoting, text_of
from .servers import answer_to, imap_server

APPROVED = {"approved": True}


def script(*steps: dict[str, Any]) -> str:
    return json.dumps(steps)


def one_thread(here: Office, status: str) -> dict[str, Any]:
    """The only one, once it has come to this status."""
    deadline = time.monotonic() + 15
    while True:
        [thread] = here.threads()
        if thread["status"] == status:
            return thread
        assert time.monotonic() < deadline, thread["status"]
        time.sleep(0.02)


def answers(thread: dict[str, Any]) -> list[Any]:
    return [each["data"] for each in thread["events"] if each["type"] == "human_response"]


def test_a_mail_asks_is_approved_by_a_click_runs_and_is_answered() -> None:
    with office() as here:
        first = mail_from(ADA, script(APPROVAL_STEP), subject="please")
        here.post(first)
        [asks] = here.taken.wait_for(1)
        assert str(asks["To"]) == ADA
        assert str(APPROVAL_STEP["intent"]) in text_of(asks)
        thread = one_thread(here, "awaiting_human_approval")
        begun = thread["events"][0]
        assert begun["type"] == "email_received"
        assert begun["data"]["from"] == ADA
        assert begun["meta"].items() >= {"channel": "email", "who": ADA}.items()

        [place] = links_in(asks)
        page = here.client.get(place)
        assert page.status_code == 200
        assert kinds(one_thread(here, "awaiting_human_approval"))[:2] == kinds(thread)[:2]
        clicked = here.client.post(place, data={"do": "approve"}, follow_redirects=False)
        assert clicked.status_code == 303
        thread = one_thread(here, "done")
        assert answers(thread) == [{"approved": True, "user": ADA, "channel": "email"}]
        assert "tool_response" in kinds(thread)
        assert f"approved by email:{ADA}" in text_of(answer_to(here.taken, asks))
        ends = answer_to(here.taken, first)
        assert (str(ends["To"]), str(ends["Subject"])) == (ADA, "Re: please")
        assert DONE["message"] in text_of(ends)

        here.post(mail_from(ADA, quoting("and another thing", ends), to=ends))
        deadline = time.monotonic() + 15
        while kinds(here.threads()[0]).count("email_received") < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        more = [e for e in here.threads()[0]["events"] if e["type"] == "email_received"]
        assert more[1]["data"]["message"] == "and another thing"


def test_a_reply_answers_a_question_whatever_it_quotes() -> None:
    with office() as here:
        here.post(mail_from(ADA, script(QUESTION)))
        [asks] = here.taken.wait_for(1)
        assert QUESTION["message"] in text_of(asks)
        reply = mail_from(ADA, quoting("the red one,\nif there is one", asks), to=asks)
        here.post(reply)
        thread = one_thread(here, "done")
        said = {"response": "the red one,\nif there is one", "user": ADA, "channel": "email"}
        assert answers(thread) == [said]
        here.post(reply)  # the same mail again
        assert answers(one_thread(here, "done")) == [said]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("yes", {"approved": True}),
        ("Yes.", {"approved": True}),
        ("approve\n\nThanks,\nAda", {"approved": True}),
        ("no", {"approved": False}),
        ("No.\n\nThat is far too much.", {"approved": False, "comment": "That is far too much."}),
        ("Yes\n\nSent from my iPhone", {"approved": True}),
        ("yes\nAda\n\nGet Outlook for iOS<https://aka.ms/o0ukef>", {"approved": True}),
        ("Yes.\n\nSent from my Galaxy", {"approved": True}),
        ("Yes\n\nSent from my heart: do not pay", None),
        ("Yes\n\nSent from my iPhone: do not pay", None),
        ("yes\n\nSent from my phone but do not pay", None),
        ("Yes\nGet Outlook for iOS<but do not pay before Friday>", None),
        (f"yes\n\nEl jue, 26 nov 2026 a las 10:00, Agent (<{AGENT}>) escribió:\n\n> no", APPROVED),
        (
            f"Yes\n\nThanks\n\n<{AGENT}> 于2026年11月26日周四 10:00写道\uff1a\n\n> no\n> no",
            APPROVED,
        ),
        (
            f"Yes\n\nThanks\n\nAda <ada@b.c> 于2026年11月26日 写给 {AGENT}\uff1a\n\n> no\n> no",
            None,
        ),
        (f"yes\n\nOn Mon, 2 Feb 2026 at 10:00, The Agent\n<{AGENT}> wrote:\n> no", APPROVED),
        ("> no\n> no\n\nyes\n\nAda", APPROVED),
        (f"Yes.\n\n________________\nFrom: Agent <{AGENT}>\nSent: Monday\nTo: Ada\n\nno", APPROVED),
        (f"Yes\n\n-----Original Message-----\nVon: {AGENT}\n\nno", APPROVED),
        ("yes\nas I wrote on 26 Nov 2026 at 10:00 to Bob <b@example.com>, only half:\n> x", None),
        ("yes\n\nOnly once Bob <b@example.com> has, not before 2026-12-01 10:00:\n\n> x", None),
        ("yes\n\nNot before 2026-12-01 10:00. Ask <b@example.com>:\n> x", None),
        ("yes\n\nOn Friday only, as Bob wrote:\n> x", None),
        ("yes\n\nFrom: now on only half\nTo: Bob\nSubject: x", None),
        ("> no\n\nyes\n\n> no\n\nbut only the half", None),
        ("yes, but only the half of it", None),
        ("yes\nbut not today", None),
        ("Yes\n\nThanks, but only after five.", None),
        ("no problem, go ahead", None),
        ("sure", None),
        ("", None),
    ],
)
def test_a_reply_decides_only_where_nothing_else_can_be_meant(
    words: str, said: dict[str, Any] | None
) -> None:
    with office() as here:
        here.post(mail_from(ADA, script(APPROVAL_STEP)))
        [asks] = here.taken.wait_for(1)
        here.post(mail_from(ADA, quoting(words, asks), to=asks))
        if said is None:
            explains = here.taken.wait_for(2)[1]
            assert "not clear what this says. Please reply" in text_of(explains)
            assert answers(one_thread(here, "awaiting_human_approval")) == []
        else:
            thread = one_thread(here, "done")
            assert answers(thread) == [{**said, "user": ADA, "channel": "email"}]


def test_a_scanner_that_follows_all_links_changes_nothing() -> None:
    with office() as here:
        here.post(mail_from(ADA, script(APPROVAL_STEP)))
        [asks] = here.taken.wait_for(1)
        before = one_thread(here, "awaiting_human_approval")
        for place in [each for each in links_in(asks) for _ in range(3)]:
            for method in ("GET", "HEAD", "OPTIONS"):
                here.client.request(method, place)
        after = one_thread(here, "awaiting_human_approval")
        assert answers(after) == []
        assert after["awaiting"]["call_id"] == before["awaiting"]["call_id"]


def test_who_is_not_vouched_for_or_not_allowed_changes_nothing() -> None:
    with office() as here:
        here.post(mail_from(ADA, script(APPROVAL_STEP)))
        [asks] = here.taken.wait_for(1)
        before = one_thread(here, "awaiting_human_approval")
        forged = [
            mail_from(ADA, "yes", to=asks, vouch=""),
            mail_from(ADA, "yes", to=asks, vouch="mx.evil.example; dkim=pass header.d=example.com"),
            mail_from(ADA, "yes", to=asks, vouch="mx.example.com; dkim=fail header.d=example.com"),
            mail_from(ADA, "yes", to=asks, vouch="mx.example.com; dkim=pass header.d=evil.example"),
            mail_from(EVE, "yes", to=asks),
            mail_from(EVE, script(APPROVAL_STEP)),
            mail_from(ADA, script(APPROVAL_STEP), vouch=""),
            mail_from(ADA, "yes", to=asks, Auto_Submitted="auto-replied"),
        ]
        for mail in forged:
            here.post(mail)
        [after] = here.threads()
        assert answers(after) == []
        assert after["awaiting"]["call_id"] == before["awaiting"]["call_id"]
        assert len(here.taken.mails) == 1  # and nobody is told


@pytest.mark.parametrize("says", ["no", "yes"])
def test_two_answers_at_once_one_counts_and_the_other_is_told_what_became_of_it(says: str) -> None:
    with office(AGENT_EMAIL_TO=f"{ADA}, {BOB}") as here:
        here.post(mail_from(ADA, script(APPROVAL_STEP)))
        to_ada, to_bob = here.taken.wait_for(2)
        [ada], [bob] = links_in(to_ada), links_in(to_bob)
        assert ada != bob
        assert here.client.post(ada, data={"do": "approve"}).status_code == 200
        late = here.client.post(bob, data={"do": "reject", "comment": "never"})
        assert late.status_code == 409
        assert f"approved by email:{ADA}" in late.text
        here.post(mail_from(BOB, says, to=to_bob))
        texts = [text_of(mail) for mail in here.taken.wait_for(3)]
        thread = one_thread(here, "done")
        assert answers(thread) == [{"approved": True, "user": ADA, "channel": "email"}]
        assert any(f"approved by email:{ADA}" in text for text in texts)
        assert kinds(thread).count("tool_started") == 1


@pytest.mark.parametrize("says", ["yes", "no", "and now something else"])
@pytest.mark.parametrize("step", [QUESTION, APPROVAL_STEP])
def test_a_reply_to_what_says_that_it_is_settled_goes_on(step: dict[str, Any], says: str) -> None:
    with office() as here:
        here.post(mail_from(ADA, script(step)))
        [asks] = here.taken.wait_for(1)
        here.post(mail_from(ADA, "yes", to=asks))
        one_thread(here, "done")
        [settled] = [mail for mail in here.taken.wait_for(3) if "Settled" in str(mail["Subject"])]
        here.post(mail_from(ADA, says, to=settled))
        here.taken.wait_for(4)  # the end, once more
        thread = one_thread(here, "done")
        assert kinds(thread).count("email_received") == 2
        assert len(answers(thread)) == 1


def test_a_reply_to_an_explanation_goes_on_once_it_can() -> None:
    with office() as here:
        here.post(mail_from(ADA, script(DONE, QUESTION)))
        [ended] = here.taken.wait_for(1)
        here.post(mail_from(ADA, "go on", to=ended))
        asks = here.taken.wait_for(2)[1]
        here.post(mail_from(ADA, "and check it", to=ended))
        explains = here.taken.wait_for(3)[2]
        assert "something waits for an answer first" in text_of(explains)
        here.post(mail_from(ADA, "the red one", to=asks))
        one_thread(here, "done")
        here.post(mail_from(ADA, "and check it now", to=explains))
        here.taken.wait_for(6)  # what was asked is settled, and the end twice
        assert kinds(one_thread(here, "done")).count("email_received") == 3


@pytest.mark.parametrize("text", ["", " \n\n", "> hello\n> hello"])
def test_a_mail_without_words_is_told_so(text: str) -> None:
    with office() as here:
        here.post(mail_from(ADA, script(DONE)))
        [ended] = here.taken.wait_for(1)
        here.post(mail_from(ADA, text, to=ended))
        assert "there is no text in it" in text_of(here.taken.wait_for(2)[1])
        here.post(mail_from(ADA, " \n"))
        assert "there is no text in it" in text_of(here.taken.wait_for(3)[2])
        assert kinds(one_thread(here, "done")).count("email_received") == 1


def test_the_same_mail_however_often_is_one_thread() -> None:
    with office() as here:
        mail = mail_from(ADA, script(QUESTION))
        for _ in range(3):
            here.post(mail)
        one_thread(here, "awaiting_human_response")
        here.post(mail_from(ADA, script(QUESTION)))
        assert len(here.threads()) == 2


def test_who_may_not_decide_is_told_so_and_nothing_changes() -> None:
    with office(roles={"nobody": []}) as here:
        here.post(mail_from(ADA, script(APPROVAL_STEP)))
        [asks] = here.taken.wait_for(1)
        [place] = links_in(asks)
        refused = here.client.post(place, data={"do": "approve"})
        assert refused.status_code == 403
        assert f"email:{ADA} is none" in refused.text
        here.post(mail_from(ADA, "yes", to=asks))
        why = text_of(here.taken.wait_for(2)[1])
        assert why.startswith("it needs the yes or no of")
        assert f"email:{ADA} is none" in why
        assert answers(one_thread(here, "awaiting_human_approval")) == []


def test_a_mailbox_is_looked_into_and_a_mail_is_marked_once_it_is_stored() -> None:
    with imap_server() as box:
        box.mails += [mail_from(ADA, script(QUESTION)).as_bytes(), b"\xff\x00 no mail"]
        with office(
            AGENT_EMAIL_IMAP=f"imap://ada:secret@127.0.0.1:{box.port}", AGENT_EMAIL_POLL="1"
        ) as here:
            [asks] = here.taken.wait_for(1)
            box.mails.append(mail_from(ADA, "the red one", to=asks).as_bytes())
            assert answers(one_thread(here, "done"))[0]["response"] == "the red one"
            deadline = time.monotonic() + 15
            while box.seen != {1, 2, 3}:
                assert time.monotonic() < deadline, box.seen
                time.sleep(0.02)
