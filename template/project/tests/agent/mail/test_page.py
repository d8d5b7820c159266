"""The page behind a link: it shows the call, edits and rejects, and is nobody's after its time."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from agent.channels.mail.signing import Link, link_in, token_for

from ...yours.samples import APPROVAL_STEP
from ..scripted import MANAGER, QUESTION, begun, changed
from ..serving import problem
from .mailing import ADA, SECRET, Office, links_in, mail_from, office
from .test_walk import answers, one_thread

EMAIL = {"user": ADA, "channel": "email"}
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=a>', "</textarea><form>", "a\u202eb"]


def asked(here: Office, *steps: dict[str, Any]) -> str:
    """The path of the link to what the last of these steps asks."""
    here.post(mail_from(ADA, json.dumps(steps)))
    [asks] = here.taken.wait_for(1)
    [place] = links_in(asks)
    return place


def test_what_is_typed_is_what_runs() -> None:
    with office() as here:
        place = asked(here, APPROVAL_STEP)
        before = {name: value for name, value in APPROVAL_STEP.items() if name != "intent"}
        [(name, value)] = changed(APPROVAL_STEP).items() - before.items()
        form = {"do": "change", f"argument.{name}": str(value)}
        assert here.client.post(place, data=form).status_code == 200
        said = {"approved": True, "arguments": changed(APPROVAL_STEP), **EMAIL}
        assert answers(one_thread(here, "done")) == [said]


def test_a_form_that_changes_nothing_is_a_plain_yes() -> None:
    with office() as here:
        place = asked(here, APPROVAL_STEP)
        page = here.client.get(place).text
        names = re.findall(r'<(?:textarea|select) name="(argument\.[^"]+)"', page)
        assert names
        assert here.client.post(place, data={"do": "change"}).status_code == 200
        assert answers(one_thread(here, "done")) == [{"approved": True, **EMAIL}]


def test_a_no_bears_its_reason() -> None:
    with office() as here:
        place = asked(here, MANAGER)
        form = {"do": "reject", "comment": "too much,\r\nby far"}
        assert here.client.post(place, data=form).status_code == 200
        said = {"approved": False, "comment": "too much,\nby far", **EMAIL}
        assert answers(one_thread(here, "done")) == [said]


def test_a_question_is_answered_in_words_or_by_a_choice() -> None:
    with office() as here:
        place = asked(
            here, {**QUESTION, "format": "multiple_choice", "choices": ["red", HOSTILE[0]]}
        )
        page = here.client.get(place).text
        assert "<script" not in page
        assert here.client.post(place, data={"do": "answer", "response": " "}).status_code == 422
        form = {"do": "answer", "response": HOSTILE[0]}
        assert here.client.post(place, data=form).status_code == 200
        assert answers(one_thread(here, "done")) == [{"response": HOSTILE[0], **EMAIL}]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_others_words_are_no_html(hostile: str) -> None:
    with office() as here:
        place = asked(here, {**QUESTION, "message": hostile, "context": hostile})
        page = here.client.get(place)
        plain = re.sub(r"<(pre|textarea)[^>]*>.*?</\1>", "", page.text, flags=re.S)
        assert hostile not in plain
        assert not {"<script", "<img"} & set(re.findall(r"<\w+", page.text))
        assert page.text.count("<form") == 1
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert page.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "form", [{}, {"do": ""}, {"do": "stop"}, {"do": "answer", "response": "yes"}, {"do": "resume"}]
)
def test_a_page_does_nothing_else(form: dict[str, str]) -> None:
    with office() as here:
        place = asked(here, APPROVAL_STEP)
        refused = here.client.post(place, data=form)
        assert refused.status_code in (409, 422)
        assert "WrongFields" not in refused.text
        assert answers(one_thread(here, "awaiting_human_approval")) == []


def test_a_link_decides_once_and_says_then_what_became_of_its_call() -> None:
    with office() as here:
        place = asked(here, APPROVAL_STEP, APPROVAL_STEP)
        assert here.client.post(place, data={"do": "approve"}).status_code == 200
        here.taken.wait_for(2)  # the second call is asked about
        for do in ("approve", "reject"):
            again = here.client.post(place, data={"do": do})
            assert again.status_code == 409
            assert f"approved by email:{ADA}" in again.text
            assert "<form" not in again.text
        assert f"approved by email:{ADA}" in here.client.get(place).text
        assert len(answers(one_thread(here, "awaiting_human_approval"))) == 1


def test_an_edit_of_what_has_begun_is_not_taken_for_the_yes() -> None:
    """Its result is to come, under the same call id."""
    with office(parts={"handle_next_step": begun}) as here:
        place = asked(here, APPROVAL_STEP)
        assert here.client.post(place, data={"do": "approve"}).status_code == 200
        one_thread(here, "awaiting_result")
        for do in ("change", "answer", "reject"):
            late = here.client.post(place, data={"do": do, "response": "yes"})
            assert late.status_code == 409
            assert f"approved by email:{ADA}, and has begun" in late.text
            assert "<form" not in late.text
        assert "<form" not in here.client.get(place).text
        assert answers(one_thread(here, "awaiting_result")) == [{"approved": True, **EMAIL}]


def test_after_its_time_a_link_decides_nothing() -> None:
    with office() as here:
        link = link_in(asked(here, APPROVAL_STEP).rpartition("/")[2], SecretStr(SECRET))
        assert link
        yesterday = int((datetime.now(UTC) - timedelta(days=1)).timestamp())
        old = Link(link.thread_id, link.call_id, link.address, yesterday)
        place = f"/email/{token_for(old, SecretStr(SECRET))}"
        assert here.client.post(place, data={"do": "approve"}).status_code == 410
        assert "<form" not in here.client.get(place).text
        assert answers(one_thread(here, "awaiting_human_approval")) == []


def test_a_link_to_nothing_or_of_nobody_is_a_404() -> None:
    with office() as here:
        for link in (
            token_for(
                Link("7b0c2c1e-0000-4000-8000-000000000000", "1", ADA, 2**31), SecretStr(SECRET)
            ),
            token_for(Link("../x", "1", ADA, 2**31), SecretStr(SECRET)),
            token_for(Link("x", "1", ADA, 2**31), SecretStr("another-secret-of-somebody")),
            "x.y",
        ):
            assert problem(here.client.get(f"/email/{link}")) == 404
            assert problem(here.client.post(f"/email/{link}", data={"do": "approve"})) == 404
