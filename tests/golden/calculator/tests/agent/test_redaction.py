"""Secrets and stack traces do not enter the context."""

from time import process_time
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from agent.context import ContextFormat, serialize_for_llm
from agent.errors import format_error
from agent.events import AnyEvent
from agent.redaction import REDACTED, redact
from agent.tools import parse_next_step

from .scripted import decided, error, result, said

# Put together here, so that no scanner takes this file for a leak.
SECRETS = [
    "sk-" + "proj-abcdefghijklmnop1234",
    "sk_" + "live_abcdefghijklmnop1234",
    "ghp_" + "abcdefghij1234567890abcd",
    "github_" + "pat_abcdefghij1234567890",
    "xoxb-" + "123456789012-abcdef",
    "AKIA" + "ABCDEFGHIJKLMNOP",
    "AIza" + "abcdefghij1234567890abcdefghij12345",
    "eyJhbGciOi" + "JIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN " + "PRIVATE KEY-----\nMIIEcut off",
]
SECRET_KEYS = ["password", "DB_PASSWORD", "api_key", "x-api-key", "access_token", "Authorization"]
SECRET_KEYS += ["client_secret", "cookie", "session_id", "credentials", "private-key", "pwd"]
SECRET_KEYS += ["accessToken", "clientSecret", "dbPassword", "openaiApiKey", "passwords", "auth"]
OPEN_KEYS = ["token_count", "max_tokens", "passwordless", "key", "author", "secretary", "monkey"]


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_known_by_its_look(secret: str, form: ContextFormat) -> None:
    """Whoever says it: user, model, tool or error."""
    step = {"intent": "gone_since", "nested": [{"text": f"use {secret}"}]}
    events: list[AnyEvent] = [said(f"it is {secret}."), decided(step), result(data=[secret])]
    context = serialize_for_llm([*events, error(message=secret)], form)
    assert secret[8:20] not in context
    assert context.count(REDACTED) == 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdef123456", f"Authorization: Bearer {REDACTED}"),
        ("Authorization: Basic YWxhZGRpbjpvcGVu", f"Authorization: Basic {REDACTED}"),
        ("postgresql://me:hunter2@db/x", f"postgresql://{REDACTED}@db/x"),
        ("https://a.b/?token=abc123&x=1", f"https://a.b/?{REDACTED}&x=1"),
    ],
)
def test_only_the_secret_part_is_blanked_out(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize("text", ["https://a.b:8080/c", "task-1234567890123456789", "me@a.b"])
def test_what_only_looks_a_little_like_a_secret_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "piece", ["eyJ-", "eyJaaaaaaaa.", "://a:", "-----BEGIN ", "sk-", "Bearer "]
)
def test_a_long_text_is_searched_quickly(piece: str) -> None:
    begun = process_time()
    redact(piece * 50_000)
    assert process_time() - begun < 2


@pytest.mark.parametrize("value", ["hunter2", 1234, ["a", "b"], {"a": "b"}])
@pytest.mark.parametrize("key", SECRET_KEYS)
def test_a_secret_is_known_by_its_key(key: str, value: Any) -> None:
    assert redact({"a": [{key: value}]}) == {"a": [{key: REDACTED}]}


@pytest.mark.parametrize("key", OPEN_KEYS)
def test_other_keys_are_left_alone(key: str) -> None:
    assert redact({key: "hunter2"}) == {key: "hunter2"}


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
