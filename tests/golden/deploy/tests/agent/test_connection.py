"""What is between us and a model: proxies, certificates, and servers that are broken or hostile."""

import asyncio
import gzip
import os
import socket
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from agent.model import connection
from agent.model.connection import NotSendable, Request, Response, Unreachable, post
from agent.outgoing import trust

from .openai_server import OpenAIServer, openai_server, scripted
from .outside import Proxy, certified, raw_server, running

BODY = '{"model":"any","messages":[{"role":"user","content":"what a day"}]}'
SECRET = "secret-in-the-url"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    trust.cache_clear()
    yield
    trust.cache_clear()


def to(url: str, body: str = BODY) -> Request:
    return Request(f"{url}/v1?key={SECRET}", {"authorization": "Bearer x"}, body)


def asked(url: str, body: str = BODY) -> Response:
    return asyncio.run(post(to(url, body)))


@pytest.mark.parametrize(
    ("proxy", "name", "no_proxy", "through_it"),
    [
        ("http://{}", "http_proxy", "", True),
        ("{}", "HTTP_PROXY", "other.example", True),
        ("http://{}", "all_proxy", "", True),
        ("http://{}", "https_proxy", "", False),
        ("http://{}", "http_proxy", "127.0.0.1", False),
        ("http://{}", "http_proxy", "{}", False),
        ("http://{}", "http_proxy", "*", False),
        ("", "http_proxy", "", False),
    ],
)
def test_a_proxy_is_the_environment_s(
    proxy: str, name: str, no_proxy: str, through_it: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that answers itself, so that it is seen who was asked."""
    with openai_server(scripted("the proxy")) as one, openai_server(scripted("itself")) as other:
        monkeypatch.setenv(name, proxy.format(f"127.0.0.1:{one.server_port}"))
        monkeypatch.setenv("no_proxy", no_proxy.format(f"127.0.0.1:{other.server_port}"))
        assert ("the proxy" in asked(other.url).body) is through_it


def test_a_password_of_a_proxy_goes_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with openai_server(scripted("hello")) as proxy:
        monkeypatch.setenv("http_proxy", f"http://me:w%40rd@127.0.0.1:{proxy.server_port}")
        asked("http://model.example")
    [headers] = proxy.headers
    assert headers["Proxy-Authorization"] == "Basic bWU6d0ByZA=="
    assert headers["authorization"] == "Bearer x"


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "http://[", "::::", "http://"])
def test_what_is_no_proxy_of_http_is_said(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(NotSendable, match="the proxy in the environment"):
        asked("http://model.example")


def test_passwords_of_other_programs_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = tmp_path / "netrc"
    passwords.write_text("machine 127.0.0.1 login me password word\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("NETRC", str(passwords))
    with openai_server(scripted("hello")) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
        assert asked("http://127.0.0.1:9").status == 200
    assert proxy.headers[0]["authorization"] == "Bearer x"


def test_tls_goes_through_a_proxy_with_and_without_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, certificate = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running(OpenAIServer(scripted("hello")), context) as server:
        for secure in (None, context):
            proxy = Proxy()
            with running(proxy, secure) as address:
                monkeypatch.setenv("https_proxy", address)
                assert "hello" in asked(server).body
            assert proxy.asked == [server.removeprefix("https://")]


def test_a_proxy_that_refuses_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(Proxy(refusal=407)) as address:
        monkeypatch.setenv("https_proxy", address)
        response = asked("https://model.example")
    assert (response.status, response.body[:17]) == (407, "so says the proxy")


def test_a_certificate_that_nobody_trusts_is_said_and_gets_no_key(tmp_path: Path) -> None:
    context, _ = certified(tmp_path)
    server = OpenAIServer(scripted("hello"))
    told = pytest.raises(NotSendable, match="its certificate is not trusted")
    with running(server, context) as address, told:
        asked(address)
    assert server.bodies == []


BROKEN = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a body that breaks off": b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc",
    "a body that is not packed": (
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}"
    ),
    "a chunk that is none": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc",
    "headers without end": b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 10_000,
    "a header without end": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 1_000_000,
    "nothing": b"",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_told_in_words(name: str) -> None:
    with raw_server(BROKEN[name]) as url, pytest.raises(Unreachable) as told:
        asked(url)
    words = str(told.value)
    assert 0 < len(words) < 300
    assert not any(each in words for each in ("\n", "Error", "Exception", SECRET))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
def test_nobody_who_answers_the_door_is_told_without_the_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "CONNECT", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(server.getsockname())
        with pytest.raises(Unreachable) as told:
            asked(f"http://127.0.0.1:{server.getsockname()[1]}")
        for each in waiting:
            each.close()
    assert str(told.value) == "no connection within 0.2 s"


def test_a_connection_that_the_server_closed_meanwhile_is_told_without_the_url() -> None:
    """Whether that is seen before the next request or amid it."""

    wait = partial(time.sleep, 0.05)  # it is closed, and the loop has not heard of it

    async def twice(url: str, heard: bool) -> list[str]:
        words = []
        for _ in range(2):
            try:
                words.append((await post(to(url))).body)
            except Unreachable as error:
                words.append(str(error))
            wait()
            if heard:
                await asyncio.sleep(0.05)
        return words

    with raw_server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi") as url:
        assert asyncio.run(twice(url, True)) == ["hi", "hi"]
        assert SECRET not in str(asyncio.run(twice(url, False)))


def test_what_swells_is_not_unpacked_to_its_end() -> None:
    packed = gzip.compress(b"\0" * 120_000_000)
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(packed)}\r\n\r\n"
    with raw_server(head.encode() + packed) as url:
        asked(url)  # what is imported by the first is not counted
        tracemalloc.start()
        response = asked(url)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert len(response.body) < 10_000_000
    assert most < 60_000_000


@pytest.mark.filterwarnings("error")
def test_a_large_request_warns_of_nothing() -> None:
    body = BODY.replace("what a day", "a" * 3_000_000)
    with openai_server(scripted("hello")) as server:
        asked(server.url, body)
    assert server.bodies == [body]


def test_as_many_as_want_to_are_asked_at_once() -> None:
    async def all_of(url: str) -> list[Response]:
        return list(await asyncio.gather(*(post(to(url)) for _ in range(120))))

    everybody = threading.Barrier(120, timeout=20)

    def reply(prompt: str) -> str:
        everybody.wait()
        return "hello"

    with openai_server(reply) as server:
        assert {response.status for response in asyncio.run(all_of(server.url))} == {200}


def test_an_event_loop_that_ended_is_let_go() -> None:
    with openai_server(scripted("hello")) as server:
        asked(server.url)
        assert connection._clients == {}


@pytest.mark.filterwarnings("ignore")
def test_so_is_one_that_was_closed_without_a_word() -> None:
    with openai_server(scripted("hello")) as server:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(post(to(server.url)))
        loop.close()
        asked(server.url)
        assert connection._clients == {}
