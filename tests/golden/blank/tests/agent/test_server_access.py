"""Who is served: whoever has the token; without a token this machine, by its own name."""

import asyncio
import re
from itertools import product
from typing import Any

import pytest
from pydantic import SecretStr

from agent.discovery import brought
from agent.server.app import create_app
from agent.settings import Settings, WrongSettings

from .commands import Shell
from .serving import HERE, JSON, THREADS, TOKEN, app_of, launch, problem, serving


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


WRONG: tuple[dict[str, str], ...] = ({}, bearer(""), bearer("x" + TOKEN[1:]), bearer(TOKEN + " x"))


def test_with_a_token_nothing_but_healthz_is_answered_without_it() -> None:
    with serving(token=TOKEN) as client:
        paths = create_app(Settings()).openapi()["paths"]
        open_to_all = {route.path for hooks in brought("hooks") for route in hooks.routes}
        assert len(paths) > 8
        for path in paths.keys() - open_to_all:
            for method, sent in product(paths[path], WRONG):
                status = client.request(method, path, headers=sent).status_code
                assert status == (200 if path == "/healthz" else 401), path
        assert client.get(THREADS, headers=bearer(TOKEN)).status_code == 200
        assert client.get(THREADS).headers["WWW-Authenticate"] == "Bearer"


def test_with_a_token_other_machines_and_names_are_served() -> None:
    with serving(token=TOKEN, client=("192.0.2.1", 50000), host="agent.example") as client:
        assert client.get(THREADS, headers=bearer(TOKEN)).status_code == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "127.0.0.9"]
)
def test_without_a_token_this_machine_is_served_by_its_own_names(host: str) -> None:
    assert serving(host=host).get(THREADS).status_code == 200


@pytest.mark.parametrize("client", [("192.0.2.1", 50000), ("::ffff:c000:201", 1), ("nobody", 1)])
def test_without_a_token_no_other_machine_is_served(client: tuple[str, int]) -> None:
    answer = serving(client=client).get(THREADS)
    assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized")


@pytest.mark.parametrize(
    "host",
    [
        "agent.example",
        "127.0.0.1.example",
        "0.0.0.0",
        "192.0.2.1:8000",
        "localhost.",
        "",
        "[",
        "@",
        "a@localhost",
        "127.0.0.1:8000.evil.example",
        "127.0.0.1:80:80",
        "localhost:",
        "localhost:8000/x",
        "localhost?x",
        "localhost#x",
        "localhost\\x",
        "localhost, localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "127.0.0.1.",
        "127.0.0.1%20",
        "::1",
        "[::1",
        "[::1%25lo]",
        "[127.0.0.1]x",
        "http://localhost",
    ],
)
def test_without_a_token_a_foreign_name_for_this_machine_is_refused(host: str) -> None:
    client = serving()
    for path in (THREADS, f"{THREADS}/x/stop"):
        assert client.get(path, headers={"Host": host}).status_code == 401, path


@pytest.mark.parametrize("other", ["localhost", "evil.example", ""])
def test_without_a_token_two_names_are_none(other: str) -> None:
    client = serving()
    for hosts in (["localhost", other], [other, "localhost"]):
        assert client.get(THREADS, headers=[("Host", host) for host in hosts]).status_code == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "agent.example"])
def test_an_open_door_without_a_token_is_refused_at_the_start(host: str) -> None:
    code, out, err = Shell({}).here("serve", "--host", host, "--port", "0")
    assert (code, out) == (2, "")
    assert err == f"error: {host} is not this machine: set AGENT_API_TOKEN to serve there\n"


def test_a_served_thread_is_one_that_was_launched_with_the_token() -> None:
    with serving(token=TOKEN, client=HERE) as client:
        client.headers.update(bearer(TOKEN))
        assert launch(client)["status"] == "done"


def test_who_comes_from_elsewhere_is_told_what_this_server_lacks() -> None:
    for proxy in ({}, {"X-Forwarded-For": "10.0.0.1"}):
        answer = serving().get(THREADS, headers={"Host": "agent.example"} | proxy)
        assert problem(answer) == 401
        assert "set AGENT_API_TOKEN, and send" in answer.json()["detail"]
    with_one = serving(token=TOKEN).get(THREADS)
    assert with_one.json()["detail"].startswith("send Authorization: Bearer")


