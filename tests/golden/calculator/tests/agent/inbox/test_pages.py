"""The pages: what waits, what happened, and the way on, as plain forms."""

import asyncio
import html
import json
import re
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent import forms
from agent.channels.inbox import overview
from agent.channels.inbox.rendering import LONGEST, SAFE
from agent.channels.inbox.timeline import call_of
from agent.due import Policy
from agent.events import HumanContacted
from agent.people import Approvers
from agent.store.filesystem import FileSystemThreadStore
from agent.waiting import Waiting

from ...yours.samples import APPROVAL_STEP, SAFE_STEP
from ..scripted import DONE, MANAGER, NOON, QUESTION, begun, changed, unasked
from ..serving import LOCAL, THREADS, as_told, kinds, launch, serving, settled
from .browsing import Form, Page, opened, sent

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><form action=https://evil.example>",
    "{{ 7 * 7 }} {% raw %}",
    "</title><style>*{display:none}</style>",
    "a\u202eb\x1b[2J\x00c",
]
INBOX = {"user": "local", "channel": "inbox"}
BEFORE = {name: value for name, value in APPROVAL_STEP.items() if name != "intent"}


def place(thread: dict[str, Any]) -> str:
    return f"/threads/{thread['id']}"


def answers(client: TestClient, thread: dict[str, Any]) -> list[Any]:
    events = settled(client, thread["id"])["events"]
    return [event["data"] for event in events if event["type"] == "human_response"]


def asking(**about: Any) -> dict[str, Any]:
    return {"intent": "request_more_information", "message": "which one?", **about}


def test_a_thread_is_launched_once_however_often_its_form_is_sent() -> None:
    with serving() as client:
        form = opened(client).form("Start")
        first, second = (sent(client, form, message="hello") for _ in range(2))
        assert (first.status_code, first.headers["Location"]) == (303, second.headers["Location"])
        thread = settled(client, first.headers["Location"].rpartition("/")[2])
        assert thread["events"][0]["meta"].items() >= {"channel": "inbox", "who": "local"}.items()
        again = sent(client, opened(client).form("Start"), message="hello")
        assert again.headers["Location"] != first.headers["Location"]
        other = sent(client, form, message="another")
        assert (other.status_code, "under this key" in other.text) == (422, True)
        empty = sent(client, opened(client).form("Start"), message=" ")
        assert (empty.status_code, "it says nothing" in empty.text) == (422, True)


def test_what_waits_longest_is_first_and_each_says_what_it_waits_for() -> None:
    ticks = count()
    with serving(clock=lambda: NOON + timedelta(seconds=next(ticks))) as client:
        approval, question = launch(client, APPROVAL_STEP), launch(client, QUESTION)
        launch(client, SAFE_STEP)
        page = opened(client)
        links = [a["href"] for tag, a in page.elements if a.get("class") == "thread"]
        assert links == [place(approval), place(question)]
        for words in (APPROVAL_STEP["intent"], QUESTION["message"], "Needs a yes"):
            assert words in page.text
        assert "Done 1" in page.text
        links = [a["href"] for _, a in opened(client, "/?status=done").elements if "href" in a]
        assert len([link for link in links if "/threads/" in link]) == 1


def test_an_approval_runs_the_call_that_was_shown() -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        form = opened(client, place(thread)).form("approve")
        assert form.fields["call_id"] == thread["awaiting"]["call_id"]
        assert sent(client, form).status_code == 303
        assert answers(client, thread) == [{"approved": True, **INBOX}]
        assert "tool_response" in kinds(settled(client, thread["id"]))


def test_a_rejection_bears_its_reason() -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        form = opened(client, place(thread)).form("reject")
        sent(client, form, comment="too much,\r\nby far")
        said = {"approved": False, "comment": "too much,\nby far", **INBOX}
        assert answers(client, thread) == [said]


def test_an_edit_that_fits_is_approved_and_nothing_else_of_the_call_changes() -> None:
    [(name, value)] = changed(APPROVAL_STEP).items() - BEFORE.items()
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        form = opened(client, place(thread)).form("change")
        for _ in range(2):  # as a browser does that is told to load a page again
            answer = sent(client, form, **{f"argument__{name}": str(value)})
            assert answer.status_code == 303
        assert sent(client, form).status_code == 409  # another edit is another answer
        assert answers(client, thread) == [
            {"approved": True, "arguments": changed(APPROVAL_STEP), **INBOX}
        ]
        page = opened(client, place(thread))
        assert "approved, with changes" in page.text


def test_an_edit_that_changes_nothing_is_a_plain_yes() -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        sent(client, opened(client, place(thread)).form("change"))
        assert answers(client, thread) == [{"approved": True, **INBOX}]


