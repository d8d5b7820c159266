"""A request is sent until there is a response: patiently where it helps, and within one limit."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from agent.model import sending
from agent.model.connection import Request, Response
from agent.model.failures import Unavailable, explain, passes
from agent.model.sending import seconds_asked, send

from .commands import Shell
from .costs import takes_less
from .openai_server import OpenAIServer, Reply, openai_server, scripted

KEY = "a-key/that-must-not-be-told"
BODY = json.dumps({"model": "any", "messages": [{"role": "user", "content": "what a day"}]})


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PAUSE", 0.05)


def request_to(url: str) -> Request:
    headers = {"authorization": f"Bearer {KEY}"}
    return Request(f"{url}/chat/completions?key=secret-in-the-url", headers, BODY)


def outcome(
    *replies: str | Reply, limit: float = 20
) -> tuple[Response | str, OpenAIServer, list[str]]:
    """The response, or the words for there being none; the server; and what was said meanwhile."""
    said: list[str] = []
    with openai_server(scripted(*replies)) as server:
        try:
            response: Response | str = asyncio.run(send(request_to(server.url), limit, said.append))
        except Unavailable as error:
            response = str(error)
    return response, server, said


def test_a_response_is_returned_as_it_is() -> None:
    response, server, said = outcome(Reply(body="what a day"))
    assert isinstance(response, Response)
    assert (response.status, response.body) == (200, "what a day")
    assert server.bodies == [BODY]
    assert said == []


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 507, 521, 529, 599])
def test_what_may_pass_is_tried_again_and_said_meanwhile(status: int) -> None:
    response, server, said = outcome(Reply(status=status), "better")
    assert isinstance(response, Response)
    assert len(server.bodies) == 2
    assert str(status) in said[0]
    assert "asking again in 0." in said[0]


def test_a_connection_that_breaks_is_tried_again() -> None:
    response, server, _ = outcome(Reply(dropped=True), "better")
    assert isinstance(response, Response)
    assert len(server.bodies) == 2


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 410, 413, 422, 451, 501, 505])
def test_what_cannot_help_is_not_tried_again(status: int) -> None:
    response, server, said = outcome(Reply(status=status), "better")
    assert isinstance(response, Response)
    assert response.status == status
    assert len(server.bodies) == 1
    assert said == []


@pytest.mark.parametrize(
    "words",
    [
        "You exceeded your current quota: insufficient_quota",
        "Request too large for this model: limit 30000, requested 50000",
    ],
)
def test_a_quota_that_is_spent_or_too_small_does_not_come_back(words: str) -> None:
    _, server, _ = outcome(Reply(words, status=429), "better")
    assert len(server.bodies) == 1


@pytest.mark.parametrize("words", ["exceed", "maximum ", "json_", "insufficient_", "<script>", "{"])
def test_no_error_takes_long_to_read(words: str) -> None:
    response = Response(400, words * (4_000_000 // len(words)))
    assert not passes(response)
    assert len(explain(response)) < 500
    assert takes_less(1, lambda: (passes(response), explain(response)))


def test_it_ends_after_some_tries() -> None:
    response, server, said = outcome(Reply("no luck", status=503))
    assert "no luck" in str(response)
    assert "tried 5 times: resume later" in str(response)
    assert not any("resume" in line for line in said)
    assert (len(server.bodies), len(said)) == (5, 4)


def test_it_waits_as_long_as_it_is_told_to() -> None:
    reply = Reply(status=429, headers={"retry-after": "1"})
    _, server, said = outcome(reply, "better")
    assert server.times[1] - server.times[0] >= 1
    assert "asking again in 1.0 s" in said[0]


def test_it_does_not_wait_longer_than_the_limit_allows() -> None:
    began = time.monotonic()
    response, server, _ = outcome(Reply(status=429, headers={"retry-after": "300"}), limit=5)
    assert time.monotonic() - began < 4
    assert "300 s more is longer than AGENT_MODEL_TIMEOUT" in str(response)
    assert len(server.bodies) == 1


def test_the_limit_is_one_for_all_tries_and_then_the_connection_is_closed() -> None:
    began = time.monotonic()
    response, server, _ = outcome(Reply(status=500), Reply("late", delay=20), limit=2)
    assert 1.5 < time.monotonic() - began < 10
    assert "AGENT_MODEL_TIMEOUT" in str(response)
    assert gave_up(server)


def test_a_call_that_is_cancelled_closes_its_connection() -> None:
    async def cancelled(url: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await send(request_to(url), 60, print)

    with openai_server(lambda prompt: Reply("late", delay=20)) as server:
        asyncio.run(cancelled(server.url))
        assert gave_up(server)


INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from agent.terminal.cli import main
main()
"""


