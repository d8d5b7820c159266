"""The hooks of Postmark and Mailgun: whoever cannot show that it is them gets a 401."""

import hmac
import json
import time
from base64 import b64encode
from typing import Any

import pytest
from httpx2 import Response

from agent.channels.mail import reading
from agent.channels.mail.believing import vouched_for

from ..costs import takes_less
from ..serving import problem, serving
from .mailing import ADA, AGENT, MAILGUN, POSTMARK, TRUSTED, Office, mail_from, office, vouched

# As Postmark's documentation has it, less what is not looked at.
POSTED: dict[str, Any] = {
    "FromName": "Ada Lovelace",
    "MessageStream": "inbound",
    "From": ADA,
    "FromFull": {"Email": ADA, "Name": "Ada Lovelace", "MailboxHash": ""},
    "To": f'"Agent" <{AGENT}>',
    "ToFull": [{"Email": AGENT, "Name": "Agent", "MailboxHash": ""}],
    "Subject": "Test subject",
    "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
    "Date": "Fri, 1 Aug 2014 16:45:32 -04:00",
    "MailboxHash": "",
    "TextBody": "This is a test text body.",
    "HtmlBody": "<html><body><p>This is a test html body.</p></body></html>",
    "StrippedTextReply": "This is the reply text",
    "Tag": "TestTag",
    "Headers": [
        {"Name": "X-Header-Test", "Value": ""},
        {"Name": "X-Spam-Status", "Value": "No"},
        {"Name": "X-Spam-Tests", "Value": "DKIM_SIGNED,DKIM_VALID,DKIM_VALID_AU,SPF_PASS"},
        {"Name": "Message-ID", "Value": "<hello@mail.example.com>"},
    ],
    "Attachments": [],
}


PAGE = "<p>yes</p>" + "<br>" * 1_000_000 + "<p>but not this one</p>"


def basic(text: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(text.encode()).decode()}"}


def signed(age: float = 0, token: str = "t" * 50, key: str = MAILGUN) -> dict[str, str]:
    at = str(int(time.time() - age))
    signature = hmac.new(key.encode(), f"{at}{token}".encode(), "sha256").hexdigest()
    return {"timestamp": at, "token": token, "signature": signature}


def mailgun_form(**more: str) -> dict[str, str]:
    """As Mailgun's documentation has it."""
    headers = [
        ["Received", "from mail.example.com by mxa.mailgun.org with ESMTP id 517acc75.4b341f0"],
        ["X-Envelope-From", f"<{ADA}>"],
        ["Authentication-Results", vouched(ADA)],
        ["Message-Id", "<517AC78B.5060404@example.com>"],
        ["From", f"Ada Lovelace <{ADA}>"],
        ["Subject", "Re: Sample POST request"],
    ]
    return {
        "recipient": AGENT,
        "sender": ADA,
        "subject": "Re: Sample POST request",
        "from": f"Ada Lovelace <{ADA}>",
        "body-plain": "Hi Alice,\n\nThis is Bob.",
        "stripped-text": "Hi Alice,\n\nThis is Bob.",
        "message-headers": json.dumps(headers),
        **more,
    }


def to_mailgun(here: Office, form: dict[str, str]) -> Response:
    return here.client.post("/hooks/email/mailgun", data=form)


def begun(here: Office) -> list[Any]:
    return [each["events"][0]["data"] for each in here.threads()]


def test_what_postmark_posts_starts_a_thread_once() -> None:
    with office(AGENT_EMAIL_TRUSTS="postmark") as here:
        for _ in range(2):
            answer = here.client.post("/hooks/email/postmark", json=POSTED, headers=basic(POSTMARK))
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert begun(here) == [
            {"from": ADA, "subject": "Test subject", "message": "This is a test text body."}
        ]


@pytest.mark.parametrize("as_files", [False, True])
def test_what_mailgun_posts_starts_a_thread_once(as_files: bool) -> None:
    with office() as here:
        form = mailgun_form() | signed(token=f"first-{as_files}")
        files = {"attachment-1": ("a.bin", b"\x00\xff", "application/octet-stream")}
        for _ in range(2):
            answer = here.client.post(
                "/hooks/email/mailgun", data=form, files=files if as_files else None
            )
            assert answer.status_code == 200, answer.text
            form |= signed(token=f"again-{as_files}")
        assert [each["message"] for each in begun(here)] == ["Hi Alice,\n\nThis is Bob."]


