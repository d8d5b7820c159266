"""Out by SMTP, with servers that refuse, are gone, or take it and say nothing; what became of a
call; the end of a thread; and what is said where a setting is missing.
"""

import asyncio
import json
import socket
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from agent.channels.mail.sending import Email
from agent.channels.mail.settings import EmailSettings, load_email, mailing_of, missing, server_in
from agent.outcomes import Message
from agent.reach import Asked, tried
from agent.server.app import create_app
from agent.settings import Settings, WrongSettings
from agent.wiring import unset

from ...yours.samples import APPROVAL_STEP
from ..scripted import (
    NOON,
    decided,
    said,
    thread_of,
)
from .mailing import ADA, BOB, mail_from, office, text_of, variables
from .servers import HERE, answer_to, smtp_server

ID = "7b0c2c1e-0000-4000-8000-000000000000"


def asked(to: str | None = None) -> Asked:
    waiting = thread_of(said(), decided(APPROVAL_STEP)).awaiting
    assert waiting
    return Asked(ID, waiting, to, None, reminds=False)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Any:
    def given(port: int, **more: str) -> EmailSettings:
        for name, value in variables(port, **more).items():
            monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
        return load_email()

    return given


def email(settings: EmailSettings) -> Email:
    return Email(mailing_of(settings))


def test_each_is_told_with_a_link_of_their_own_and_again_under_the_same_name(settings: Any) -> None:
    with smtp_server() as taken:
        there = settings(taken.port)  # once, and by another process
        refs = [asyncio.run(email(there).tell(asked(f"{ADA}, {BOB}"))) for _ in range(2)]
        to_ada, to_bob, again, _ = taken.mails
        assert [str(to_ada["To"]), str(to_bob["To"])] == [ADA, BOB]
        assert refs == [str(to_ada["Message-ID"])] * 2 == [str(again["Message-ID"])] * 2
        assert to_ada["Message-ID"] != to_bob["Message-ID"]
        assert str(to_ada["Auto-Submitted"]) == "auto-generated"


@pytest.mark.parametrize("says", ["451 try later", "550 no such user", "521 away", "not a code"])
def test_what_the_server_has_against_it_is_the_channel_s_failure(says: str, settings: Any) -> None:
    with smtp_server() as taken:
        taken.says = [says]
        channel = email(settings(taken.port))
        ref, failed = asyncio.run(tried(lambda: channel.tell(asked())))
        assert ref is None
        assert failed
        ref, failed = asyncio.run(tried(lambda: channel.tell(asked())))
        assert (failed, len(taken.mails)) == (None, 1)
        assert ref


@pytest.mark.parametrize("at", ["RCPT", "DATA"])
def test_who_is_refused_for_good_is_in_nobody_s_way(at: str, settings: Any) -> None:
    with smtp_server() as taken:
        channel = email(settings(taken.port))
        if at == "RCPT":
            taken.refuses[BOB] = "550 no such user"
        for_both = asked(f"{ADA}, {BOB}") if at == "RCPT" else asked(f"{BOB}, {ADA}")
        taken.says = ["554 not wanted"] if at == "DATA" else []
        ref, failed = asyncio.run(tried(lambda: channel.tell(for_both)))
        assert failed is None
        message = Message(ID, for_both.waiting.call_id, "email", for_both.to, str(ref), NOON)
        asyncio.run(channel.settle(message, "it was approved"))
        to_ada = [mail for mail in taken.mails if mail["To"] == ADA]
        assert [str(mail["Subject"])[:7] for mail in to_ada][1:] == ["Settled"]
        assert to_ada[1]["In-Reply-To"] == to_ada[0]["Message-ID"]


def test_where_one_is_to_wait_the_other_is_not_told_twice(settings: Any) -> None:
    with smtp_server() as taken:
        channel = email(settings(taken.port))
        taken.refuses[ADA] = "450 later"
        both = asked(f"{ADA}, {BOB}")
        for _ in range(3):
            _, failed = asyncio.run(tried(lambda: channel.tell(both)))
            assert "450 later" in str(failed)
        taken.refuses.clear()
        _, failed = asyncio.run(tried(lambda: channel.tell(both)))
        assert failed is None
        assert [str(mail["To"]) for mail in taken.mails] == [BOB, ADA]


def test_where_nobody_is_taken_it_has_failed(settings: Any) -> None:
    with smtp_server() as taken:
        channel = email(settings(taken.port))
        taken.refuses = {ADA: "550 no", BOB: "551 no"}
        _, failed = asyncio.run(tried(lambda: channel.tell(asked(f"{ADA}, {BOB}"))))
        assert f"{ADA} was refused: 550 no" in str(failed)


def test_what_was_put_off_is_asked_by_another_mail(settings: Any) -> None:
    """A mailbox may take a name that it knows for a mail that it has."""
    first = asked()
    later = replace(first, waiting=replace(first.waiting, asked_at=NOON + timedelta(hours=1)))
    with smtp_server() as taken:
        channel = email(settings(taken.port))
        refs = [asyncio.run(channel.tell(each)) for each in (first, later)]
        assert [str(mail["Message-ID"]) for mail in taken.mails] == refs
        assert len(set(refs)) == 2
        message = Message(ID, first.waiting.call_id, "email", None, refs[1], NOON)
        asyncio.run(channel.settle(message, "it was approved"))
        assert taken.mails[-1]["In-Reply-To"] == refs[1]


