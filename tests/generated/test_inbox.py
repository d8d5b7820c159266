"""The inbox as people use it: a real browser, a real server, a model that takes its time."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="install requirements-dev.txt")

from playwright.sync_api import Browser, BrowserContext, Page, expect

from .browsers import chromium, faults, tab
from .conftest import NO_NETWORK, environment, fetch
from .creating import created
from .test_project import free_port, wait_for_port

pytestmark = pytest.mark.slow

TOKEN = "the-token-of-the-browser-tests"
DELAY = 0.4  # seconds that the model takes for a step
MODEL = f"""
import sys
from tests.agent.commands import as_told
from tests.agent.openai_server import Reply, openai_server
with openai_server(lambda prompt: Reply(as_told(prompt), delay={DELAY})) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""
ADD, *MORE = ({"intent": "add", "a": n, "b": 4} for n in range(4))
REFUND = {"intent": "process_refund", "order_id": "A-1001", "amount": 4.9, "reason": "broken"}
QUESTION = {"intent": "request_more_information", "message": "which one?"}
MANY = 10_000


@dataclass
class Site:
    """The server of a project, which can be ended and begun again where it was."""

    project: Path
    variables: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def begin(self) -> None:
        self.process = subprocess.Popen(
            [str(self.project / ".venv/bin/agent"), "serve", "--port", str(self.port)],
            cwd=self.project,
            env={**environment(), **NO_NETWORK, **self.variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self.port, self.process)

    def end(self, how: int = signal.SIGTERM) -> float:
        """The seconds that it took."""
        assert self.process
        begun = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(timeout=30)
        return time.monotonic() - begun

    def call(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Prefer": "wait=20"}
        headers["Authorization"] = f"Bearer {TOKEN}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(f"{self.url}/api/v1/threads{path}", data, headers)
        with opener.open(request, timeout=60) as response:
            return json.load(response)

    def launch(self, *steps: Any) -> dict[str, Any]:
        """The thread, once it waits or is done."""
        thread: dict[str, Any] = self.call("", {"message": json.dumps(steps)})
        return thread

    def events(self, thread: dict[str, Any]) -> list[Any]:
        return list(self.call(f"/{thread['id']}")["events"])

    def page_of(self, thread: dict[str, Any]) -> str:
        return f"{self.url}/threads/{thread['id']}"


@pytest.fixture(scope="module")
def project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = created(wheel, tmp_path_factory.mktemp("inbox"), ["inbox"])
    fetch(made, "{}.{}".format(*sys.version_info), "uv")
    return made


@contextmanager
def model(project: Path) -> Iterator[dict[str, str]]:
    """The variables of an agent that asks a model which does as the message says."""
    said = subprocess.Popen(
        [str(project / ".venv/bin/python"), "-c", MODEL],
        cwd=project,
        env={**environment(), "PYTHONPATH": str(project)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert said.stdout
    yield {
        "AGENT_MODEL": "OpenAICompatible",
        "OPENAI_COMPATIBLE_URL": said.stdout.readline().strip(),
        "OPENAI_COMPATIBLE_MODEL": "scripted",
        "OPENAI_COMPATIBLE_KEY": "sk-the-key-of-the-tests",
    }
    said.communicate("")


@pytest.fixture(scope="module")
def site(project: Path) -> Iterator[Site]:
    with model(project) as variables:
        site = Site(project, variables | {"AGENT_API_TOKEN": TOKEN})
        site.begin()
        yield site
        site.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def person(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """Somebody who has signed in."""
    context = browser.new_context()
    page = tab(context, site.url)
    page.get_by_label("Your token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("What should the agent do?")).to_be_visible()
    yield context
    context.close()


def pill(page: Page, text: str) -> None:
    expect(page.locator(".facts .pill").first).to_have_text(text, timeout=15_000)


def test_what_is_launched_arrives_step_by_step(person: BrowserContext, site: Site) -> None:
    page = tab(person, site.url)
    page.get_by_label("What should the agent do?").fill(json.dumps([ADD, *MORE[:2]]))
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile("/threads/"))
    pill(page, "Running")
    seen = set()
    for _ in range(200):
        seen.add(page.locator(".entry[id]").count())
        if page.locator(".facts .pill").first.inner_text() == "Done":
            break
        page.wait_for_timeout(30)
    assert len(seen) > 3, seen
    expect(page.locator(".entry[id]")).to_have_count(8)
    expect(page.locator("#news")).to_have_text("Done")
    assert page.__dict__["complaints"] == []


def test_a_call_is_approved_and_the_page_shows_what_came_of_it(
    person: BrowserContext, site: Site
) -> None:
    thread = site.launch(REFUND)
    page = tab(person, site.url)
    page.locator(f"a[href='/threads/{thread['id']}']").click()
    page.get_by_role("button", name="Approve", exact=True).click()
    pill(page, "Done")
    answer = next(e for e in site.events(thread) if e["type"] == "human_response")
    assert answer["data"] == {"approved": True, "user": "api", "channel": "inbox"}
    assert page.__dict__["complaints"] == []


def test_a_call_is_edited_and_what_does_not_fit_is_told_at_its_field(
    person: BrowserContext, site: Site
) -> None:
    thread = site.launch(REFUND)
    page = tab(person, site.page_of(thread))
    page.get_by_text("Edit, then approve").click()
    page.get_by_label("Amount").fill("four")
    page.get_by_label("Reason").fill("it was <b>late</b>")
    page.get_by_role("button", name="Approve with these").click()
    expect(page.get_by_label("Amount")).to_have_value("four")
    expect(page.get_by_label("Reason")).to_have_value("it was <b>late</b>")
    expect(page.locator(".fault")).to_contain_text("write a number")
    assert faults(page) == []
    page.get_by_label("Amount").fill("4.5")
    page.get_by_role("button", name="Approve with these").click()
    pill(page, "Done")
    answer = next(e for e in site.events(thread) if e["type"] == "human_response")
    changed = {"order_id": "A-1001", "amount": 4.5, "reason": "it was <b>late</b>"}
    assert answer["data"]["arguments"] == changed


def test_a_call_is_rejected_with_a_reason(person: BrowserContext, site: Site) -> None:
    thread = site.launch(REFUND)
    page = tab(person, site.page_of(thread))
    page.locator("summary", has_text="Reject").click()
    page.get_by_label("Why?").fill("too much")
    page.get_by_role("button", name="Reject").click()
    pill(page, "Done")
    expect(page.locator(".entry.bad")).to_contain_text("too much")


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        (QUESTION, "the red one"),
        ({**QUESTION, "format": "yes_no"}, "Yes"),
        ({**QUESTION, "format": "multiple_choice", "choices": ["red", "blue"]}, "blue"),
    ],
)
def test_a_question_is_answered_with_what_fits_it(
    person: BrowserContext, site: Site, step: dict[str, Any], answer: str
) -> None:
    thread = site.launch(step)
    page = tab(person, site.page_of(thread))
    assert faults(page) == []
    match step.get("format"):
        case "yes_no":
            page.get_by_role("button", name=answer, exact=True).click()
        case "multiple_choice":
            page.get_by_label(answer).check()
            page.get_by_role("button", name="Answer").first.click()
        case _:
            page.get_by_label("Your answer").fill(answer)
            page.get_by_role("button", name="Answer").click()
    pill(page, "Done")
    said = next(e for e in site.events(thread) if e["type"] == "human_response")
    assert said["data"]["response"] == answer.lower()


def test_of_two_tabs_one_wins_and_the_other_is_told(person: BrowserContext, site: Site) -> None:
    thread = site.launch(REFUND)
    person.add_init_script("window.EventSource = undefined")  # the one that does not notice
    late = tab(person, site.page_of(thread))
    late.locator("summary", has_text="Reject").click()
    late.get_by_label("Why?").fill("no, not that")
    first = tab(person, site.page_of(thread))
    first.get_by_role("button", name="Approve", exact=True).click()
    expect(first.locator(".entry.good").first).to_contain_text("approved")
    late.get_by_role("button", name="Reject").click()
    expect(late.get_by_role("alert")).to_contain_text("Nothing was changed.")
    expect(late.get_by_role("alert")).to_contain_text("it was approved by inbox:api")
    answers = [e for e in site.events(thread) if e["type"] == "human_response"]
    assert [e["data"]["approved"] for e in answers] == [True]


def test_who_is_typing_is_not_disturbed_but_told(person: BrowserContext, site: Site) -> None:
    thread = site.launch(QUESTION, QUESTION)
    page = tab(person, site.page_of(thread))
    page.get_by_label("Your answer").fill("I am not done")
    call = thread["awaiting"]["call_id"]
    site.call(f"/{thread['id']}/responses", {"call_id": call, "response": "I was quicker"})
    expect(page.get_by_role("alert")).to_contain_text("settled meanwhile")
    expect(page.get_by_label("Your answer")).to_have_value("I am not done")
    expect(page.locator(".timeline")).to_contain_text("I was quicker")


def test_a_page_that_is_loaded_again_in_the_middle_goes_on(
    person: BrowserContext, site: Site
) -> None:
    page = tab(person, site.url)
    page.get_by_label("What should the agent do?").fill(json.dumps([ADD, *MORE]))
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile("/threads/"))
    for _ in range(3):
        page.wait_for_timeout(300)
        page.reload()
    pill(page, "Done")
    expect(page.locator(".entry[id]")).to_have_count(10)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_comes_back_is_followed_on_by_an_open_page(
    person: BrowserContext, site: Site, how: int
) -> None:
    thread = site.launch(REFUND)
    page = tab(person, site.page_of(thread))
    pill(page, "Needs a yes")
    assert site.end(how) < 3
    page.wait_for_timeout(500)
    site.begin()
    call = thread["awaiting"]["call_id"]
    site.call(f"/{thread['id']}/approvals", {"call_id": call, "approved": True})
    pill(page, "Done")


@pytest.mark.parametrize(
    "words",
    [
        "<script>document.title = 'taken'</script>",
        "<img src=x onerror=\"document.title = 'taken'\">",
        '"><svg onload="document.title = \'taken\'">',
        "</textarea></form><h1>taken</h1>",
    ],
)
def test_a_message_that_tries_to_be_a_page_is_words(
    person: BrowserContext, site: Site, words: str
) -> None:
    page = tab(person, site.url)
    page.get_by_label("What should the agent do?").fill(words)
    page.get_by_role("button", name="Start").click()
    pill(page, "Done")
    expect(page.locator(".says").first).to_have_text(words)
    for path in (page.url, f"{page.url}/context", f"{site.url}/?status=done"):
        page.goto(path)
        assert page.title() != "taken"
        assert page.locator("h1", has_text=re.compile("^taken$")).count() == 0
        assert page.locator("img[src=x], main script, svg[onload]").count() == 0
    assert page.__dict__["complaints"] == []


def test_a_token_that_is_wrong_is_told(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    page = tab(context, f"{site.url}/?status=done")
    page.get_by_label("Your token").fill("not the token")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("no token of this agent")
    assert faults(page) == []
    page.get_by_label("Your token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.url}/?status=done")
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_all_fits_on_a_phone(
    person: BrowserContext, site: Site, browser: Browser, width: int, scheme: Any
) -> None:
    """Long words without a space in them included, and what is looked up in more lines than fit."""
    long = "x" * 300
    threads = [
        site.launch({**REFUND, "reason": long}),
        site.launch({**QUESTION, "message": long}),
        site.launch(ADD, REFUND),
        site.launch({**REFUND, "reason": "with A-1002 and B-2001"}),
    ]
    done = site.call("", {"message": long})
    cookies: Any = person.cookies()
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    assert faults(tab(context, site.url)) == []
    context.add_cookies(cookies)
    paths = ["/", "/?status=done", "/?status=stopped", "/threads/x"]
    for thread in [*threads, done]:
        paths += [f"/threads/{thread['id']}{rest}" for rest in ("", "/context", "/replay")]
    page = context.new_page()
    for path in paths:
        page.goto(site.url + path)
        for each in page.locator("details").all():
            each.evaluate("each => { each.open = true }")
        assert faults(page) == [], path
    context.close()


def test_the_keyboard_is_enough(person: BrowserContext, site: Site) -> None:
    thread = site.launch(REFUND)
    page = tab(person, site.page_of(thread))
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.inner_text() == "Approve":
            break
    outline = focused.evaluate("each => getComputedStyle(each).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    pill(page, "Done")


def test_without_scripts_all_of_it_works(browser: Browser, site: Site) -> None:
    thread = site.launch(REFUND)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.page_of(thread))
    page.get_by_label("Your token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    page.locator("summary", has_text="Edit, then approve").click()
    page.get_by_label("Amount").fill("1")
    page.get_by_role("button", name="Approve with these").click()
    expect(page.locator(".timeline")).to_contain_text("approved, with changes")
    context.close()


def test_ten_thousand_threads(project: Path, browser: Browser) -> None:
    """All of them waiting, with the script that keeps the page up to date."""
    event = {"type": "user_input", "at": "2026-01-01T00:00:00Z", "data": "hello", "id": 0}
    call = {"type": "tool_call", "at": "2026-01-01T00:00:01Z", "call_id": "1", "data": QUESTION}
    told: dict[str, Any] = {
        "type": "human_contacted",
        "at": "2026-01-01T00:00:02Z",
        "call_id": "1",
        "id": 2,
    }
    told["data"] = {"channel": "inbox"}  # or that would happen now, ten thousand times
    folder = project / ".many"
    folder.mkdir()
    for number in range(MANY):
        thread_id = f"00000000-0000-4000-8000-{number:012d}"
        thread = {"id": thread_id, "version": 3, "events": [event, {**call, "id": 1}, told]}
        (folder / f"{thread_id}.json").write_text(json.dumps(thread))
    site = Site(project, {"AGENT_STORE_URL": "file:.many", "AGENT_MODEL": "offline"})
    site.begin()
    context = browser.new_context()
    page = tab(context, site.url)
    expect(page.locator(".tabs [aria-current]")).to_contain_text(f"{MANY:,}", timeout=30_000)
    begun = time.monotonic()
    page.goto(f"{site.url}/?page=400")
    expect(page.locator(".thread")).to_have_count(25)
    assert time.monotonic() - begun < 3
    before = cpu_of(site)
    page.wait_for_timeout(10_000)
    spent = cpu_of(site) - before
    assert spent < 2.5, spent  # seconds of a core, in ten
    context.close()
    site.end()


def cpu_of(site: Site) -> float:
    assert site.process
    fields = Path(f"/proc/{site.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