def test_an_edit_that_does_not_fit_is_shown_again_as_it_was_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [name for name, value in BEFORE.items() if isinstance(value, str)]
    if not texts:
        pytest.skip("no argument of APPROVAL_STEP is a text")
    name = texts[0]
    monkeypatch.setattr(forms, "faults_of", lambda waiting, arguments: {name: "not that one"})
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        form = opened(client, place(thread)).form("change")
        answer = sent(client, form, **{f"argument__{name}": '<b>"no"</b>'})
        again = Page(answer.text)
        assert answer.status_code == 422
        assert "not that one" in again.text
        assert again.form("change").fields[f"argument.{name}"] == '<b>"no"</b>'
        assert client.get(f"{THREADS}/{thread['id']}").json() == thread


def test_a_form_of_yesterday_is_told_what_became_of_its_call() -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP, QUESTION)
        page = opened(client, place(thread))
        approve, reject, edit = (page.form(what) for what in ("approve", "reject", "change"))
        assert sent(client, reject, comment="no").status_code == 303
        after = settled(client, thread["id"])
        assert sent(client, reject, comment="no").status_code == 303  # the same is no other answer
        for late in (approve, edit):
            answer = sent(client, late)
            assert answer.status_code == 409
            assert "it was rejected by inbox:local" in Page(answer.text).text
        assert client.get(f"{THREADS}/{thread['id']}").json() == after


def test_an_edit_of_what_has_begun_is_not_taken_for_the_yes() -> None:
    """Its result is to come, under the same call id."""
    with serving(handle_next_step=begun) as client:
        thread = launch(client, APPROVAL_STEP)
        page = opened(client, place(thread))
        assert sent(client, page.form("approve")).status_code == 303
        assert settled(client, thread["id"])["status"] == "awaiting_result"
        [(name, value)] = changed(APPROVAL_STEP).items() - BEFORE.items()
        late = sent(client, page.form("change"), **{f"argument__{name}": str(value)})
        assert late.status_code == 409
        assert "approved by inbox:local, and has begun" in Page(late.text).text
        assert answers(client, thread) == [{"approved": True, **INBOX}]


@pytest.mark.parametrize(
    ("step", "fill", "response"),
    [
        (QUESTION, {"response": "the red\r\none"}, "the red\none"),
        (asking(format="yes_no"), {"response": "no"}, "no"),
        (asking(format="multiple_choice", choices=["a", "<b>"]), {"response": "<b>"}, "<b>"),
        (asking(format="yes_no"), {"response": "neither"}, "neither"),
    ],
)
def test_a_question_is_answered_in_words(
    step: dict[str, Any], fill: dict[str, str], response: str
) -> None:
    with serving() as client:
        thread = launch(client, step)
        page = opened(client, place(thread))
        for choice in step.get("choices", []):
            assert ("input", choice) in [(tag, about.get("value")) for tag, about in page.elements]
        assert sent(client, page.form("answer"), **fill).status_code == 303
        assert answers(client, thread) == [{"response": response, **INBOX}]


def test_what_was_typed_and_refused_is_still_there() -> None:
    with serving() as client:
        thread = launch(client, QUESTION, QUESTION)
        form = opened(client, place(thread)).form("answer")
        sent(client, form, response="red")
        settled(client, thread["id"])
        answer = sent(client, form, response="<i>blue</i>")
        assert answer.status_code == 409
        assert Page(answer.text).form("answer").fields["response"] == "<i>blue</i>"


def test_a_manager_s_yes_to_a_question_has_no_arguments_to_edit() -> None:
    with serving() as client:
        thread = launch(client, MANAGER)
        page = opened(client, place(thread))
        assert [form.fields["do"] for form in page.forms if "do" in form.fields] == [
            "approve",
            "reject",
            "postpone",
            "stop",
        ]


def test_done_is_followed_up_and_failed_goes_on_and_what_waits_is_stopped() -> None:
    failing = [unasked()]

    async def model(thread: Any) -> Any:
        return failing.pop() if failing else await as_told(thread)

    with serving(model) as client:
        thread = launch(client)
        assert thread["status"] == "failed"
        sent(client, opened(client, place(thread)).form("resume"))
        assert settled(client, thread["id"])["status"] == "done"
        form = opened(client, place(thread)).form("follow_up")
        for _ in range(2):  # once, however often it is sent
            assert sent(client, form, response="more").status_code == 303
        assert kinds(settled(client, thread["id"])).count("user_input") == 2
        waiting = launch(client, QUESTION)
        sent(client, opened(client, place(waiting)).form("stop"))
        assert settled(client, waiting["id"])["status"] == "stopped"
        page = opened(client, place(waiting))
        assert [form.fields.get("do") for form in page.forms if "at" not in form.fields] == []


