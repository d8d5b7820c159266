"""Whatever comes in by mail: it is read or it is none, and no hook answers that it has failed."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent.channels.mail.answering import answer_in
from agent.channels.mail.believing import VENDORS, vouched_for
from agent.channels.mail.posted import fields_in, is_mailgun, is_postmark
from agent.channels.mail.reading import (
    Mail,
    NoMail,
    from_bytes,
    from_mailgun,
    from_postmark,
)
from agent.channels.mail.replies import beside_quotes, reply_in
from agent.channels.mail.signing import link_in, name_in
from agent.channels.mail.texts import text_of_html

from ..scripted import MANAGER, QUESTION, decided, said, thread_of
from .mailing import ADA, AGENT, MAILGUN, PASSWORD, TRUSTED, USER, mail_from, office
from .test_door import POSTED, basic, mailgun_form, signed
from .test_reading import MAILING

QUICK = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(QUICK, max_examples=2_000)

LINES = st.sampled_from(
    [
        b"From: ada@example.com",
        b"From: =?utf-8?b?w6k=?= <ada@example.com>",
        b"From: \xff\xfe <ada@example.com>",
        b"Subject: =?utf-8?q?=0D=0A?=",
        b"Subject: =?x-unknown?q?=FF?=",
        b"Message-ID: <a@b>",
        b"In-Reply-To: <=?utf-8?q?a?=@b>",
        b"References: " + b"<a@b> " * 50,
        b"Authentication-Results: mx.example.com; dkim=pass header.d=example.com",
        b"Authentication-Results: ;;==;(((",
        b"Content-Type: multipart/mixed; boundary=x",
        b"Content-Type: text/html; charset=unknown",
        b"Content-Type: text/plain; charset=utf-7",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"",
        b"--x",
        b"--x--",
        b"yes",
        b"> quoted",
        b"On Monday, Bob wrote:",
    ]
)
MAILS = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(LINES, st.binary(max_size=40)), max_size=15).map(b"\r\n".join),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def used(mail: Mail) -> None:
    """Everything that is asked of a mail that was read."""
    for server in (TRUSTED, *VENDORS):
        vouched_for(mail, server)
    assert mail.is_automatic in (True, False)
    for each in [mail.id, *mail.refers_to]:
        assert name_in(each, MAILING.secret) is None
    for step in (QUESTION, MANAGER):
        waiting = thread_of(said(), decided(step)).awaiting
        assert waiting
        answer_in(mail, waiting, AGENT)
    json.dumps([mail.sender, mail.subject, mail.text]).encode()


def read(raw: bytes) -> None:
    with suppress(NoMail):
        used(from_bytes(raw))


def posted(body: bytes) -> None:
    with suppress(NoMail):
        used(from_postmark(body))


def formed(body: bytes, content_type: str) -> None:
    form = fields_in(body, content_type)
    assert not is_mailgun(form, [MAILGUN.encode()], 1.8e9)
    with suppress(NoMail):
        used(from_mailgun(form, body))


def with_one_changed(base: dict[str, Any], name: str, value: Any) -> bytes:
    return json.dumps({**base, name: value}).encode()


POSTS = st.one_of(
    st.binary(max_size=100),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.builds(with_one_changed, st.just(POSTED), st.sampled_from([*POSTED, "RawEmail"]), JSON),
)
TYPES = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "multipart/x; boundary=\xe9",
    ]
)
FORMS = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    b"--x",
                    b"--x--",
                    b"",
                    b'Content-Disposition: form-data; name="message-headers"',
                    b'Content-Disposition: form-data; name="token"; filename="a"',
                    b"Content-Disposition: form-data; name*=utf-8''a",
                    b'[["From", "ada@example.com"]]',
                    b"sender=a&message-headers=[[1,2]]&body-plain=b",
                    b"message-headers=[[]]&sender=a",
                ]
            ),
            st.binary(max_size=30),
        ),
        max_size=12,
    ).map(b"\r\n".join),
)


@pytest.mark.parametrize("many", [QUICK, pytest.param(LONG, marks=pytest.mark.slow)])
def test_a_mail_is_read_or_is_none(many: settings) -> None:
    many(given(MAILS)(example(b"From: a@b\r\nContent-Type: multipart/x\r\n\r\n")(read)))()


@pytest.mark.parametrize("many", [QUICK, pytest.param(LONG, marks=pytest.mark.slow)])
def test_what_is_posted_is_a_mail_or_none(many: settings) -> None:
    many(given(POSTS)(posted))()
    many(given(FORMS, TYPES)(formed))()


@pytest.mark.parametrize("many", [QUICK, pytest.param(LONG, marks=pytest.mark.slow)])
def test_no_words_break_the_reading_and_no_bytes_prove_anything(many: settings) -> None:
    def all_of(text: str) -> None:
        reply_in(text)
        beside_quotes(text, AGENT)
        text_of_html(text)
        assert link_in(text, MAILING.secret) is None
        assert not is_postmark([text], [PASSWORD.encode()])
        assert not is_postmark([f"Basic {text}"], [PASSWORD.encode()])

    many(given(st.text())(all_of))()


@pytest.mark.parametrize("many", [QUICK, pytest.param(LONG, marks=pytest.mark.slow)])
def test_no_hook_fails_and_nothing_is_kept_that_was_not_proved(many: settings) -> None:
    headers = st.dictionaries(
        st.sampled_from(["Authorization", "Content-Type", "X-Any"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
    )
    with office() as here:

        def send(way: str, body: bytes, sent: dict[str, str]) -> None:
            status = here.client.post(way, content=body, headers=sent).status_code
            assert status in (400, 401, 404, 405), status

        ways = st.sampled_from(
            ["/hooks/email/postmark", "/hooks/email/mailgun", "/email/x.y", "/email/a%00"]
        )
        many(given(ways, MAILS | POSTS | FORMS, headers)(send))()
        assert here.threads() == []


@pytest.mark.parametrize("many", [QUICK, pytest.param(LONG, marks=pytest.mark.slow)])
def test_what_is_proved_and_odd_is_no_failure_of_ours(many: settings) -> None:
    with office() as here:

        def send(body: bytes) -> None:
            answer = here.client.post(
                "/hooks/email/postmark", content=body, headers=basic(f"{USER}:{PASSWORD}")
            )
            assert answer.status_code in (200, 422), answer.text

        def whole(raw: bytes) -> None:
            body = json.dumps({"RawEmail": raw.decode("latin-1")}).encode()
            send(body)

        many(given(POSTS)(send))()
        many(given(MAILS)(whole))()


@pytest.mark.parametrize("text", ["", " \n", "\u202e", "x" * 100_001, "\x00\x1b[2J"])
def test_words_that_are_none_or_too_many_are_explained_or_kept(text: str) -> None:
    with office() as here:
        here.post(mail_from(ADA, text))
        if text.strip() and len(text) <= 100_000:
            assert len(here.threads()) == 1
        else:
            here.taken.wait_for(1)
            assert here.threads() == []


def test_a_form_that_is_signed_and_odd_is_no_failure_of_ours() -> None:
    with office() as here:
        for number, headers in enumerate(("", "[]", "[[1]]", "null", '[["From"]]', "[[[], {}]]")):
            form = mailgun_form(**{"message-headers": headers}) | signed(token=f"odd {number}")
            assert here.client.post("/hooks/email/mailgun", data=form).status_code in (200, 406)
