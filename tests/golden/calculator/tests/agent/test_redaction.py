"""Secrets and stack traces do not enter the context."""

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from agent.context import ContextFormat, serialize_for_llm
from agent.errors import format_error
from agent.events import AnyEvent
from agent.redaction import REDACTED, redact
from agent.redaction.looks import LOOKS, Look
from agent.tools import parse_next_step

from .costs import takes_less
from .scripted import decided, error, result, said

# What stands for `…` in an example: letters and figures that are no secret of anybody's.
FILLED = "0A1B2C3D4E5F6789" * 5
BODY = "abcdefghijklmnop1234"
# Put together here, so that no scanner takes this file for a leak.
SECRETS = ["sk-" + "proj-" + BODY, "ghp_" + BODY + "abcd", "AKIA" + "ABCDEFGHIJKLMNOP"]
SECRETS += ["-----BEGIN " + "PRIVATE KEY-----\nMIIEabcdefghijklmn, cut off"]

IN_TEXT = [  # what is said, and what of it is not shown
    ("DB_PASSWORD=hunter2", "hunter2"),
    ("API_KEY_PROD_EU=abc password_db: x1 password_confirmation=y2", "abc", "x1", "y2"),
    ("SUPABASE_SERVICE_ROLE_KEY=abc", "abc"),
    ("export AWS_SECRET_ACCESS_KEY=wJalr/XUtn+FEMI; env", "wJalr/XUtn+FEMI"),
    ("access_token=a1 client_secret=b2", "a1", "b2"),
    ("password: x", "x"),
    ("Password : hunter2, please", "hunter2"),
    ("user=bob pass=hunter2", "hunter2"),
    ("my password is hunter2 thanks", "hunter2"),
    ('{"user": "bob", "password": "a b\\"c", "x": 1}', 'a b\\"c'),
    ("{'api_keys': ['a1', 'b2'], 'x': 1}", "['a1', 'b2']"),
    ('{\\"password\\": \\"a b\\", \\"x\\": 1}', "a b"),
    ("$config['db_pass'] = 'a b';", "a b"),
    (":password => 'hunter2'", "hunter2"),
    ("PASSWORD := hunter2", "hunter2"),
    ("**Password:** hunter2", "hunter2"),
    ("login --password hunter2 --user bob", "hunter2"),
    ("--token=abc123", "abc123"),
    ("<password>a b</password>", "a b"),
    ('<add key="Password" value="a b"/>', "a b"),
    ("- name: DB_PASSWORD\n  value: hunter2", "hunter2"),
    ("PASSWORD=a\"b'c<d&e;f!", "a\"b'c<d&e;f!"),
    ("(password: hunter2), [token=abc].", "hunter2", "abc"),
    ("X-Api-Key: abc", "abc"),
    ("API key: abcdef", "abcdef"),
    ("Cookie: session=abc; theme=dark", "session=abc; theme=dark"),
    ('curl -H "Cookie: a=1; b=2" -X PUT', "a=1; b=2"),
    ("Authorization: Bearer abcdef123456", "abcdef123456"),
    ("Authorization: Basic YWxhZGRpbjpvcGVu", "YWxhZGRpbjpvcGVu"),
    ('Authorization: Digest username="x", response="y"', 'username="x", response="y"'),
    ("send Bearer abcdef123456 with it", "abcdef123456"),
    ("postgresql://me:hunter2@db/x", "me:hunter2"),
    ("redis://:p@ss/w0rd@host:6379/0", ":p@ss/w0rd"),
    ("https://a.b/?token=abc123&x=1", "abc123"),
    ("Endpoint=x;AccountKey=ab+/==;Suffix=y", "ab+/=="),
    ("Server=x;Pwd=a,b;Database=z", "a,b"),
    ("https://a.b/c?sv=1&sig=ab%2Fc%3D&se=2", "ab%2Fc%3D"),
    ("next=%2F%3Fclient_secret%3Dabc", "abc"),
    ("PASSWORD ?= abc", "abc"),
    ('password = """a b"""', "a b"),
    ("db:\n  password:\n    hunter2\n", "hunter2"),
    ("password: |\n  hunter2\n", "hunter2"),
    ("ENV DB_PASS hunter2", "hunter2"),
    ("machine a.b login bob password hunter2", "hunter2"),
    ("curl -u bob:hunter2 https://a.b", "bob:hunter2"),
    ("Authorization: AWS4-HMAC-SHA256 Credential=a/b, Signature=c", "Credential=a/b, Signature=c"),
    ("Ocp-Apim-Subscription-Key: abc", "abc"),
    ("password:\nhunter2", "hunter2"),
    ("Your password:\r\n\r\n  hunter2\r\nuser: bob", "hunter2"),
    ("client_secret=\nabcdef\n", "abcdef"),
    ("user\tbob\nTOKEN\tabcdef\n", "abcdef"),
    ("db_password\t\tx1y2z3", "x1y2z3"),
    ("| user | bob |\n| `password` | hunter2 |", "hunter2"),
    ("Passwort\uff1ahunter2, token:\u00a0abc", "hunter2", "abc"),
    ("{'authorization': ('Bearer', 'abc')}", "('Bearer', 'abc')"),
    ('{"header": "authorization", "value": "abc"}', "abc"),
    ('[["Authorization", "abc"], ["Accept", "*/*"]]', "abc"),
    ("('x-api-key', 'abc'), ('cookie','a=1; b')", "abc", "a=1; b"),
    ("docker login -u bob -p hunter2 ghcr.io", "hunter2"),
    ("mysql -u root -ph4nter2 shop; sshpass -p 'a1 b'", "h4nter2", "a1"),
    ("tool --username bob --host=a.b -p a1:b2/c", "a1:b2/c"),
    ("https://a.b/c?X-Amz-Date=1&X-Amz-Signature=0a1b2c&x=1", "0a1b2c"),
    ("https://a.b/c?Expires=1&Signature=a~b-1_Q&Key-Pair-Id=K1", "a~b-1_Q"),
    ("https://a.b/c?X-Goog-Signature=0a1b2c", "0a1b2c"),
    ("scott/tiger@//db:1521/x and system/Or4cle@localhost:1521/XE", "tiger", "Or4cle"),
    ("jdbc:oracle:thin:scott/tiger@//h:1521/s", "tiger"),
    ("ALTER ROLE bob WITH ENCRYPTED PASSWORD 'h4nter-2' VALID UNTIL 'infinity'", "h4nter-2"),
    ('CREATE USER bob IDENTIFIED BY "t1ger" QUOTA 5M ON users', "t1ger"),
    ("create user 'bob'@'%' identified with mysql_native_password by 'x'", "x"),
]
IN_THE_OPEN = [
    "How do I reset my password?",
    "My password: how can I change it?",
    "The password is wrong, and the secret of it is time",
    "Password: 8 characters or more",
    """password="" user='bob' token: ''""",
    "password: required; token: str | None = None",
    "My favourite cookie: chocolate chip",
    "Cookie policy: accepted. Auth: none",
    "Basic authentication, and bearer instruments",
    "used 1500 tokens, max_tokens=4096, token_count=3",
    "tokens: 1200 in, 30 out; total token: 15",
    "PASS: 12 FAIL: 0",
    "credentials:\n  user: bob\ndocker run -u 1000:1000 --user 1000:1000 x",
    "password=${DB_PASSWORD} and API_KEY=<your key>",
    'api_key = os.environ["API_KEY"]',
    "secretary: Anna, author: Bob, monkey: 3, public_key=abc, primary_key: id",
    "api_key: Field required",
    "https://a.b:8080/c?m=me@b.c and ssh://git@github.com/a and me@a.b",
    "task-1234567890123456789 and sk-learn-is-not-a-key-of-anybody",
    "0a1b2c3d4e5f67890a1b2c3d4e5f67890a1b2c3d 550e8400-e29b-41d4-a716-446655440000",
    "How many tokens did it take? Token limit: 8000, token count: 5, token bucket: 10 a second",
    "The password must have 8 characters, and a password reset: done",
    "My secret: I love pizza. The secret is out; secret santa: Friday",
    "The token is expired. Token: expired",
    "Authentication: basic, authorization: required, authorized: yes",
    "pass: 12, fail: 3. Passed: 3, bypass: true, passport: C01X00T47",
    "key: value, keyboard: us, api keys: see the docs, public key: ssh-rsa AAAAB3Nza",
    "session: 3, order id: A-1001, refund 49.90 to order A-1001",
    "cookies: 12, cookie: yes please, cookie recipe: sugar, flour",
    "http://a.b/c?x=1@2, mailto:bob@example.com, git@github.com:a/b.git",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "IBAN DE89 3704 0044 0532 0130 00, card 4111 1111 1111 1111, call +49 30 1234567",
    "The bearer token must be sent; a bearer of good news; basic understanding",
    "risk-1234567890123456789, desk-lamp-abcdefghijklmnop, SG.com, eyJ begins a token",
    "password: <hidden>, password: ********, password: null, password: true",
    'the password: {{ vault.password }}, password: "", "password": false',
    "password_min_length: 12, password_changed_at: 2026-01-01, secret_name: db-creds",
    "token_type: bearer, token_url: https://a.b/token, auth_method: oauth, auth: enabled",
    "private_key_path: /etc/ssl/key.pem, PASSWORD_FILE=/run/secrets/pw",
    "deploy v1.2.0 to production, divide 10 by 5",
    "login first, then password second",
    "user:\n  token_count: 3\n  name: bob",
    "Forgot your password:\nclick here to reset it",
    "password:\nrequired\ntoken:\n- one\n- two",
    "password:\nusername: bob\nsecret:\n---\ntoken:\nx=1",
    "name\tpassword\temail\npassword\tstring\ntoken\tcount\nTOKEN\ta count of them",
    "| password | varchar(16) |\n| token | the token of a user |\n| secret | object |",
    '["password", "email"], ("token", "secret"), ["authorization", "cookie"]',
    "mkdir -p a1/b2 && docker run -u 1000:1000 -p 8080:80 -p 127.0.0.1:80:80 app1",
    "ssh -p 2222 bob@host1, sudo -u bob mkdir -p v1, cp -p a1 b2, grep -u x1",
    "owner/name@v1, actions/checkout@v4, @scope/pkg@1.2.3, a/b@sha256:0a1b, me/you@a.b",
    "CREATE TABLE u (password varchar(60), name text DEFAULT 'bob'); a password 'must be long'",
    "Signature: Bob, Signature=RSA-SHA256, signature=none2, a signature=yes; docs/readme@// and/or",
]
SECRET_KEYS = ["password", "DB_PASSWORD", "api_key", "x-api-key", "access_token", "Authorization"]
SECRET_KEYS += ["client_secret", "cookie", "session_id", "credentials", "private-key", "pwd"]
SECRET_KEYS += ["accessToken", "clientSecret", "dbPassword", "openaiApiKey", "passwords", "auth"]
SECRET_KEYS += ["api_keys", "jwt", "connection_string", "private_key_pem", "db_pass", "db.password"]
SECRET_KEYS += ["DBPASSWORD", "password1", "old password", "HTTPAuthorization", "AccountKey"]
OPEN_KEYS = ["token_count", "max_tokens", "passwordless", "key", "author", "secretary", "monkey"]
OPEN_KEYS += ["tokens", "token_type", "bypass", "compass", "public_key", "password_policy", ""]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.kind)
def test_each_look_has_an_example_that_is_not_shown(look: Look) -> None:
    """It is the row of the example that knows it, in a text and at its beginning."""
    example = look.example.replace("…", FILLED)
    assert re.search(f"(?<![A-Za-z0-9])(?:{look.pattern})", f"it is:{example}\n")
    assert FILLED[:16] not in redact(f"it is {example} or so")
    assert redact(f"it is {example} or so").startswith("it is ")


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("secret", SECRETS)
def test_it_enters_no_context_whoever_says_it(secret: str, form: ContextFormat) -> None:
    step = {"intent": "gone_since", "nested": [{"text": f"use {secret}"}], secret: 1}
    events: list[AnyEvent] = [said(f"it is {secret}."), decided(step), result(data=[secret])]
    context = serialize_for_llm([*events, error(message=secret)], form)
    assert secret[8:20] not in context
    assert context.count(REDACTED) == 5


