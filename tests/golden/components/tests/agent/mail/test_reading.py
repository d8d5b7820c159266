"""What is read of a mail: who wrote, what they say and not what they quote, and whether to believe
them. And what is written into one: others' words are no line, no link and no header.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from html import escape
from typing import Any, cast

import pytest
from pydantic import SecretStr

from agent.channels.mail.answering import answer_in, word_of
from agent.channels.mail.believing import vouched_for
from agent.channels.mail.paper import shown
from agent.channels.mail.reading import NoMail, author, from_bytes
from agent.channels.mail.replies import LAST_WORDS, beside_quotes, reply_in
from agent.channels.mail.sending import POLICY
from agent.channels.mail.settings import Mailing, server_in
from agent.channels.mail.signing import Link, Name, link_in, message_id, name_in, token_for
from agent.channels.mail.texts import CUT, MAX_PAGE, text_of_html
from agent.channels.mail.writing import how_to_reply, request, written
from agent.reach import Asked

from ..costs import takes_less
from ..scripted import MANAGER, NOON, decided, said, thread_of
from .mailing import ADA, AGENT, BOB, EVE, SECRET, TRUSTED, URL, mail_from, text_of, vouched

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


def author_of(author: str) -> str:
    return from_bytes(f"From: {author}\r\nSubject: a\r\n\r\nhello\r\n".encode()).sender


@pytest.mark.parametrize(
    "author",
    [
        f"{ADA}, eve@evil.example",
        f"{ADA}\r\nFrom: eve@evil.example",
        f"Ada <{ADA}>, Eve <eve@evil.example>",
        f"<{ADA}> <eve@evil.example>",
        f"<{ADA}>;",
        "undisclosed:;",
        f"friends: {ADA};",
        "Ada",
        "",
        "<>",
        f"{ADA} <eve@evil.example>",
        f"eve@evil.example <{ADA}>",
        f"Ada (eve@evil.example) <{ADA}>",
        f"{ADA} (eve@evil.example)",
        f'"Ada" eve@evil.example <{ADA}>',
        f'(") <eve@evil.example> (") <{ADA}>',
        f"=?utf-8?q?{ADA}=3E?= <eve@evil.example>",
        f'"Ada <{ADA}>',
        f'"Ada" {ADA}',
        f'"Ada"{ADA}',
        f"Ada, Countess <{ADA}>",
        f"Ada (Ops <{ADA}>",
        f"Ada <{ADA}",
        f"Ada <{ADA} >",
        f"Ada <{ADA}>" + " " * 4_100 + ", eve@evil.example",
        '"ada lovelace"@example.com',
    ],
)
def test_a_from_that_is_not_one_address_is_nobody_s(author: str) -> None:
    assert author_of(author) == ""


@pytest.mark.parametrize(
    "author",
    [
        ADA,
        f"<{ADA}>",
        "ADA@Example.com",
        f"Ada Lovelace <{ADA}>",
        f'"Ada Lovelace" <{ADA}>',
        f'"Lovelace, Ada" <{ADA}>',
        f'"Ada \\"The\\" L." <{ADA}>',
        f'"{ADA}" <{ADA}>',
        f"{ADA} <{ADA}>",
        f"Ada (Ops) <{ADA}>",
        f"Ada (Ops (EU)) <{ADA}>",
        f'Ada "of (the: Ops" <{ADA}>',
        f"{ADA} (Ada)",
        f"<{ADA}> (Ada)",
        f'"eve@evil.example" <{ADA}>',
        f'"Eve <eve@evil.example>, Ada" <{ADA}>',
        f"=?utf-8?q?L=2C_Ada?= <{ADA}>",
        f"Ada\r\n <{ADA}>",
    ],
)
def test_a_from_that_is_one_address_is_its_owner_s_whatever_their_name(author: str) -> None:
    assert author_of(author) == ADA


@pytest.mark.parametrize(
    "author",
    ["Ada Lovelace <{}>", '"Lovelace, Ada" <{}>', "Ada Lovelace (Ops) <{}>", "{} (Ada Lovelace)"],
)
def test_a_name_is_read_as_its_owner_writes_it(author: str) -> None:
    assert from_bytes(f"From: {author.format(ADA)}\r\n\r\nyes".encode()).name == "Ada Lovelace"


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
    assert text_of_html(page) == "the red one\n> no"
    assert reply_in(text_of_html(page)) == "the red one"


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


def decision(mail: bytes | str) -> bool | None:
    """What a reply decides; of a text, one in plain text."""
    raw = mail if isinstance(mail, bytes) else mail_from(ADA, mail).as_bytes()
    waiting = thread_of(said(), decided(MANAGER)).awaiting
    assert waiting
    answer = answer_in(from_bytes(raw), waiting, AGENT)
    data: Any = answer.data if answer else {"approved": None}
    return cast(bool | None, data["approved"])


def page(html: str) -> bytes:
    mail = mail_from(ADA, "")
    mail.set_content(html, subtype="html")
    return mail.as_bytes()


HEAD_OF_OURS = f"On Mon, 2 Feb 2026 at 10:00, The Agent <{AGENT}> wrote:"
HEADS = [
    HEAD_OF_OURS,
    f"On Mon, Feb 2, 2026 at 10:00\u202fAM <{AGENT}> wrote:",
    f"On Feb 2, 2026, at 10:00 AM, {AGENT} wrote:",
    f"On Monday, February 2nd, 2026 at 10:00 AM, Agent <{AGENT}> wrote:",
    f"On 2/2/26 10:00, {AGENT} wrote:",
    f"On 2/2/2026 10:00 AM, {AGENT} wrote:",
    f"On 2026-02-02 10:00, {AGENT} wrote:",
    f'On 2/2/26, 10:00 AM, "{AGENT}" <{AGENT}> wrote:',
    f"On 2 February 2026 10:00:00 CET, {AGENT} wrote:",
    f"Am 02.02.26 um 10:00 schrieb {AGENT}:",
    f"Am Mo., 2. Feb. 2026 um 10:00 Uhr schrieb The Agent <{AGENT}>:",
    f"Le lun. 2 févr. 2026 à 10:00, <{AGENT}> a écrit\xa0:",
    f"Le 2 févr. 2026 à 10:00, {AGENT} a écrit :",
    f"El lun, 2 feb 2026 a las 10:00, Agent (<{AGENT}>) escribió:",
    f"Em seg., 2 de fev. de 2026 às 10:00, <{AGENT}> escreveu:",
    f"<{AGENT}> escreveu (segunda, 2/02/2026 à(s) 10:00):",
    f"Il giorno lun 2 feb 2026 alle ore 10:00 <{AGENT}> ha scritto:",
    f"Op ma 2 feb 2026 om 10:00 schreef <{AGENT}>:",
    f"Op 2 feb. 2026 om 10:00 heeft {AGENT} het volgende geschreven:",
    f"pon., 2 lut 2026 o 10:00 <{AGENT}> napisał(a):",
    f"2026年2月2日(月) 10:00 <{AGENT}>:",
    f"2026/02/02 10:00、{AGENT}のメール:",
    f"2026년 2월 2일 (월) 오전 10:00, <{AGENT}>님이 작성:",
    f"<{AGENT}> 于2026年2月2日周一 10:00写道\uff1a",
    f"пн, 2 февр. 2026 \u0433. в 10:00, <{AGENT}>:",
    f"2 февр. 2026 \u0433., в 10:00, {AGENT} написал(\u0430):",
]


@pytest.mark.parametrize("head", HEADS)
def test_what_our_mail_is_quoted_with_is_no_condition_and_no_answer(head: str) -> None:
    middle = head.rfind(" ")
    for each in (head, head[:middle] + "\n" + head[middle + 1 :]):
        quote = f"{each}\n\n> may I?\n> \n> or not\n"
        marked = "".join(f"> {line}\n" for line in quote.replace("\n> ", "\n").splitlines())
        for below in (quote, quote.replace(":\n\n", ":\n"), marked):
            assert decision(f"yes\n\n{below}") is True, below
            assert decision(f"yes\n{below}\nAda\n") is True, below
        assert decision(f"{quote}\nyes") is True
        assert reply_in(f"{quote}\nthe red one") == "the red one"
        assert reply_in(f"the red one\n\n{quote}") == "the red one"
        assert reply_in(f"{marked}\nthe red one") == "the red one"


@pytest.mark.parametrize("head", HEADS)
def test_what_anybody_else_is_quoted_with_is_said(head: str) -> None:
    for other in ("bob@example.com", f"not-{AGENT}", f"{AGENT}.evil.example", f"a.{AGENT}"):
        quote = f"{head.replace(AGENT, other)}\n\n> only if Carol agrees\n"
        marked = "".join(f"> {line}\n" for line in quote.replace("\n> ", "\n").splitlines())
        for below in (quote, quote.replace(":\n\n", ":\n"), marked):
            assert decision(f"yes\n\n{below}") is None, below
            assert decision(f"{below}\n\nyes") is None, below


@pytest.mark.parametrize(
    "words",
    [
        "yes\n\n> only if Carol agrees",
        f"yes\n\n{HEAD_OF_OURS}\n\n> may I?\n\nbut\n\n> only if Carol agrees",
        f"{HEAD_OF_OURS}\n\n> may I?\n\nyes\n\n> only if Carol agrees",
        f"yes\n\nProvided that what {AGENT} said on 2 Feb 2026 is true:\n\n> may I?",
        f"yes\n\nOn 2 Feb 2026 at 10:00, provided {AGENT} wrote:\n\n> may I?",
        f"yes\n\nOn 2 Feb 2026 at 10:00 at the earliest, as {AGENT} wrote:\n\n> may I?",
        f"yes\n\nOn 2 Feb 2026 only, as {AGENT} wrote:\n\n> may I?",
        f"yes\n\nOnly on 2 Feb 2026 at 10:00, {AGENT} wrote:\n\n> may I?",
        f"yes\nonly\n2 Feb 2026 at 10:00, {AGENT} wrote:\n\n> may I?",
        f"yes\n\nOn 2 Feb 2026 at 10:00, Agent <{AGENT}>:\n\n> deploy",
        f"yes\n\nOn 2 Feb 2026 at 10:00, Bob <bob@example.com> wrote to {AGENT}:\n\n> x",
        f"yes\n\nFrom: not-{AGENT}\nTo: Ada\n\nonly if Carol agrees",
        f"yes\n\nFrom: {AGENT}.evil.example\nTo: Ada\n\nonly if Carol agrees",
        f"yes\n\nFrom: {AGENT}\nonly if Carol agrees",
        f"yes\n\nFrom: Bob <bob@example.com> To: {AGENT}\nSubject: x\n\nonly if Carol agrees",
        f"yes\n\nFrom: Bob <bob@example.com>\nTo: {AGENT}\nSubject: x\n\nonly if Carol agrees",
        f"yes\n\nFrom: {AGENT}\nTo: Ada\n\nmay I? {LAST_WORDS}\n\nBut only after 18:00!",
        f"yes\n\nFrom: {AGENT}\nTo: Ada\n\nOr no,\nand why\nbelow it.\n\n> but only half",
    ],
)
def test_a_yes_with_anything_else_that_is_said_or_quoted_is_none(words: str) -> None:
    assert decision(words) is None
    assert decision(words.replace("\n", "\r\n").encode().join([RAW, b""])) is None


RAW = f"From: {ADA}\r\n\r\n".encode()


@pytest.mark.parametrize(
    "sender", [AGENT, f"Agent <{AGENT}>", f"{AGENT} <{AGENT}>", f"'{AGENT}' [mailto:{AGENT}]"]
)
@pytest.mark.parametrize(
    "heads", ["From: {}\nSent: Monday", "*Von:* {}\n*Gesendet:* x", "De : {}\nÀ : a"]
)
def test_a_copy_of_our_mail_below_a_yes_is_not_said(sender: str, heads: str) -> None:
    copy = f"{heads.format(sender)}\nSubject: may I?\n\nmay I? Or no,\n{LAST_WORDS}\n"
    assert decision(f"Yes\n\nAda\n\n________________\n{copy}") is True
    assert decision(f"Yes\n\n{copy}") is True
    assert decision(f"Yes\n\n{copy}\n\nbut not before 18:00") is None


def test_what_we_write_ends_with_the_words_that_end_a_copy() -> None:
    waiting = thread_of(said(), decided(MANAGER)).awaiting
    assert waiting
    assert how_to_reply(waiting).endswith(LAST_WORDS)


@pytest.mark.parametrize("below", ["only if Carol agrees", "", f"{LAST_WORDS} but {LAST_WORDS}"])
def test_what_stands_in_a_copy_that_is_none_of_ours_is_said(below: str) -> None:
    assert decision(f"yes\n\nFrom: {AGENT}\nSent: Monday\nTo: Ada\nSubject: x\n\n{below}") is None


@pytest.mark.parametrize(
    "html",
    [
        "yes<!--> but only half <!-- x -->",
        "yes<!---> but only half <!-- x -->",
        "yes<!-- x --!> but only half <!-- y -->",
        "yes<style>p{}</style x> but only half<style></style>",
        "yes<script>x</SCRIPT\n> but only half<script></script>",
        f"yes<br><br>{escape(HEAD_OF_OURS)}<blockquote><pre>pay\n <s>a: 1</s></pre></blockquote>",
        "<div>yes</div><blockquote>but only to staging</blockquote>",
        "<div>yes</div><blockquote><div>but only to staging",
        "yes<blockquote>On Monday, Bob wrote:<br>only if Carol agrees</blockquote>",
        f"yes<br><br>{escape(HEAD_OF_OURS)}<blockquote>may I?<br></blockquote>but only half",
        f"yes<br><br>{escape(HEAD_OF_OURS)}<blockquote><p>may I?</p></blockquote>but only half",
        "yes<title>but only to staging",
        "yes<style>p{}<div>but only to staging",
        "yes<script>but only to staging",
        "yes<head>but only to staging</head>",
        "yes<title>but only to staging<style></style>",
        "yes<!-- but only to staging",
        "yes<!--[if gte mso 9]><xml/><![endif]--> but only half <!-- x -->",
        "yes<![if !mso]> but only half<![endif]>",
        "yes<![CDATA[ but only half ]]>",
        "<s>yes</s>",
        "<del>yes</del>",
        "<p><strike>yes</strike></p>",
        "<s>yes",
        "yes<s></s>",
        "<span style='text-decoration: LINE-THROUGH'>yes</span>",
        "<p>no\nproblem, go ahead</p>",
        "<blockquote>yes</blockquote>",
        "<div>yes</div>but not before you asked AT&T",
    ],
)
def test_a_page_with_more_than_a_yes_is_none(html: str) -> None:
    assert decision(page(html)) is None


@pytest.mark.parametrize(
    "html",
    [
        "yes",
        "<html><head><title>Re: may I?</title><style>p{}</style></head><body><p>yes</p></body>",
        "<!--[if gte mso 9]><xml>x</xml><![endif]--><p>yes</p><p>Ada</p><![if !mso]><![endif]>",
        "<div>yes</div>\n<div>\n  <br></div><div>Ada</div>",
        f"<div>yes</div><div>{escape(HEAD_OF_OURS)}</div><blockquote><p>may<p>I</blockquote>",
        f"<div>yes<br><br><blockquote><div>{escape(HEAD_OF_OURS)}</div><br><div>may I?</div>"
        "</blockquote></div>",
        f"{escape(HEAD_OF_OURS)}<br><blockquote><pre>may I?\nor not</pre></blockquote><br>yes",
        f"<p>Yes</p><div><p><b>From:</b> {AGENT}<br><b>Sent:</b> Monday<br></p></div>"
        f"<p>may I? Or no,\n{LAST_WORDS}</p>",
        "<div>yes</div><blockquote><br></blockquote>",
    ],
)
def test_a_page_with_a_yes_and_what_it_answers_is_one(html: str) -> None:
    assert decision(page(html)) is True


def parted(kind: str, *parts: bytes) -> bytes:
    head = f"From: {ADA}\r\nContent-Type: multipart/{kind}; boundary=b\r\n\r\n".encode()
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def text_part(text: str, kind: str = "plain") -> bytes:
    return f"Content-Type: text/{kind}\r\n\r\n{text}\r\n".encode()


def test_all_that_a_mail_shows_is_said_and_of_alternatives_one() -> None:
    yes, but = text_part("yes"), text_part("<p>but only to staging</p>", "html")
    assert decision(parted("mixed", yes, PICTURE, but)) is None
    assert decision(parted("mixed", text_part("<p>yes</p>", "html"), PICTURE, yes)) is None
    assert decision(parted("mixed", but, PICTURE, yes)) is None
    assert decision(parted("mixed", yes, text_part("but only half", "enriched"))) is None
    assert decision(parted("mixed", yes, PICTURE)) is True
    assert decision(parted("alternative", yes, text_part("<p>yes</p>", "html"))) is True
    assert decision(parted("alternative", text_part(" "), text_part("<p>yes</p>", "html"))) is True
    assert decision(parted("alternative", yes, text_part("<s>yes</s>", "html"))) is None
    inner = parted("alternative", yes, text_part("<p>yes</p>", "html")).partition(b"\r\n")[2]
    outer = parted("mixed", inner.replace(b"=b", b"=c").replace(b"--b", b"--c"), PICTURE, but)
    assert from_bytes(outer).text.split() == ["yes", "but", "only", "to", "staging"]


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("windows-874", "\u0e44\u0e14\u0e49".encode("cp874")),
        ("x-windows-874", "\u0e44\u0e14\u0e49".encode("cp874")),
        ("iso-8859-8-i", "\u05db\u05df".encode("iso-8859-8")),
        ("x-sjis", "\u306f\u3044".encode("shift-jis")),
        ("cp-850", "s\xed".encode("cp850")),
        ("unknown-8bit", "s\xed".encode()),
        ("unknown-8bit", "s\xed".encode("latin-1")),
        ("utf8mb4", "s\xed".encode()),
        ("hex", "s\xed".encode()),
        ("idna", "s\xed".encode()),
        ("x-", "s\xed".encode()),
        ("", "s\xed".encode()),
    ],
)
def test_a_mail_is_read_whatever_it_names_its_characters(charset: str, text: bytes) -> None:
    head = f'From: {ADA}\r\nContent-Type: text/plain; charset="{charset}"\r\n\r\n'.encode()
    words = ("\u0e44\u0e14\u0e49", "\u05db\u05df", "\u306f\u3044", "s\xed")
    assert from_bytes(head + text).text in words
    assert decision(head + b"yes") is True


ATTACHED = (
    b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nno\r\n"
)


@pytest.mark.parametrize(
    "parts",
    [
        [text_part("yes"), ATTACHED],
        [text_part("yes"), b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nno\r\n"],
        [
            parted(
                "alternative",
                text_part("yes"),
                parted("mixed", text_part("<p>yes</p>", "html"), text_part("but only half")),
            )
        ],
    ],
)
def test_of_what_is_not_read_there_is_a_word(parts: list[bytes]) -> None:
    assert decision(RAW.rstrip() + b"\r\n" + parted("mixed", *parts)) is None


FORGED = [
    f"From: {ADA}\r\nSubject: x\r\nFrom : {EVE}\r\n\r\nyes",
    f"From: {ADA}\r\nFrom\t: {EVE}\r\nSubject: x\r\n\r\nyes",
    f"From: {ADA}\r\nX : y\r\nFrom: {EVE}\r\n\r\nyes",
    f"From : {EVE}\r\nFrom: {ADA}\r\n\r\nyes",
    f"From: {ADA}\nFrom : {EVE}\n\nyes",
    f"X: a\rFrom: {ADA}\r\r\nFrom: {EVE}\r\n\r\nyes",
    f"X: a\rFrom: {ADA}\r\ryes\r\nFrom: {EVE}\r\n\r\nhello",
    f"From: {EVE}\rFrom: {ADA}\r\n\r\nyes",
]


@pytest.mark.parametrize("raw", FORGED)
def test_a_from_that_others_read_otherwise_is_nobody_s(raw: str) -> None:
    """Whoever vouches for a mail reads its headers by the rules, and Python's parser does not."""
    with suppress(NoMail):
        assert from_bytes(raw.encode()).sender == ""