def test_whose_yes_does_not_count_is_told_so_in_the_api_s_words() -> None:
    with serving(approvers=Approvers({})) as client:
        thread = launch(client, APPROVAL_STEP)
        page = opened(client, place(thread))
        for what in ("approve", "change", "reject"):
            answer = sent(client, page.form(what))
            assert answer.status_code == 403
            assert "and inbox:local is none" in Page(answer.text).text
        assert client.get(f"{THREADS}/{thread['id']}").json() == thread


def test_what_is_put_off_is_asked_again_then_and_stands_behind_the_rest() -> None:
    with serving(clock=lambda: NOON) as client:
        later, other = launch(client, APPROVAL_STEP), launch(client, QUESTION)
        form = opened(client, place(later)).form("postpone")
        assert sent(client, form, later="next year").status_code == 422
        assert sent(client, form, later="tomorrow").status_code == 303
        page = opened(client, place(later))
        assert "not now, until 02 Jan 2026, 12:00:00 UTC" in " ".join(page.text.split())
        listed = opened(client)
        links = [a["href"] for _, a in listed.elements if a.get("class") == "thread"]
        assert links == [place(other), place(later)]
        assert re.findall("just now|in 1 d", listed.text) == ["just now", "in 1 d"]
        assert sent(client, page.form("approve")).status_code == 303
        assert sent(client, form, later="tomorrow").status_code == 409


def test_when_its_time_is_over_and_who_could_not_be_told_is_shown() -> None:
    policy = Policy(expires_after=timedelta(hours=1))
    with serving(clock=lambda: NOON, policy=policy) as client:
        thread = launch(client, APPROVAL_STEP)
        told = HumanContacted(
            call_id=thread["awaiting"]["call_id"],
            data={"channel": "slack", "to": "C1", "failed": "<no> network"},
        )
        store = FileSystemThreadStore(Path(".threads"))
        asyncio.run(store.update(thread["id"], lambda each: each.append(told, told, at=NOON)))
        text = " ".join(opened(client, place(thread)).text.split())
        assert "It can be answered until 01 Jan 2026, 13:00:00 UTC" in text
        assert text.count("slack could not be told: <no> network") == 1
        told = told.model_copy(update={"data": {"channel": "slack", "to": "C1"}})
        asyncio.run(store.update(thread["id"], lambda each: each.append(told, at=NOON)))
        assert "slack could not be told" not in " ".join(opened(client, place(thread)).text.split())


def test_what_goes_on_elsewhere_waits_for_no_human() -> None:
    with serving(clock=lambda: NOON, handle_next_step=begun) as client:
        thread = launch(client, SAFE_STEP)
        assert thread["status"] == "awaiting_result"
        page = opened(client, place(thread))
        assert [form.fields["do"] for form in page.forms if "do" in form.fields] == ["stop"]
        assert "build 7" in page.text
        assert "Running 1" in opened(client).text


def test_a_fork_at_which_something_is_to_be_done_does_it() -> None:
    """Its page says that it works, and has no way to let it begin."""
    with serving() as client:
        thread = launch(client, SAFE_STEP)
        form = next(f for f in opened(client, place(thread)).forms if f.fields.get("at") == "0")
        copy = sent(client, form, do="fork").headers["Location"].rpartition("/")[2]
        assert settled(client, copy)["status"] == "done"


def test_a_fork_is_a_thread_of_its_own() -> None:
    with serving() as client:
        thread = launch(client, QUESTION)
        form = next(f for f in opened(client, place(thread)).forms if f.fields.get("at") == "1")
        answer = sent(client, form, do="fork")
        assert (answer.status_code, answer.headers["Location"] != place(thread)) == (303, True)
        assert QUESTION["message"] in opened(client, answer.headers["Location"]).text
        for at in ("", "-1", "x", "99999999999", "٣"):
            assert sent(client, form, do="fork", at=at).status_code == 422
        assert sent(client, form, do="fork", at="99").status_code == 409


@pytest.mark.parametrize("what", ["", "launch", "APPROVE", "\x00"])
def test_what_no_form_does_is_refused(what: str) -> None:
    with serving() as client:
        thread = launch(client, APPROVAL_STEP)
        assert sent(client, Form(place(thread), {"do": what})).status_code == 422
        assert sent(client, Form(place(thread), {"do": "approve"})).status_code == 422
        assert client.post(place(thread), content=b"\xff=\xff").status_code in (400, 422)
        assert client.get(f"{THREADS}/{thread['id']}").json() == thread