@pytest.mark.parametrize("text", IN_TEXT, ids=lambda text: text[0][:30])
def test_only_the_secret_part_of_a_text_is_blanked_out(text: tuple[str, ...]) -> None:
    said, *secrets = text
    shown = said
    for secret in secrets:
        before, _, after = shown.rpartition(secret)
        shown = before + REDACTED + after
    assert redact(said) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize("text", IN_THE_OPEN)
def test_what_only_looks_a_little_like_a_secret_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        *("eyJ-", "eyJaaaaaaaa.", "://a:", "x:y@", "-----BEGIN ", "sk-", "SG.", "Bearer a"),
        *("Basic ", "a=", "a: ", "a", "a b", " ", "_", "-u a:", "--a ", "<a>", '\\"', "password="),
        *('password="', "password: [", "password=<", "password=&", "password:\n ", "password is "),
        *("pass:", "auth: ", "cookie:", "Cookie: ", "token is ", "name: a value: "),
        *("login a password ", "PuTTY-User-Key-File-1", "password:\n", "| a | b ", "a\tb\n", "\t"),
        *("-u a -b c ", "-u a -p 1", "login a ", "mysql ", "a/b", "a/b@", "['a', ", "signature=a"),
        *("password '", "identified by ", "password('a"),
    ],
)
def test_a_long_text_is_searched_quickly(piece: str) -> None:
    """A megabyte takes less than a second."""
    assert takes_less(1, lambda: redact((piece * 50_000)[:50_000]))  # quadratic: minutes


