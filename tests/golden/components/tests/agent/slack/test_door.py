"""What Slack has not signed is read no further, and whatever it signs gives no error of ours."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from ...yours.samples import APPROVAL_STEP
from ..serving import THREADS, serving, told
from .talking import (
    CLICKS,
    EVENTS,
    FORM,
    SECRET,
    Workspace,
    event_of,
    message_of,
    signature,
    working,
)

BODY = json.dumps(event_of({**message_of("hello"), "type": "app_mention"})).encode()
STAMP, SIGNED = "X-Slack-Request-Timestamp", "X-Slack-Signature"


@pytest.fixture
def team(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    with working(monkeypatch) as team:
        yield team


def nothing_came_of_it(team: Workspace) -> bool:
    return not team.client.get(THREADS).json()["threads"] and not team.slack.calls


def test_an_address_is_shown_to_be_ours(team: Workspace) -> None:
    asked = {"token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595", "type": "url_verification"}
    answer = team.deliver(asked)
    assert answer.json() == {"challenge": asked["challenge"]}


@pytest.mark.parametrize("path", [EVENTS, CLICKS])
@pytest.mark.parametrize(
    "made",
    [
        lambda: {},
        lambda: {STAMP: signature(BODY)[STAMP]},
        lambda: {SIGNED: signature(BODY)[SIGNED]},
        lambda: signature(BODY, "another-secret-of-16"),
        lambda: signature(BODY + b" "),
        lambda: signature(BODY, at=time.time() - 3600),
        lambda: signature(BODY, at=time.time() + 3600),
        lambda: signature(BODY) | {STAMP: "now"},
        lambda: signature(BODY) | {STAMP: "9" * 400},
        lambda: signature(BODY) | {STAMP: "nan"},
        lambda: signature(BODY) | {STAMP: ""},
        lambda: signature(BODY) | {SIGNED: "v0="},
        lambda: signature(BODY) | {SIGNED: "v1=" + signature(BODY)[SIGNED][3:]},
        lambda: signature(BODY) | {SIGNED: signature(BODY)[SIGNED].upper()},
        lambda: signature(BODY) | {SIGNED: b"v0=\xff\xe9".decode("latin-1")},
    ],
    ids=count(),
)
def test_what_is_not_signed_is_401(
    path: str, made: Callable[[], dict[str, str]], team: Workspace
) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in made().items()]
    answer = team.client.post(path, content=BODY, headers=raw)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert nothing_came_of_it(team)


def test_a_header_that_comes_twice_is_none(team: Workspace) -> None:
    for name in (STAMP, SIGNED):
        signed = [*signature(BODY).items(), (name, signature(BODY)[name])]
        assert team.client.post(EVENTS, content=BODY, headers=signed).status_code == 401
    assert nothing_came_of_it(team)


@pytest.mark.parametrize("path", [EVENTS, CLICKS])
def test_bytes_that_are_no_text_are_401_whoever_signs_them(path: str, team: Workspace) -> None:
    body = BODY + b"\xff\xfe"
    assert team.client.post(path, content=body, headers=signature(body)).status_code == 401
    assert nothing_came_of_it(team)


def test_nobody_s_body_is_waited_for_who_has_not_signed(team: Workspace) -> None:
    def never() -> Iterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    assert team.client.post(EVENTS, content=never(), headers={}).status_code == 401


def test_two_secrets_are_valid_while_one_replaces_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with working(monkeypatch) as team:
        monkeypatch.setenv("AGENT_SLACK_SIGNING_SECRET", f"the-new-one-of-them, {SECRET}")
        asked = json.dumps({"challenge": "x"}).encode()
        for secret in ("the-new-one-of-them", SECRET, "none-of-these-two"):
            answer = team.client.post(EVENTS, content=asked, headers=signature(asked, secret))
            assert answer.status_code == (401 if secret == "none-of-these-two" else 200)


def test_without_its_settings_it_takes_nothing() -> None:
    with serving() as client:
        answer = client.post(EVENTS, content=BODY, headers=signature(BODY))
    assert answer.status_code == 401


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
NAMES = [
    *("type", "event", "team_id", "challenge", "user", "text", "ts", "thread_ts", "channel"),
    *("actions", "value", "container", "view", "state", "values", "private_metadata", "team"),
]


def mutated(payload: Any, draw: Any) -> Any:
    """The same with something else in some place."""
    if draw(st.integers(0, 5)) == 0:
        return draw(JSON)
    if isinstance(payload, dict):
        return {name: mutated(each, draw) for name, each in payload.items()}
    return [mutated(each, draw) for each in payload] if isinstance(payload, list) else payload


def signed_cases(team: Workspace, message: dict[str, Any], examples: int, part: int = 0) -> None:
    event = event_of({**message_of("hello"), "type": "app_mention"})
    button = {"action_id": "approve.0", "type": "button", "value": "{}"}
    for block in message["blocks"]:
        button = block["elements"][0] if block["type"] == "actions" else button
    about = {"team": {"id": "T0TEAM"}, "user": {"id": "U0ADA", "team_id": "T0TEAM"}}
    place = {"message_ts": message["ts"], "channel_id": message["channel"]}
    click = about | {
        "type": "block_actions",
        "trigger_id": "1.2.3",
        "container": place,
        "message": message,
        "actions": [button],
    }
    values = {"words": {"words": {"value": "why"}}}
    view = {"id": "V1", "private_metadata": button["value"], "state": {"values": values}}
    sent = about | {"type": "view_submission", "view": view}

    @seed(part)
    @settings(max_examples=examples, derandomize=False, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def walk(data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(["event", "click", "sent", "bytes", "json"]))
        path, body = EVENTS, b""
        match kind:
            case "event":
                body = as_bytes(mutated(event, data.draw))
            case "click" | "sent":
                payload = as_bytes(mutated(click if kind == "click" else sent, data.draw))
                path, body = CLICKS, urlencode({"payload": payload}).encode()
            case "bytes":
                path = data.draw(st.sampled_from([EVENTS, CLICKS]))
                body = data.draw(st.binary(max_size=300))
            case "json":
                body = as_bytes(data.draw(st.dictionaries(st.sampled_from(NAMES), JSON)))
        headers = signature(body) | {"Content-Type": FORM if path == CLICKS else "application/json"}
        answer = team.client.post(path, content=body, headers=headers)
        assert answer.status_code in (200, 401), (kind, body, answer.text)

    walk()


def as_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_whatever_is_signed_gives_no_error_of_ours(team: Workspace) -> None:
    team.mention(told(APPROVAL_STEP)["message"])
    signed_cases(team, team.asked(), 150)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(1, 6))
def test_a_few_thousand_more(part: int, team: Workspace) -> None:
    team.mention(told(APPROVAL_STEP)["message"])
    signed_cases(team, team.asked(), 600, part)


@pytest.mark.slow
def test_whatever_is_not_is_401(team: Workspace) -> None:
    names = st.sampled_from([STAMP, SIGNED, "X-Slack-Retry-Num", "Content-Type"])
    texts = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=80)

    @given(
        st.sampled_from([EVENTS, CLICKS]), st.binary(max_size=300), st.dictionaries(names, texts)
    )
    @settings(max_examples=3_000, suppress_health_check=list(HealthCheck))
    def walk(path: str, body: bytes, headers: dict[str, str]) -> None:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        assert team.client.post(path, content=body, headers=raw).status_code == 401

    walk()
    assert nothing_came_of_it(team)
