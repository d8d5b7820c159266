"""What is read of a mail: who wrote, what they say and not what they quote, and whether to believe
them. And what is written into one: others' words are no line, no link and no header.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from pydantic import SecretStr

from agent.channels.mail.answering import word_of
from agent.channels.mail.believing import vouched_for
from agent.channels.mail.paper import shown
from agent.channels.mail.reading import CUT, MAX_PAGE, NoMail, from_bytes, text_of_html
from agent.channels.mail.replies import reply_in
from agent.channels.mail.sending import POLICY
from agent.channels.mail.settings import Mailing, server_in
from agent.channels.mail.signing import Link, Name, link_in, message_id, name_in, token_for
from agent.channels.mail.writing import request, written
from agent.reach import Asked

from ..costs import takes_less
from ..scripted import NOON, decided, said, thread_of
from .mailing import ADA, AGENT, BOB, SECRET, TRUSTED, URL, mail_from, text_of, vouched

MAILING = Mailing(
    AGENT, (ADA,), URL, SecretStr(SECRET), server_in(SecretStr("smtp://127.0.0.1")), True
)
HOSTILE = [
    "please\r\nBcc: eve@evil.example\r\n\r\n",
    "<script>alert(1)</script>",
    '"><a href="https://evil.example">Approve</a>',
    "a\nApprove: https://evil.example/approve",
    "a\u202eb\x1b[2J\x00c\u2028d",
    "\ud800",
    "=?utf-8?q?=0D=0ABcc=3A_eve=40evil.example?=",
    "x" * 5_000,
]


def believed(sender: str, *results: str) -> bool:
    mail = mail_from(sender, "hello", vouch=results[0])
    for more in results[1:]:
        mail["Authentication-Results"] = more
    return vouched_for(from_bytes(mail.as_bytes()), TRUSTED)


@pytest.mark.parametrize(
    "results",
    [
        f"{TRUSTED}; dkim=pass header.d=example.com",
        f"{TRUSTED}; dkim=pass header.i=@example.com",
        f"{TRUSTED} 1; spf=pass smtp.mailfrom=ada@example.com; dkim=none",
        f"{TRUSTED}; spf=fail (no) smtp.mailfrom=x@y.example; dmarc=pass header.from=example.com",
        f"{TRUSTED}; dkim=pass (2048-bit key; evil.example)\t header.d=EXAMPLE.com",
        f'{TRUSTED} (ours (\\) )); dkim=pass (a " b) header.d=example.com',
        f'{TRUSTED}; spf=pass smtp.mailfrom="ada@example.com"',
    ],
)
def test_who_is_vouched_for_is_believed(results: str) -> None:
    assert believed(ADA, results)


@pytest.mark.parametrize(
    "results",
    [
        "",
        TRUSTED,
        f"{TRUSTED}; none",
        f"{TRUSTED}; dkim=fail header.d=example.com",
        f"{TRUSTED}; dkim=pass header.d=evil.example",
        f"{TRUSTED}; dkim=pass header.d=com",
        f"{TRUSTED}; dkim=pass header.d=notexample.com",
        f"{TRUSTED}; dkim=pass header.d=mail.example.com",
        f"{TRUSTED}; dkim=pass",
        f"{TRUSTED}; spf=pass smtp.mailfrom=eve@evil.example",
        f"{TRUSTED}; spf=softfail smtp.mailfrom=ada@example.com",
        f"{TRUSTED}; dmarc=pass header.from=evil.example",
        f"{TRUSTED}; x=(dkim=pass header.d=example.com)",
        "mx.evil.example; dkim=pass header.d=example.com",
        f"evil.{TRUSTED}; dkim=pass header.d=example.com",
        f"mx.evil.example; {TRUSTED}; dkim=pass header.d=example.com",
        f"{TRUSTED}; dkim=fail (x; dkim=pass header.d=example.com (of evil.example) )",
        f"{TRUSTED}; dkim=fail (x \\) ; dkim=pass header.d=example.com )",
        f"{TRUSTED}; dkim=fail (x; dkim=pass header.d=example.com",
        f"{TRUSTED}; dkim=fail (x (y); dkim=pass header.d=example.com (z)",
        f'{TRUSTED}; spf=pass smtp.mailfrom="; dkim=pass header.d=example.com "@evil.example',
        f'{TRUSTED}; spf=pass smtp.mailfrom="\\"; dkim=pass header.d=example.com "@evil.example',
        f'{TRUSTED}; spf=pass smtp.mailfrom="; dkim=pass header.d=example.com ',
        f'{TRUSTED}; spf=pass smtp.mailfrom="ada@example.com"@evil.example',
    ],
)
def test_nobody_else_is(results: str) -> None:
    assert not believed(ADA, results)


def test_what_stands_below_the_server_s_own_word_came_with_the_mail() -> None:
    forged = f"{TRUSTED}; dkim=pass header.d=example.com"
    assert not believed(ADA, f"{TRUSTED}; dkim=none", forged)
    assert not believed(ADA, f"{TRUSTED}; spf=fail (a(b) smtp.mailfrom=eve@evil.example", forged)


@pytest.mark.parametrize(
    "author",
    [
        f"{ADA}, eve@evil.example",
        f"{ADA}\r\nFrom: eve@evil.example",
        "undisclosed:;",
        "Ada",
        "",
        "<>",
        f'"{ADA}" <eve@evil.example>',
        f"{ADA} <eve@evil.example>",
        f"=?utf-8?q?{ADA}=3E?= <eve@evil.example>",
    ],
)
def test_a_from_that_is_not_one_address_is_nobody_s(author: str) -> None:
    raw = f"From: {author}\r\nSubject: a\r\n\r\nhello\r\n".encode()
    assert from_bytes(raw).sender in ("", "eve@evil.example")


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (rejected)",
        "Precedence: bulk",
        "Precedence: Auto_Reply",
        "Return-Path: <>",
        "X-Autoreply: yes",
        "List-Id: <a.example.com>",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
    ],
)
def test_a_machine_is_known(header: str) -> None:
    assert from_bytes(f"From: {ADA}\r\n{header}\r\n\r\nhello".encode()).is_automatic
    assert not from_bytes(f"From: {ADA}\r\nAuto-Submitted: no\r\n\r\nhello".encode()).is_automatic


@pytest.mark.parametrize(
    "below",
    [
        "\n\nOn Mon, 2 Feb 2026 at 10:00, The Agent <agent@example.com> wrote:\n\n> no\n> no\n",
        "\n\n-----Original Message-----\nFrom: The Agent\nSent: Monday\nTo: Ada\n\nno\n",
        "\n\nAm Mo., 2. Feb. 2026 um 10:00 Uhr schrieb The Agent <agent@example.com>:\n\n> no\n",
        "\n\n> no\n> no\n",
        "\n\n-- \nAda Lovelace\nno\n",
        "\n\nSent from my iPhone\n",
        "\n\nEl jue, 26 nov 2026 a las 10:00, Ada (<ada@example.com>) escribió:\n\n> no\n",
        "\n\nOp do 26 nov 2026 om 10:00 schreef Ada <ada@example.com>:\n\n> no\n",
        "\n\nAda <ada@example.com> escreveu (quinta, 26/11/2026 à(s) 10:00):\n\n> no\n",
        "\n\nczw., 26 lis 2026 o 10:00 Ada <ada@example.com> napisał(a):\n\n> no\n",
        "\n\nчт, 26 нояб. 2026 в 10:00, Ada <ada@example.com>:\n\n> no\n",
        "\n\nAda <ada@example.com> 于2026年11月26日周四 10:00写道\uff1a\n\n> no\n",
        "\n",
    ],
)
def test_a_reply_is_what_stands_above_what_it_quotes(below: str) -> None:
    for line_end in ("\n", "\r\n"):
        assert reply_in(f"the red one{below}".replace("\n", line_end)) == "the red one"


def test_what_somebody_says_above_a_quote_is_no_head_of_it() -> None:
    said = "but send it to <bob@example.com>, as in 2025:"
    assert reply_in(f"yes\n{said}\n> no") == f"yes\n{said}"


@pytest.mark.parametrize(
    "odd", ["<p>hi <<![x>![y z", "<![if !mso]>", "<![0", "<![A[", "<![", "<![CDATA[x]]>", "<![" * 3]
)
def test_a_page_that_no_parser_knows_is_read_all_the_same(odd: str) -> None:
    assert "the red one" in text_of_html(f"the red one{odd}") + text_of_html(f"{odd}")
    text_of_html(f"{odd}<p>the red one")


def test_of_a_page_the_words_are_read_and_not_what_it_quotes() -> None:
    page = "<div>the <b>red</b> one</div><blockquote>no</blockquote><script>no</script>"
    assert text_of_html(page) == "the red one"


@pytest.mark.parametrize(
    "piece", ["On ", "> ", "\n", " \n", "From: a\n", "a ", "-", "wrote: ", ".", ", ", "\u00a0"]
)
def test_no_reply_takes_long_to_read(piece: str) -> None:
    assert takes_less(3, lambda: reply_in(piece * 100_000))
    assert takes_less(3, lambda: word_of(piece * 100_000 + "yes"))


def test_a_long_answer_is_kept_whole() -> None:
    words = "all of this matters\n" * 1_000
    assert reply_in(words) == words.strip()


def asked(**arguments: str) -> Asked:
    step = {"intent": "request_more_information", "message": "which one?", **arguments}
    waiting = thread_of(said(), decided(step)).awaiting
    assert waiting
    return Asked("7b0c2c1e-0000-4000-8000-000000000000", waiting, None, None, reminds=False)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_are_words(hostile: str) -> None:
    letter = request(asked(message=hostile, context=hostile), ADA, MAILING, NOON)
    raw = written(letter, MAILING, NOON).as_bytes(policy=POLICY)
    mail = message_from_bytes(raw, policy=default)
    plain = written(request(asked(), ADA, MAILING, NOON), MAILING, NOON)
    assert mail.keys() == plain.keys()
    assert len(str(mail["Subject"])) <= 120
    links = [
        line for line in text_of(mail).splitlines() if line.startswith(("Approve:", "Answer:"))
    ]
    assert links == [line for line in links if line.startswith(f"Answer: {URL}/email/")]
    body = mail.get_body(("html",))
    assert body
    html = str(body.get_content())
    assert html.count("<a ") == 1
    assert "<script" not in html


def test_a_name_comes_back_as_it_was_sent_however_long_it_is() -> None:
    name = Name("asks", "7b0c2c1e-0000-4000-8000-000000000000", "c" * 100, ADA)
    letter = request(asked(), ADA, MAILING, NOON)
    raw = written(letter, MAILING, NOON).as_bytes(policy=POLICY)
    id = str(message_from_bytes(raw, policy=default)["Message-ID"])
    found = name_in(id, MAILING.secret)
    assert found
    assert (found.kind, found.call_id) == ("asks", "1")
    long = message_id(name, MAILING)
    back = name_in(long, MAILING.secret)
    assert back
    assert back.call_id == name.call_id
    answer = written(replace(letter, answers=long), MAILING, NOON).as_bytes(policy=POLICY)
    assert f"\r\nIn-Reply-To: {long}\r\n".encode() in answer


def test_what_was_changed_is_not_ours() -> None:
    link = Link("7b0c2c1e-0000-4000-8000-000000000000", "call-1", ADA, 2_000_000_000)
    token = token_for(link, MAILING.secret)
    assert link_in(token, MAILING.secret) == link
    others = [token[:-1], f"{token}0", f"A{token}", token.upper(), "", ".", "é", "\x00" * 40]
    others += [token[:place] + "x" + token[place + 1 :] for place in range(0, len(token), 7)]
    others += [token_for(link, SecretStr("another-secret-of-somebody"))]
    assert [each for each in others if each != token and link_in(each, MAILING.secret)] == []
    assert name_in(f"<{token}@example.com>", MAILING.secret) is None  # a link is no name


def test_two_secrets_are_valid_while_one_replaces_another_and_the_first_signs() -> None:
    link = Link("7b0c2c1e-0000-4000-8000-000000000000", "call-1", ADA, 2_000_000_000)
    name = Name("asks", link.thread_id, link.call_id, ADA)
    old, new = MAILING, replace(MAILING, secret=SecretStr("the-one-that-is-new"))
    both = replace(MAILING, secret=SecretStr("the-one-that-is-new, " + SECRET))
    for signs, knows, is_known in ((old, both, True), (both, new, True), (both, old, False)):
        token = token_for(link, signs.secret)
        assert link_in(token, knows.secret) == (link if is_known else None)
        assert bool(name_in(message_id(name, signs), knows.secret)) is is_known


def test_a_link_of_yesterday_shows_what_it_asked_and_no_way_to_decide() -> None:
    thread = thread_of(said(), decided({"intent": "request_more_information", "message": "eh?"}))
    now = datetime.now(UTC)
    for until, forms in ((now - timedelta(days=1), 0), (now + timedelta(days=1), 1)):
        link = Link("id", "1", BOB, int(until.timestamp()))
        assert bytes(shown(link, thread).body).count(b"<form") == forms


PICTURE = b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"


@pytest.mark.parametrize("kind", [b"plain", b"html"])
def test_what_stands_below_a_picture_is_said_as_well(kind: bytes) -> None:
    text = b"--b\r\nContent-Type: text/" + kind + b"\r\n\r\n"
    parts = text + b"yes\r\n--b\r\n" + PICTURE + text + b"but only half\r\n--b--\r\n"
    head = b"From: ada@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    assert from_bytes(head + parts).text.split() == ["yes", "but", "only", "half"]


def test_of_what_is_cut_no_yes_can_be_read() -> None:
    page = f"<p>yes</p><img src='data:{'x' * MAX_PAGE}'><p>but only half</p>"
    mail = from_bytes(b"From: ada@example.com\r\n\r\nyes", is_cut=True)
    assert [mail.text[-len(CUT) :], text_of_html(page)[-len(CUT) :]] == [CUT, CUT]
    assert text_of_html("<div>yes</div>but not before you asked AT&T").endswith("asked AT&T")


DEEP = b"".join(
    f"Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n".encode()
    for depth in range(300)
)
BELIEVED = f"Authentication-Results: {vouched(ADA)}\r\nFrom: {ADA}\r\n".encode()
POISON = {
    "deep": DEEP,
    "brackets": b"Content-Type: text/plain " + b"(" * 3_000,
    "parameters": b"Content-Type: text/plain" + b"; a=b" * 80_000,
    "page": b"Content-Type: text/html\r\n\r\n" + b"<" * 1_000_000,
    "comments": b"Content-Type: text/html\r\n\r\n" + b"<!--" * 50_000,
    "tags": b"Content-Type: text/html\r\n\r\n" + b"<a " * 60_000,
    "odd page": b"Content-Type: text/html\r\n\r\n<p>hi <<![x>![y z",
    "references": b"References: " + b"=?utf-8?q?a?= " * 40_000,
    "subject": b"Subject: " + b"a " * 400_000,
}


@pytest.mark.parametrize("kind", POISON)
def test_no_mail_takes_long_to_read_or_raises(kind: str) -> None:
    def read() -> None:
        with suppress(NoMail):
            assert from_bytes(BELIEVED + POISON[kind]).refers_to == []

    assert takes_less(3, read)