def test_an_object_with_many_keys_that_are_secrets_is_searched_quickly() -> None:
    secrets = {f"{SECRETS[0]}{number}": number for number in range(5_000)}
    assert len(redact(secrets)) == 5_000
    assert takes_less(2, lambda: redact(secrets))  # quadratic: minutes


@pytest.mark.parametrize("value", ["hunter2", 1234, ["a", "b"], {"a": "b"}])
@pytest.mark.parametrize("key", SECRET_KEYS)
def test_a_secret_is_known_by_its_key(key: str, value: Any) -> None:
    assert redact({"a": [{key: value}]}) == {"a": [{key: REDACTED}]}
    assert redact([{"name": key, "value": value}]) == [{"name": key, "value": REDACTED}]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (["authorization", "a b"], ["authorization", REDACTED]),
        ([["Cookie", "a"], ["Accept", "b"]], [["Cookie", REDACTED], ["Accept", "b"]]),
        (["x-api-key", "abc"], ["x-api-key", REDACTED]),
        (["password", "hunter2"], ["password", REDACTED]),
        (["mysql", "--password", "abc", "db"], ["mysql", "--password", REDACTED, "db"]),
        ({"header": "X-Api-Key", "value": "a"}, {"header": "X-Api-Key", "value": REDACTED}),
        (["password", "email"], None),
        (["authorization", "cookie"], None),
        (["password", "token", "hunter2"], None),
        (["--password", "--user"], None),
        (["--verbose", "abc123"], None),
        (["token", 7], None),
    ],
)
def test_a_secret_is_known_by_the_name_beside_it(said: Any, shown: Any) -> None:
    assert redact(said) == (said if shown is None else shown)
    assert redact({"a": [said]}) == {"a": [said if shown is None else shown]}


