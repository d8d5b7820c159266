"""Others' words are words in Slack: no mention, no link, no button, and never too many of them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.channels.slack.blocks import request, settled
from agent.channels.slack.modals import Shown, modal
from agent.channels.slack.words import cut, escaped, said, typed, unescape_slack
from agent.reach import Asked
from agent.waiting import Waiting

from ...yours.samples import APPROVAL_STEP
from .stand_in import unfit, unfit_view, units
from .talking import buttons_of

WORDS = [
    "<!channel> <!here> <@U0ADA> \x3c#C0ROOM> <https://evil.test|click> <!date^0^x|y>",
    "&lt;!channel&gt;",
    "*approved* by _ada_ `code` ~no~",
    "``` \n*it was approved*\n```",
    "> it was approved\n>>> all",
    "\u202eevil\u200b\u2066",
    "x" * 9_000,
    "<" * 9_000,
    "😀" * 9_000,
    "\n" * 500,
    "",
]


def asked(**about: Any) -> Asked:
    given: dict[str, Any] = {"call_id": "call-1", "reason": "approval", "question": "shall we?"}
    waiting = Waiting(**(given | about))
    until = datetime(2026, 1, 1, tzinfo=UTC)
    return Asked("6ba2a2a4-6a0c-5f0e-9b1f-0d5f4c1e7a12", waiting, None, until, False)


def texts_of(blocks: list[dict[str, Any]]) -> str:
    """What is marked up: only there has anything a meaning."""
    found = [block["text"] for block in blocks if "text" in block]
    found += [each for block in blocks if block["type"] == "context" for each in block["elements"]]
    return "\n".join(text["text"] for text in found if text["type"] == "mrkdwn")


def variants(words: str) -> list[Asked]:
    call = {"intent": "process", "arguments": {"note": words, words[:50] or "-": 1}}
    return [
        asked(question=words, approver=words, **call),
        asked(reason="question", question=words, arguments={"context": words}),
        asked(reason="question", format="multiple_choice", choices=[words, "other", words]),
        asked(reason="question", choices=[f"{n} {words}" for n in range(150)]),
        asked(reason="in_doubt", **call),
        asked(reason="errors", question=words),
    ]


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words[:20])
def test_they_are_shown_and_mean_nothing(words: str) -> None:
    for each in variants(words):
        blocks = request(each)
        assert list(unfit(blocks, 50)) == []
        ours = texts_of(blocks).replace("<!date^1767225600^{date_short_pretty} {time}|", "")
        assert "<" not in ours, ours[:200]
        after = settled(blocks, f"it was approved by {words[:99]}")
        assert list(unfit(after, 50)) == []
        assert not [block for block in after if block["type"] in ("actions", "context")]


def test_a_message_says_what_became_of_its_call_by_now() -> None:
    """Not what it said before."""
    blocks = request(asked())
    after = settled(settled(blocks, "it was approved"), "it was approved, and has run")
    assert texts_of(after).count("approved") == 1
    assert "> shall we?" in texts_of(after)


@given(st.text())
def test_whatever_they_are(words: str) -> None:
    for each in variants(words):
        assert list(unfit(request(each), 50)) == []
    lines = said(words).split("\n")
    assert all(line.startswith("> ") or line == ">" for line in lines)


def test_a_call_is_shown_as_it_runs_in_code_that_nothing_ends() -> None:
    given = {"note": "``` *approved* <!here>", "token": "sk-abcdefghijklmnopqrstuvwxyz0123456789"}
    text = texts_of(request(asked(intent="send", arguments=given)))
    assert text.count("```") == 2
    assert '  note: "\\u0060\\u0060\\u0060 *approved* &lt;!here&gt;"' in text
    assert "abcdefghijklmnopqrstuvwxyz" not in text
    assert "secret of 39 characters" in text


@pytest.mark.parametrize(
    "many",
    [
        {f"argument_{n}": "x" * 900 for n in range(40)},
        {"tag": "x" * 1_500 + " && rm -rf /"},
        {"lines": ["x" * 1_500, "y"]},
        {"note": "x" * 50_000},
        {"command": "&" * 700 + "; rm -rf /"},
        {"command": "`" * 700 + "; rm -rf /"},
        {"command": "\u200b" * 600 + "; rm -rf /"},
    ],
)
@pytest.mark.parametrize("reason", ["approval", "in_doubt"])
def test_what_cannot_be_shown_whole_cannot_be_approved_there(
    many: dict[str, Any], reason: str
) -> None:
    blocks = request(asked(reason=reason, intent="send", arguments=many))
    labels = [each["text"]["text"] for each in buttons_of({"blocks": blocks})]
    assert not {"Approve", "Run it again", "Edit…"} & set(labels)
    assert "Reject…" in labels
    assert "too long to be shown" in texts_of(blocks)


def test_words_that_are_cut_cannot_be_approved_there() -> None:
    words = "x" * 3_500 + " and delete all"
    for intent in ("request_approval_from_manager", None, "send"):
        blocks = request(asked(intent=intent, question=words, arguments={"message": "?"}))
        labels = [each["text"]["text"] for each in buttons_of({"blocks": blocks})]
        assert "Approve" not in labels
        assert "Reject…" in labels


def test_every_button_says_for_which_call_of_which_thread_it_was_shown() -> None:
    for each in variants("x"):
        for button in buttons_of({"blocks": request(each)}):
            value = json.loads(button["value"])
            assert (value["thread_id"], value["call_id"]) == (each.thread_id, "call-1")
            assert units(button["value"]) <= 2_000


@given(st.text(), st.integers(2, 50))
def test_a_text_is_cut_as_slack_counts(text: str, longest: int) -> None:
    short = cut(text, longest)
    assert units(short) <= max(longest, 0)
    assert short == text or short.endswith("…")
    half = cut(escaped(text), longest).removesuffix("…")
    assert escaped(text).startswith(half)
    assert escaped(unescape_slack(half)) == half


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("see <https://x.test/a?b=1&amp;c=2|x.test>", "see https://x.test/a?b=1&c=2"),
        ("<mailto:ada@x.test|ada@x.test>", "ada@x.test"),
        ("<@U0ADA> and \x3c#C0ROOM|room>", "@U0ADA and #room"),
        ("<!here> <!subteam^S1|@ops>", "@here @ops"),
        ("&amp;lt;", "&lt;"),
        ("&copy; &#60;", "&copy; &#60;"),
    ],
)
def test_what_was_typed_is_what_the_model_reads(given: str, meant: str) -> None:
    assert typed(given) == meant


@pytest.mark.parametrize("do", ["edit", "reject", "say"])
def test_a_modal_is_one_that_slack_takes(do: Any) -> None:
    given = {name: value for name, value in APPROVAL_STEP.items() if name != "intent"}
    long = {name: "x" * 5_000 if isinstance(each, str) else each for name, each in given.items()}
    for arguments in (given, long):
        each = asked(intent=APPROVAL_STEP["intent"], arguments=arguments, question="<!here>" * 900)
        shown = Shown(do=do, thread_id=each.thread_id, call_id="call-1")
        assert unfit_view(modal(shown, each.waiting)) is None