def test_the_whole_mail_can_be_posted_as_well() -> None:
    with office() as here:
        raw = mail_from(ADA, "hello there").as_string()
        form = {"recipient": AGENT, "sender": ADA, "body-mime": raw} | signed(token="whole")
        assert to_mailgun(here, form).status_code == 200
        assert [each["message"] for each in begun(here)] == ["hello there"]


@pytest.mark.parametrize("is_raw", [True, False])
def test_a_mail_with_what_is_attached_is_read_as_far_as_any(is_raw: bool) -> None:
    mail = mail_from(ADA, "hello there")
    mail.add_attachment(bytes(3_000_000), maintype="image", subtype="png", filename="photo.png")
    posted = POSTED | {"Attachments": [{"Name": "photo.png", "Content": "A" * 4_000_000}]}
    body = {"RawEmail": mail.as_string()} if is_raw else posted
    with office(AGENT_EMAIL_TRUSTS=TRUSTED if is_raw else "postmark") as here:
        answer = here.client.post("/hooks/email/postmark", json=body, headers=basic(POSTMARK))
        assert answer.status_code == 200, answer.text
        [said] = begun(here)
        assert said["message"].startswith("hello there" if is_raw else "This is a test")


def test_what_is_too_long_for_a_hook_is_logged(capfd: pytest.CaptureFixture[str]) -> None:
    with office() as here:
        form = mailgun_form() | signed() | {"body-html": "A" * 1_100_000}
        assert to_mailgun(here, form).status_code == 413
        long = POSTED | {"TextBody": "A" * 41_000_000}
        answer = here.client.post("/hooks/email/postmark", json=long, headers=basic(POSTMARK))
        assert answer.status_code == 413
        assert begun(here) == []
    assert capfd.readouterr().err.count("mail_not_taken") == 2


def test_of_a_text_that_never_ends_none_is_a_yes() -> None:
    for long in ({"TextBody": "yes" + "\n" * 2_000_000 + "but not this one"}, {"HtmlBody": PAGE}):
        mail = reading.from_postmark(json.dumps(POSTED | {"TextBody": ""} | long).encode())
        assert mail.text.startswith("yes")
        assert mail.text.endswith("[…]")
        assert len(mail.text) < 1_100_000


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(POSTMARK[:-1]),
        basic(f"{POSTMARK}x"),
        basic(POSTMARK.upper()),
        {"Authorization": f"Bearer {POSTMARK}"},
        {"Authorization": f"Basic {POSTMARK}"},
        {"Authorization": "Basic"},
        {"Authorization": b"Basic \xff\xfe"},
        basic("\x00"),
    ],
)
def test_whoever_is_not_postmark_is_not_read(headers: Any) -> None:
    with office(AGENT_EMAIL_TRUSTS="postmark") as here:
        for body in (json.dumps(POSTED).encode(), b"\xff", b""):
            answer = here.client.post("/hooks/email/postmark", content=body, headers=headers)
            assert problem(answer) == 401
        assert here.threads() == []


@pytest.mark.parametrize(
    "change",
    [
        {"signature": ""},
        {"signature": "0" * 64},
        {"signature": "\u00e9" * 64},
        {"token": "another"},
        {"token": ""},
        {"timestamp": "1"},
        {"timestamp": "now"},
        {"timestamp": "9" * 12},
        {"timestamp": "\u0661"},
        signed(key="another-key-of-somebody-else"),
        signed(age=3600),
        signed(age=-3600),
    ],
)
def test_what_mailgun_did_not_sign_or_long_ago_is_a_401(change: dict[str, str]) -> None:
    with office() as here:
        answer = to_mailgun(here, mailgun_form() | signed(token=f"{change}") | change)
        assert problem(answer) == 401
        assert here.threads() == []