@pytest.mark.parametrize("key", OPEN_KEYS)
def test_other_keys_are_left_alone(key: str) -> None:
    assert redact({key: "hunter2"}) == {key: "hunter2"}


def test_whether_there_is_a_secret_is_none() -> None:
    assert redact({"password": None, "token": True}) == {"password": None, "token": True}


def test_a_secret_that_is_a_key_is_not_shown_and_no_value_is_lost() -> None:
    shown = redact({SECRETS[0]: 1, SECRETS[1]: 2, "c": 3})
    assert list(shown.values()) == [1, 2, 3]
    assert not any(BODY in key for key in shown)


@pytest.mark.parametrize(
    "text", ["{}", "of a {} word", "a{}b", "\n{}", "https://a.b/{}/c", "'{}'", "key {} key"]
)
def test_our_own_secrets_are_not_shown_wherever_they_stand(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"SHOP_API_KEY": "zebra stripes/42", "DB_PASSWORD": "swordfish"}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SHOP_DB_URL", "mysql://me:four-two@db/x")
    monkeypatch.setenv("LOG_DB_URL", "mysql://me:one%2Ftwo%21@db/x")
    in_urls = ["four-two", "one%2Ftwo%21", "one/two!"]
    for value in [*own.values(), *in_urls, "zebra%20stripes%2F42", "zebra+stripes%2F42"]:
        said_so = text.format(value)
        assert redact(said_so) == text.format(REDACTED)
        assert redact({said_so: [said_so]}) == {text.format(REDACTED): [text.format(REDACTED)]}
        assert value not in serialize_for_llm([said(said_so)])
        assert value not in format_error(OSError(said_so))