@pytest.mark.parametrize("letter", ["\u212a", "\u017f", "\u0130", "\uff4b"])
def test_a_letter_that_becomes_another_in_small_letters_is_nobody_s(letter: str) -> None:
    assert author([f"Ada <ad{letter}@example.com>"]) == ("", "")


def test_a_blank_before_a_colon_is_none() -> None:
    mail = from_bytes(f"From : {ADA}\r\nSubject \t: hello\r\n\r\nFrom : x".encode())
    assert (mail.sender, mail.subject, mail.text) == (ADA, "hello", "From : x")


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
MIXED = b"Content-Type: multipart/mixed; boundary=q\r\n\r\n"
MANY = b"Content-Type: text/plain; " + b"a " * 1_900 + b"\r\n\r\nx\r\n"
LEVELS = b"".join(
    b"Content-Type: multipart/mixed; boundary=q%d\r\n\r\n--q%d\r\n" % (n, n) for n in range(200)
)
POISON = {
    "many parts": MIXED + (b"--q\r\n" + MANY) * 99,
    "too many parts": MIXED + (b"--q\r\n" + MANY) * 250,
    "levels": LEVELS + b"\n" * 900_000,
    "some levels": LEVELS[:1_400] + b"\n" * 300_000,
    "deep": DEEP,
    "brackets": b"Content-Type: text/plain " + b"(" * 3_000,
    "parameters": b"Content-Type: text/plain" + b"; a=b" * 80_000,
    "page": b"Content-Type: text/html\r\n\r\n" + b"<" * 1_000_000,
    "comments": b"Content-Type: text/html\r\n\r\n" + b"<!--" * 50_000,
    "tags": b"Content-Type: text/html\r\n\r\n" + b"<a " * 60_000,
    "odd page": b"Content-Type: text/html\r\n\r\n<p>hi <<![x>![y z",
    "punycode": b"Content-Type: text/plain; charset=punycode\r\n\r\nab-" + b"k9a" * 300_000,
    "blockquotes": b"Content-Type: text/html\r\n\r\n" + b"<blockquote>a<br>" * 12_000,
    "heads": b"\r\n" + b"On 2 Feb 2026 at 10:00, agent@example.com wrote\n:\n> \n" * 18_000,
    "colons": b"\r\n" + b"agent@example.com 2 Feb 2026 10:\n>a\n" * 28_000,
    "others": b"\r\n" + b"> A " + b"a@b.c" * 40 + b"On 2 Feb 2026 10:\n\n" * 40_000,
    "copies": b"\r\n" + b"From: agent@example.com\n" * 40_000,
    "names": b"From: Ada " + b"(a" * 400_000,
    "quotes": b'From: "' + b'\\"' * 400_000,
    "references": b"References: " + b"=?utf-8?q?a?= " * 40_000,
    "subject": b"Subject: " + b"a " * 400_000,
}


@pytest.mark.parametrize("kind", POISON)
def test_no_mail_takes_long_to_read_or_raises(kind: str) -> None:
    def read() -> None:
        with suppress(NoMail):
            mail = from_bytes(BELIEVED + POISON[kind])
            assert mail.refers_to == []
            reply_in(mail.text)
            assert beside_quotes(mail.text, AGENT) != "yes"

    assert takes_less(3, read)