def test_a_server_that_is_gone_or_silent_is_one_too(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.channels.mail.sending.PATIENCE", 0.3)
    with socket.create_server((HERE, 0)) as silent:  # takes the connection, and says nothing
        channel = email(settings(silent.getsockname()[1]))
        ref, failed = asyncio.run(tried(lambda: channel.tell(asked())))
        assert (ref, bool(failed)) == (None, True)
    ref, failed = asyncio.run(tried(lambda: channel.tell(asked())))
    assert (ref, bool(failed)) == (None, True)


@pytest.mark.parametrize("is_heard", [True, False])
def test_a_reply_is_asked_for_only_where_one_comes_in(is_heard: bool, settings: Any) -> None:
    ways_in = {} if is_heard else {"AGENT_EMAIL_POSTMARK": "", "AGENT_EMAIL_MAILGUN": ""}
    with smtp_server() as taken:
        asyncio.run(email(settings(taken.port, **ways_in)).tell(asked()))
        [mail] = taken.mails
        assert ("reply to this mail" in text_of(mail)) is is_heard
        assert "Approve: http" in text_of(mail)


def test_what_became_of_a_call_is_a_second_mail_in_the_same_conversation(settings: Any) -> None:
    with smtp_server() as taken:
        channel = email(settings(taken.port))
        ref = asyncio.run(channel.tell(asked()))
        message = Message(ID, asked().waiting.call_id, "email", None, ref, NOON)
        asyncio.run(channel.settle(message, "it was approved by inbox:ada, and has run"))
        asks, settles = taken.mails
        assert settles["In-Reply-To"] == asks["Message-ID"]
        assert "approved by inbox:ada, and has run" in text_of(settles)
        assert "/email/" not in text_of(settles)


def test_a_mail_that_was_asked_about_elsewhere_is_settled_by_itself() -> None:
    with office() as here:
        here.post(mail_from(ADA, json.dumps([APPROVAL_STEP])))
        [asks] = here.taken.wait_for(1)
        [thread] = here.threads()
        body = {"call_id": thread["awaiting"]["call_id"], "approved": False}
        place = f"/api/v1/threads/{thread['id']}/approvals"
        assert here.client.post(place, json=body).status_code == 202
        assert "rejected by http:local" in text_of(answer_to(here.taken, asks))


def test_all_unset_is_said_and_the_server_starts_without() -> None:
    create_app(Settings())
    [mail] = [each for each in unset(Settings()) if each.name == "email"]
    assert [fault.partition(" is not set: ")[0] for fault in mail.faults] == [
        f"AGENT_EMAIL_{name}" for name in ("FROM", "TO", "URL", "SECRET", "SMTP")
    ]


@pytest.mark.parametrize("name", ["FROM", "TO", "URL", "SECRET", "SMTP", "ALLOWED", "TRUSTS"])
def test_the_half_of_it_is_refused_and_what_is_missing_is_named(name: str, settings: Any) -> None:
    settings(25, **{f"AGENT_EMAIL_{name}": ""})
    with pytest.raises(WrongSettings) as wrong:
        Email()
    [fault] = wrong.value.faults
    assert fault.startswith(f"AGENT_EMAIL_{name} is not set: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FROM", "agent"),
        ("FROM", "a@example.com\nBcc: eve@evil.example"),
        ("TO", "ada@example.com, eve"),
        ("URL", "agent.example.com"),
        ("URL", "https://agent.example.com/?a"),
        ("SECRET", "short"),
        ("SMTP", "mail.example.com"),
        ("SMTP", "imap://mail.example.com"),
        ("SMTP", "smtp://mail.example.com:99999"),
        ("IMAP", "smtps://mail.example.com"),
        ("POSTMARK", "a-password-without-a-user"),
        ("POSTMARK", "user:a-password-of-postmark, another-without-a-user"),
        ("POLL", "0"),
        ("ALLOWED", "*"),
        ("TRUSTS", "mx example"),
    ],
)
def test_a_setting_that_is_wrong_is_one_line(name: str, value: str, settings: Any) -> None:
    with pytest.raises(WrongSettings) as wrong:
        settings(25, **{f"AGENT_EMAIL_{name}": value})
    [fault] = wrong.value.faults
    assert fault.startswith(f"AGENT_EMAIL_{name}: ")


@pytest.mark.parametrize(
    ("url", "security", "port"),
    [
        ("smtp://mail.example.com", "starttls", 587),
        ("smtps://mail.example.com", "tls", 465),
        ("smtp://127.0.0.1:2525", "none", 2525),
        ("smtp://[::1]:2525", "none", 2525),
        ("smtps://localhost", "tls", 465),
        ("imaps://a%40b:c%2Fd@mail.example.com/Agent", "tls", 993),
    ],
)
def test_nothing_leaves_this_machine_in_the_clear(url: str, security: str, port: int) -> None:
    server = server_in(SecretStr(url))
    assert (server.security, server.port) == (security, port)
    if server.user:
        assert (server.user, server.password, server.folder) == ("a@b", "c/d", "Agent")


def test_missing_names_nothing_where_all_is_there(settings: Any) -> None:
    assert missing(settings(25)) == []