@pytest.mark.parametrize("secret", ["q8Wd5fGh3kLmN7pRsTuV", "a-second-of-24-characters"])
def test_of_a_variable_with_more_than_one_each_is_a_secret(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = {"ops": {"secrets": [secret, "another-of-24-characters"], "scopes": ["read"]}}
    for name, value in {
        "AGENT_API_TOKENS": json.dumps(tokens),
        "AGENT_WEBHOOK_SECRET": f"whsec_{secret}, another-of-24-characters",
        "AGENT_EMAIL_MAILGUN": f"another-of-24-characters,{secret}",
        "AGENT_EMAIL_POSTMARK": f"user:{secret}",
    }.items():
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert redact(f"it says {secret} here") == f"it says {REDACTED} here"
            assert redact("read or launch, and ops") == "read or launch, and ops"


def test_keys_and_numbers_of_ours_are_secrets_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """By names that would be those of something else in an object or a text."""
    own = {
        "OPENAI_COMPATIBLE_KEY": "a-key-of-a-provider",
        "DOOR_PASSCODE": "47114711",
        "A_PW": "x1y2z",
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    for value in own.values():
        assert redact(f"it said {value}!") == f"it said {REDACTED}!"
    assert redact({"opens with": [47114711, 4711, 1.5, True]})["opens with"] == [
        REDACTED,
        4711,
        1.5,
        True,
    ]


def test_a_secret_of_ours_that_is_a_plain_word_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ollama wants any word as its key."""
    own = {"SORT_KEY": "created_at", "B_PASSWORD": "postgres", "C_API_KEY": "ollama"}
    own |= {"PWD": "/srv/shop", "OLDPWD": "/home/bob"}  # a shell's folders
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    text = "ollama, postgres, created_at, /srv/shop/orders.json, /home/bob"
    assert redact(text) == text


def test_what_is_given_is_not_changed() -> None:
    given = {"password": "a", "b": [SECRETS[0]]}
    redact(given)
    assert given == {"password": "a", "b": [SECRETS[0]]}


class Order(BaseModel):
    amount: int


def mistake(data: dict[str, Any]) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Order.model_validate(data)
    return caught.value


@pytest.mark.parametrize(
    ("failure", "shown"),
    [
        (ValueError("cannot divide by zero"), "cannot divide by zero"),
        (ValueError("two\n  lines"), "two lines"),
        (ValueError(""), "ValueError"),
        (KeyError("A-1"), "KeyError: 'A-1'"),
        (TimeoutError(), "TimeoutError"),
        (
            OSError(2, "No such file", "a.json"),
            "FileNotFoundError: [Errno 2] No such file: 'a.json'",
        ),
        (ValueError(f"401 for {SECRETS[0]}"), f"401 for {REDACTED}"),
        (mistake({}), "amount: Field required"),
    ],
)
def test_an_error_is_one_line(failure: Exception, shown: str) -> None:
    assert format_error(failure) == shown


@pytest.mark.parametrize("step", [{}, {"intent": "a\nb"}, {"intent": ["x"]}])
def test_a_step_that_is_none_is_explained_in_one_line(step: dict[str, Any]) -> None:
    """It begins with words, and shows nothing of pydantic's own."""
    with pytest.raises(ValidationError) as caught:
        parse_next_step(step)
    message = format_error(caught.value)
    assert message[0].isalpha()
    assert len(message.splitlines()) == 1
    assert "pydantic" not in message


def test_an_error_is_short() -> None:
    assert len(format_error(ValueError("long " * 1000))) <= 500