PROXIES = ["Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "X-Real-IP"]
PROXIES += [
    "X-FORWARDED-ANYTHING",
    "X_Forwarded_For",
    "X-Forwarded",
    "CDN-Loop",
    "Via",
    "CF-Connecting-IP",
    "True-Client-IP",
    "X-Client-IP",
]


@pytest.mark.parametrize("header", PROXIES)
def test_without_a_token_nothing_is_served_through_a_proxy(header: str) -> None:
    without, with_one = serving(), serving(token=TOKEN)
    for value in ("127.0.0.1", "", "for=localhost"):
        sent = {header: value}
        for method, path in (("GET", THREADS), ("POST", THREADS), ("POST", f"{THREADS}/x/stop")):
            answer = without.request(method, path, headers=sent)
            assert problem(answer) == 401
            assert "set AGENT_API_TOKEN" in answer.json()["detail"]
        assert with_one.get(THREADS, headers=bearer(TOKEN) | sent).status_code == 200


FOREIGN = ["https://evil.example", "null", "http://localhost.evil.example", "http://192.0.2.1:8000"]
FOREIGN += ["http://127.0.0.1:8000.evil.example", "http://localhost.", "http://a@localhost"]
FOREIGN += ["http://localhost/x", "http://localhost:80@evil.example", "http://127.0.0.1\\.evil"]
FOREIGN += ["HTTP://localhost", "ftp://localhost", "file://localhost", "app://localhost"]
FOREIGN += ["localhost", "http:localhost", "http://localhost http://localhost", "http://[::1]:x"]
FOREIGN += ["", "evil", "file://", "https://evil.example, http://localhost"]
CROSS_SITE = [{"Origin": origin} for origin in FOREIGN]
CROSS_SITE += [{"Sec-Fetch-Site": "cross-site"}, {"sec-fetch-site": "CROSS-SITE"}]
CROSS_SITE += [{"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}]


@pytest.mark.parametrize("sent", CROSS_SITE, ids=str)
def test_without_a_token_no_page_of_another_site_is_served(sent: dict[str, str]) -> None:
    """With or without a body, whatever its type."""
    with serving() as client:
        for path in (THREADS, "/api/v1/conversations", f"{THREADS}/x/resume", f"{THREADS}/x/stop"):
            for body in (None, b'{"message": "a"}'):
                for kind in ({}, {"Content-Type": "text/plain"}, JSON):
                    assert problem(client.post(path, content=body, headers=sent | kind)) == 403
        assert problem(client.get(THREADS, headers=sent)) == 403
        assert client.get(THREADS).json()["threads"] == []


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:1"])
def test_a_page_of_this_machine_is_served(origin: str) -> None:
    client = serving()
    for site in ("same-origin", "same-site", "none"):
        by_origin, by_site = {"Origin": origin}, {"Sec-Fetch-Site": site}
        for sent in (by_origin, by_site, by_origin | by_site):
            assert client.get(THREADS, headers=sent).status_code == 200


@pytest.mark.parametrize("path", [THREADS, f"{THREADS}/x/approvals", "/api/v1/conversations", "/x"])
@pytest.mark.parametrize("token", [TOKEN, None])
def test_who_is_not_served_is_told_before_a_body_is_read(path: str, token: str | None) -> None:
    """Even where it never comes."""
    told: list[Any] = []

    async def never() -> Any:
        raise AssertionError("it reads the body")

    async def send(message: Any) -> None:
        told.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "root_path": "", "query_string": b""}
    scope["headers"] = [(b"host", b"agent.example"), (b"content-length", b"9")]
    scope |= {"client": HERE, "scheme": "http", "http_version": "1.1"}
    asyncio.run(app_of(token=token)(scope, never, send))
    assert told[0]["status"] == 401


@pytest.mark.parametrize(
    ("variables", "lacking"),
    [
        ({"AGENT_HOST": "0.0.0.0"}, "AGENT_API_TOKEN"),
        ({"AGENT_HOST": "::", "AGENT_MODEL": "offline"}, "AGENT_API_TOKEN"),
        ({"AGENT_HOST": "0.0.0.0", "AGENT_API_TOKEN": TOKEN}, "AGENT_MODEL"),
        ({"AGENT_HOST": "localhost", "AGENT_API_TOKEN": TOKEN}, "AGENT_MODEL"),
        ({"AGENT_API_TOKEN": TOKEN, "AGENT_MODEL": ""}, "AGENT_MODEL"),
    ],
)
def test_what_must_be_said_before_others_are_served(
    variables: dict[str, str], lacking: str
) -> None:
    code, out, err = Shell(variables).here("serve", "--port", "0")
    assert (code, out) == (2, "")
    assert re.findall("AGENT_[A-Z_]+", err)[:1] == [lacking]


@pytest.mark.parametrize("model", ["offline", "openai/gpt-5-mini"])
def test_a_part_of_another_app_needs_its_model_named_as_well(model: str) -> None:
    with pytest.raises(WrongSettings, match="AGENT_MODEL is not set"):
        create_app(Settings(api_token=SecretStr(TOKEN)))
    create_app(Settings(api_token=SecretStr(TOKEN), model=model))
    create_app(Settings())


def test_a_model_that_is_misspelt_does_not_start_the_stand_in() -> None:
    shell = Shell({"AGENT_API_TOKEN": TOKEN, "AGENT_MODLE": "openai/gpt-5-mini"})
    code, _, err = shell.here("serve", "--port", "0")
    assert code == 2
    assert "error: AGENT_MODEL is not set" in err
    assert "AGENT_MODLE is no setting of this agent: is AGENT_MODEL meant?" in err
