"""What is asked by mail, and what a reply means for it."""

from typing import Any, Literal

import pytest

from agent.channels.mail.answering import answer_in
from agent.channels.mail.reading import Mail
from agent.channels.mail.settings import Mailing, load_email, mailing_of
from agent.channels.mail.writing import Letter, how_to_reply, request
from agent.events import Reason
from agent.reach import Asked
from agent.waiting import Waiting

from ..scripted import NOON
from .mailing import ADA, AGENT, variables

LONG = {"note": "x" * 1_500 + " and all the rest"}


@pytest.fixture
def mailing(monkeypatch: pytest.MonkeyPatch) -> Mailing:
    for name, value in variables(25).items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
    return mailing_of(load_email())


def waiting_for(reason: Literal["approval"] | Reason, arguments: dict[str, Any]) -> Waiting:
    question = "pay was started and left no result: run it again?"
    return Waiting("call-1", reason, question, "pay", arguments)


def letter(waiting: Waiting, mailing: Mailing) -> Letter:
    return request(Asked("thread-1", waiting, None, None, reminds=False), ADA, mailing, NOON)


def reply(text: str) -> Mail:
    return Mail("<1@example.com>", ADA, "Ada", "Re: it", text, [])


@pytest.mark.parametrize("reason", ["approval", "in_doubt"])
def test_what_a_mail_does_not_show_whole_cannot_be_approved_by_reply(
    reason: Literal["approval"] | Reason, mailing: Mailing
) -> None:
    waiting = waiting_for(reason, LONG)
    shown = letter(waiting, mailing)
    assert "all the rest" not in "\n".join(shown.lines)
    assert "all of it stands behind the links" in "\n".join(shown.lines)
    assert "To approve takes its link." in how_to_reply(waiting)
    assert answer_in(reply("yes"), waiting, AGENT) is None
    no = answer_in(reply("no\n\ntoo long"), waiting, AGENT)
    assert no
    assert no.data == {"approved": False, "comment": "too long"}
    assert answer_in(reply("yes"), waiting_for(reason, {"note": "x"}), AGENT)


def test_an_argument_that_is_called_message_is_shown(mailing: Mailing) -> None:
    """Only of a question of the model's own it is what the mail asks already."""
    given = {"channel": "all", "message": "you are all fired"}
    shown = "\n".join(letter(waiting_for("approval", given), mailing).lines)
    assert shown.count("fired") == 1
    long = "may I? " * 200
    asks = Waiting("1", "approval", long, "request_approval_from_manager", {"message": long})
    assert "".join(letter(asks, mailing).lines).count(long) == 1
    assert answer_in(reply("yes"), asks, AGENT)


@pytest.mark.parametrize("says", ["Yes:", "yes: but only half", "yes:\n\nthanks"])
def test_a_colon_announces_more(says: str) -> None:
    assert answer_in(reply(says), waiting_for("approval", {"a": 1}), AGENT) is None


def test_a_mail_about_what_may_have_run_asks_one_thing(mailing: Mailing) -> None:
    """Not whether it ran, to which a yes would be the opposite."""
    waiting = waiting_for("in_doubt", {"a": 1})
    shown = letter(waiting, mailing)
    assert shown.subject.startswith("run pay again?")
    assert [what for what, _ in shown.links] == ["Run it again", "It was not done"]
    assert "yes and nothing else runs it again" in how_to_reply(waiting)