@pytest.mark.parametrize("text", HOSTILE)
def test_nobody_s_words_are_anything_else(text: str) -> None:
    """The tags of a page are the same for any words, and all of the words can be seen."""
    step = asking(message=text, context=text, format="multiple_choice", choices=[text])
    with serving() as client:
        plain = launch(client, {**step, "message": "a", "context": "a", "choices": ["a"]})
        thread = launch(client, step)
        for path in ("{}", "{}/context", "{}/context?at=1", "{}/replay"):
            one, other = (opened(client, path.format(place(each))) for each in (plain, thread))
            assert [tag for tag, _ in one.elements] == [tag for tag, _ in other.elements]
            assert re.search("[\u202e\x1b\x00]", other.text) is None
        listed = opened(client)
        assert "img" not in [tag for tag, about in listed.elements if about.get("src") == "x"]
        said = opened(client, place(thread)).text
        assert (text if text.isprintable() else "\\u202e") in html.unescape(said)


def test_secrets_are_nowhere_on_a_page() -> None:
    secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    with serving() as client:
        thread = launch(client, asking(message=f"is it {secret}?"))
        for path in ("/", place(thread), f"{place(thread)}/context"):
            assert secret not in client.get(path).text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/threads/x", "/static/inbox.css", "/?page=0"])
def test_a_page_loads_nothing_that_is_not_our_own(path: str) -> None:
    answer = serving().get(path)
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert "frame-ancestors 'none'" in policy
    assert not [each for each in policy if "unsafe" in each or "*" in each or ":" in each]
    for name, value in SAFE.items():
        assert answer.headers[name] == value or (name == "Cache-Control" and "static" in path)


def test_nothing_is_inline_and_nothing_comes_unescaped() -> None:
    import agent.channels.inbox as package

    for path in Path(package.__file__).parent.joinpath("templates").iterdir():
        text = path.read_text("utf-8")
        assert not re.search(r"safe\b|autoescape|<style|\sstyle=|\son\w+=|<script(?! src)", text), (
            path
        )


def test_what_is_long_is_cut_on_its_page_and_whole_where_the_model_reads_it() -> None:
    """A secret that stands where it is cut is none of what is left."""
    secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    long = "x " * (LONGEST // 2 - 10) + secret + " y" * LONGEST
    with serving() as client:
        thread = launch(client, asking(message="?", context=long))
        page = client.get(place(thread)).text
        assert "characters)" in page
        assert secret[:12] not in page
        assert " y" * LONGEST in opened(client, f"{place(thread)}/context").text


def test_of_a_call_that_waits_nothing_is_left_out() -> None:
    """Who approves it sees what runs."""
    given = {"tag": "x" * 5_000 + " && rm -rf /", "lines": ["y" * 5_000, "z"]}
    lines = dict(call_of(Waiting("1", "approval", "shall we?", "deploy", given)))
    assert lines == {name: json.dumps(value) for name, value in given.items()}


def test_what_the_model_saw_and_what_changed_between() -> None:
    with serving() as client:
        thread = launch(client, SAFE_STEP, QUESTION)
        now = opened(client, f"{place(thread)}/context")
        stored = Path(f".threads/{thread['id']}.txt").read_text("utf-8")
        assert stored.strip() in now.text
        at = [e["id"] for e in thread["events"] if e["type"] == "tool_call"][1]
        then = client.get(f"{place(thread)}/context?at={at}").text
        assert "&lt;tool_response&gt;" in re.findall("<ins>(.*?)</ins>", then)
        assert opened(client, f"{place(thread)}/context?at=0", 404)


def test_what_is_not_there_is_a_page_too() -> None:
    with serving() as client:
        for path, status in (("/threads/x", 404), ("/?status=odd", 422), ("/static/x", 404)):
            assert client.get(path).status_code == status
        assert "there is no thread" in opened(client, "/threads/x", 404).text


def test_of_very_many_threads_those_are_seen_that_matter_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overview, "MOST", 2)
    ticks = count()
    with serving(clock=lambda: NOON + timedelta(seconds=next(ticks))) as client:
        settled(client, launch(client, asking(message="the first"))["id"])
        for _ in range(4):
            settled(client, launch(client, DONE)["id"])
        waiting, done = opened(client), opened(client, "/?status=done")
    assert "the first" in waiting.text
    assert "1+" in waiting.text
    assert len([a for _, a in done.elements if a.get("class") == "thread"]) == 3


def test_long_lists_have_pages() -> None:
    with serving() as client:
        for _ in range(27):
            launch(client, DONE)
        page = opened(client, "/?status=done")
        assert "Page 1 of 2" in page.text
        assert len([a for _, a in page.elements if a.get("class") == "thread"]) == 25
        assert "Page 2 of 2" in opened(client, "/?status=done&page=9").text
        assert LOCAL["channel"] == "http"
