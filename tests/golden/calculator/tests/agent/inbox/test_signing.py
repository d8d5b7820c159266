"""Whoever opens a page says who they are, once; the token itself stays with them."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from agent.server.app import create_app
from agent.settings import Settings, Token
from agent.store.filesystem import FileSystemThreadStore

from ...yours.samples import APPROVAL_STEP
from ..scripted import agent_of
from ..serving import HERE, THREADS, TOKEN, app_of, as_told, launch, serving, told
from ..test_server_access import CROSS_SITE, FOREIGN
from .browsing import SAME, Form, opened, sent, signed_in

PAGES = ["/", "/?status=done&page=2", f"/threads/{'0' * 8}", "/threads/x/context?at=3"]
READER = "the-token-of-one-who-reads"


@pytest.mark.parametrize("path", PAGES)
def test_who_is_not_known_is_led_to_the_way_in_and_back_to_the_page(path: str) -> None:
    client = serving(token=TOKEN)
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == 303
    form = opened(client, answer.headers["Location"]).forms[0]
    assert form.fields["next"] == path
    assert sent(client, form, token=TOKEN).headers["Location"] == path


def test_the_cookie_is_no_token_and_no_script_reads_it() -> None:
    client = serving(token=TOKEN, host="agent.example")
    form = opened(client, "/sign-in").forms[0]
    cookie = sent(client, form, token=f" {TOKEN} ").headers["Set-Cookie"]
    assert TOKEN not in cookie
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    client.base_url = "https://agent.example"
    assert "Secure" in sent(client, form, token=TOKEN).headers["Set-Cookie"].split("; ")


@pytest.mark.parametrize("wrong", ["", "x", TOKEN[:-1], f"{TOKEN}x", "\u202e", "ü" * 20, "\x00"])
def test_a_wrong_token_is_told_and_brings_no_cookie(wrong: str) -> None:
    client = serving(token=TOKEN)
    answer = sent(client, opened(client, "/sign-in").forms[0], token=wrong, next="/?page=2")
    assert (answer.status_code, "no token of this agent" in answer.text) == (401, True)
    assert "Set-Cookie" not in answer.headers
    assert 'value="/?page=2"' in answer.text


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "evil",
        "",
        "/ü",
    ],
)
def test_nobody_is_led_elsewhere(place: str) -> None:
    client = serving(token=TOKEN)
    form = opened(client, f"/sign-in?next={quote(place)}").forms[0]
    assert form.fields["next"] == "/"
    assert sent(client, form, token=TOKEN, next=place).headers["Location"] == "/"


def test_a_session_is_good_for_pages_and_api_alike_until_it_is_ended() -> None:
    with signed_in() as client:
        assert launch(client, APPROVAL_STEP)["status"] == "awaiting_human_approval"
        page = opened(client)
        assert "Waiting for you" in page.text
        out = sent(client, page.form("Sign out"))
        assert (out.status_code, out.headers["Location"]) == (303, "/sign-in")
        assert client.get(THREADS).status_code == 401


@pytest.mark.parametrize("path", ["/", "/threads/x", THREADS, f"{THREADS}/x/stop", "/sign-in"])
def test_what_another_site_sends_with_a_session_is_refused(path: str) -> None:
    client = signed_in()
    body: Any = {"json": told()} if path == THREADS else {"data": {"message": "x", "do": "stop"}}
    for headers in CROSS_SITE:
        assert client.post(path, headers=headers, **body).status_code == 403, headers


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
def test_not_even_a_neighbour_of_the_same_domain_is_served(site: str) -> None:
    client = signed_in()
    assert (
        client.post("/", data={"message": "x"}, headers={"Sec-Fetch-Site": site}).status_code == 403
    )
    assert client.get(THREADS, headers={"Sec-Fetch-Site": site}).status_code == 403


def test_a_link_on_another_site_leads_through_the_way_in() -> None:
    """A browser keeps the cookie of a link from elsewhere; from our own page it goes along."""
    for client in (signed_in(), serving()):
        answer = client.get(
            "/threads/x", headers={"Sec-Fetch-Site": "cross-site"}, follow_redirects=False
        )
        assert (answer.status_code, answer.headers["Location"]) == (
            303,
            "/sign-in?next=%2Fthreads%2Fx",
        )
        page = opened(client, answer.headers["Location"])
        assert ("a", {"href": "/threads/x"}.items()) in [
            (tag, {k: v for k, v in about.items() if k == "href"}.items())
            for tag, about in page.elements
        ]


def test_an_answer_bears_the_token_s_name_and_that_it_came_by_the_inbox() -> None:
    with signed_in() as client:
        thread = launch(client, APPROVAL_STEP)
        place = f"/threads/{thread['id']}"
        assert sent(client, opened(client, place).form("approve")).status_code == 303
        events = client.get(f"{THREADS}/{thread['id']}").json()["events"]
        answer = next(event for event in events if event["type"] == "human_response")
        assert (answer["data"]["channel"], answer["data"]["user"]) == ("inbox", "api")


def with_tokens(**scopes: Any) -> TestClient:
    tokens = {"ops": Token(secrets=[SecretStr(TOKEN)])}
    tokens |= {
        name: Token(secrets=[SecretStr(READER)], scopes=frozenset(given))
        for name, given in scopes.items()
    }
    store = FileSystemThreadStore(Path(".threads"))
    app = create_app(Settings(api_tokens=tokens), agent_of(store, as_told))
    return TestClient(app, "http://127.0.0.1", client=HERE, raise_server_exceptions=False)


def test_who_may_only_read_sees_no_controls_and_is_refused_in_the_api_s_words() -> None:
    with with_tokens(reader=["read"]) as client:
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        wait = {"Prefer": "wait=10"}
        thread = client.post(THREADS, json=told(APPROVAL_STEP), headers=bearer | wait).json()
        place = f"/threads/{thread['id']}"
        sent(client, opened(client, "/sign-in").forms[0], token=READER)
        for page in (opened(client), opened(client, place)):
            assert [form.action for form in page.forms] == ["/sign-out"]
        call = thread["awaiting"]["call_id"]
        answer = sent(client, Form(place, {"do": "approve", "call_id": call}))
        assert answer.status_code == 403
        assert "the token of reader may not answer" in answer.text
        assert sent(client, Form("/", {"message": "x"})).status_code == 403
        assert client.get(f"{THREADS}/{thread['id']}").json() == thread


def test_who_may_not_read_is_told_so_on_a_page() -> None:
    client = with_tokens(shop=["launch"])
    sent(client, opened(client, "/sign-in").forms[0], token=READER)
    page = opened(client, "/", 403)
    assert "the token of shop may not read" in page.text


@pytest.mark.parametrize("origin", FOREIGN)
def test_without_a_token_no_page_of_another_site_is_served(origin: str) -> None:
    client = serving()
    assert client.post("/", data={"message": "x"}, headers={"Origin": origin}).status_code == 403
    assert serving(client=("192.0.2.1", 1)).get("/").status_code == 401
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 401
    assert client.get("/", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401


@pytest.mark.parametrize("origin", ["http://localhost:9999", "http://127.0.0.1:1", "null"])
def test_without_a_token_no_form_of_another_port_is_taken(origin: str) -> None:
    """Whoever serves there is not we."""
    client = serving()
    for path, do in (("/", {"message": "x"}), ("/threads/x", {"do": "stop"})):
        refused = client.post(path, data=do, headers={"Origin": origin})
        assert refused.status_code == 403, refused.text
    ours = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    form = opened(client).form("Start").fields | {"message": "x"}
    assert client.post("/", data=form, headers=ours, follow_redirects=False).status_code == 303


def test_without_a_token_nobody_signs_in() -> None:
    client = serving()
    page = opened(client, "/sign-in")
    assert page.forms == []
    assert client.post("/sign-in", data={"token": ""}, headers=SAME).status_code == 401


def test_below_another_app_all_addresses_are_below_it() -> None:
    from fastapi import FastAPI

    outer = FastAPI()
    outer.mount("/agent", app_of(token=TOKEN))
    client = TestClient(outer, "http://127.0.0.1", client=HERE)
    answer = client.get("/agent/", follow_redirects=False)
    page = opened(client, answer.headers["Location"])
    answer = sent(client, page.forms[0], token=TOKEN)
    assert answer.headers["Location"] == "/agent/"
    assert "Path=/agent" in answer.headers["Set-Cookie"]
    page = opened(client, "/agent/")
    addresses = [a[n] for _, a in page.elements for n in ("href", "src", "action") if n in a]
    assert [each for each in addresses if not each.startswith(("/agent/", "#"))] == []
    assert re.fullmatch("/agent/threads/[0-9a-f-]{36}", launched(client, "/agent/"))


def launched(client: TestClient, path: str) -> str:
    answer = sent(client, opened(client, path).form("Start"), message="hello")
    return answer.headers["Location"]