def test_ctrl_c_closes_it_as_well() -> None:
    with openai_server(lambda prompt: Reply("late", delay=20)) as server:
        values = {"URL": server.url, "MODEL": "any", "KEY": KEY}
        about = {f"OPENAI_COMPATIBLE_{name}": value for name, value in values.items()}
        shell = Shell(about | {"AGENT_MODEL": "OpenAICompatible"})
        command = [sys.executable, "-c", INTERRUPTIBLE, "hello"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=shell.environment, stdout=pipe, stderr=pipe) as process:
            while not server.bodies:
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 130
        assert gave_up(server)


def gave_up(server: OpenAIServer) -> bool:
    until = time.monotonic() + 15
    while not server.given_up and time.monotonic() < until:
        time.sleep(0.02)
    return server.given_up == 1


def test_silence_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SILENCE", 0.2)
    _, _, said = outcome(Reply("late", delay=0.6), limit=20)
    assert "no answer yet" in said[0]
    assert "20 s" in said[0]


def test_nobody_is_told_a_key() -> None:
    response, _, said = outcome(
        Reply(f"no {KEY} secret-in-the-url", status=500), Reply("x", delay=9), limit=1
    )
    told = f"{response} {said} {request_to('http://me:word@host')}"
    assert KEY not in told
    assert "secret-in-the-url" not in told
    assert "me:word" not in told


def test_what_does_not_speak_http_is_said_in_one_line_and_without_the_url() -> None:
    response, _, said = outcome(Reply("SSH-2.0-OpenSSH_9.2\r\n\r\n", dropped=True), limit=1)
    assert "check the network and the URL" in str(response)
    assert "secret-in-the-url" not in f"{response} {said}"
    assert "\n" not in f"{response} {said}"


NO_HOSTS = [
    "http://",
    "http://[",
    "http://h\n",
    "http://h h",
    "http://h..i",
    "http://h:99999",
    "http://256.1.1.1",
    f"http://{'h' * 64}.i",
]


@pytest.mark.parametrize("url", ["nowhere", "ftp://h", *NO_HOSTS])
def test_what_is_no_url_is_said_at_once(url: str) -> None:
    with pytest.raises(Unavailable, match="cannot be sent"):
        asyncio.run(send(Request(url, {}, BODY), 5, print))


@pytest.mark.parametrize(
    ("name", "value"),
    [("authorization", "Bearer “x”"), ("authorization", "x\r\nhost: y"), ("a b", "x"), ("", "x")],
)
def test_a_key_that_no_header_can_hold_is_said_at_once(name: str, value: str) -> None:
    with pytest.raises(Unavailable, match="a header has letters"):
        asyncio.run(send(Request("http://127.0.0.1:9", {name: value}, BODY), 5, print))


def test_nobody_at_the_address_is_said() -> None:
    with pytest.raises(Unavailable, match="check the network and the URL"):
        asyncio.run(send(request_to("http://127.0.0.1:9"), 5, lambda line: None))


SOON = format_datetime(datetime.now(UTC) + timedelta(seconds=100_000), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({}, "", None),
        ({"retry-after": "7"}, "", 7),
        ({"retry-after": "0"}, "", 0),
        ({"retry-after": "1.5"}, "", 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, "", 0.25),
        ({"retry-after": SOON}, "", 100_000),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, "", 0),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "-3"}, "", None),
        ({"retry-after": "9" * 30}, "", 1e30),
        ({"retry-after": "9" * 5000}, "", None),
        ({"retry-after": f"Fri, 31 Dec {'9' * 30} 23:59:59 GMT"}, "", None),
        ({"retry-after": f"Fri, 31 Dec 2026 23:59:59 +{'9' * 30}"}, "", None),
        ({}, '{"error": {"details": [{"retryDelay": "34s"}]}}', 34),
        ({}, '{"error": {"details": [{"retryDelay": "1.2.3s"}]}}', None),
    ],
)
def test_when_to_come_back_is_read_wherever_it_stands(
    headers: dict[str, str], body: str, seconds: float | None
) -> None:
    assert seconds_asked(Response(429, body, headers)) == pytest.approx(
        seconds, abs=600 if seconds == 100_000 else 0
    )


def test_a_body_without_end_is_not_read_to_its_end() -> None:
    response, _, _ = outcome(Reply(body="x" * 6_000_000))
    assert isinstance(response, Response)
    assert len(response.body) < 5_000_000