@pytest.mark.parametrize("type", ["application/x-www-form-urlencoded", "multipart/form-data", ""])
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"{}", b"timestamp=1&" * 5000, b"--\r\n", "é".encode("utf-16")]
)
def test_what_is_no_form_is_a_401(body: bytes, type: str) -> None:
    with office() as here:
        answer = here.client.post(
            "/hooks/email/mailgun", content=body, headers={"Content-Type": type}
        )
        assert problem(answer) == 401


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("multipart/form-data; boundary=q", b"--q\r\nContent-Disposition: " + b"(" * 3_000),
        ("multipart/form-data; " + "(" * 3_000, b"--q"),
        (
            "multipart/form-data; boundary=q",
            b"--q\r\nContent-Disposition: form-data" + b"; a=b" * 80_000,
        ),
        ("multipart/form-data; boundary=q", b"--q\r\n\r\n" * 80_000),
        ("multipart/mixed; boundary=q", b"--q\r\nContent-Type: multipart/mixed;\r\n" * 20_000),
        ("multipart/form-data" + "; a=b" * 2_000, b"--q"),
    ],
)
def test_a_form_that_nobody_signed_holds_up_nobody(type: str, body: bytes) -> None:
    with office() as here:

        def knock() -> None:
            began = time.monotonic()
            answer = here.client.post(
                "/hooks/email/mailgun", content=body, headers={"Content-Type": type}
            )
            assert problem(answer) == 401
            assert time.monotonic() - began < 10  # whatever it waits for

        assert takes_less(1, knock)


def test_a_signature_is_good_for_one_body() -> None:
    with office() as here:
        once = signed(token="once")
        assert to_mailgun(here, mailgun_form() | once).status_code == 200
        assert to_mailgun(here, mailgun_form() | once).status_code == 200
        other = mailgun_form(**{"body-plain": "something else"}) | once
        assert problem(to_mailgun(here, other)) == 401


def test_two_secrets_are_valid_while_one_replaces_another() -> None:
    old = {"AGENT_EMAIL_POSTMARK": POSTMARK, "AGENT_EMAIL_MAILGUN": MAILGUN}
    new = {"AGENT_EMAIL_POSTMARK": "new:a-password-that-is-new", "AGENT_EMAIL_MAILGUN": "n" * 32}
    both = {name: f"{new[name]}, {one}" for name, one in old.items()}
    for secrets, counts in ((old, [200, 401]), (both, [200, 200]), (new, [401, 200])):
        with office(None, None, **secrets) as here:
            mail = json.dumps({"RawEmail": mail_from(ADA, "hello").as_bytes().decode()}).encode()
            path = "/hooks/email/postmark"
            users = [basic(each["AGENT_EMAIL_POSTMARK"]) for each in (old, new)]
            posted = [here.client.post(path, content=mail, headers=user) for user in users]
            assert [answer.status_code for answer in posted] == counts
            keys = [each["AGENT_EMAIL_MAILGUN"] for each in (old, new)]
            forms = [mailgun_form() | signed(key=key, token=f"{key} {secrets}") for key in keys]
            assert [to_mailgun(here, form).status_code for form in forms] == counts


@pytest.mark.parametrize("body", [b"[]", b"{}", b"\xff", b"{", b'{"RawEmail": 1, "Headers": 2}'])
def test_what_is_signed_and_no_mail_is_told_so(body: bytes) -> None:
    with office() as here:
        answer = here.client.post("/hooks/email/postmark", content=body, headers=basic(POSTMARK))
        assert problem(answer) == 422
        assert problem(to_mailgun(here, signed(token=repr(body)))) == 406


@pytest.mark.parametrize("way", ["/hooks/email/postmark", "/hooks/email/mailgun"])
def test_a_hook_that_is_not_in_use_is_not_there(way: str) -> None:
    assert problem(serving().post(way, content=b"{}", headers=basic(POSTMARK))) == 404


def test_the_vendors_own_checks_are_believed_only_where_nobody_wrote_them_too() -> None:
    good = {"x-mailgun-spf": "Pass"}
    for headers, envelope, believed in (
        ([*good.items()], ADA, True),
        ([*good.items()], "eve@evil.example", False),
        ([*good.items(), *good.items()], ADA, False),
        ([("X-Mailgun-Spf", "Neutral")], ADA, False),
        ([], ADA, False),
    ):
        mail = reading.mail_of([("From", ADA), *headers], "hello", b"", envelope)
        assert vouched_for(mail, "mailgun") is believed
