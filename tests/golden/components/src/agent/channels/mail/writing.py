"""What a mail of ours says: plain text, and the same as simple HTML. Pure.

Others' words are shown as everywhere (`shown.py`): none of them is a line, a link or a header.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import Any

from ...events import Trigger
from ...humans import HUMAN_INTENTS
from ...outcomes import Message
from ...reach import Asked
from ...redaction import redact
from ...shown import arguments, is_cut, one_line, words
from ...waiting import Waiting
from .settings import Mailing
from .signing import Kind, Link, Name, message_id, token_for

LASTS = timedelta(days=30)  # a link to what has no end
LONGEST = 120  # characters of a subject
MACHINE = {"X-Auto-Response-Suppress": "All", "X-PM-KeepID": "true"}  # Outlook's; Postmark's


@dataclass(frozen=True)
class Letter:
    """`links` are pairs of what a link does and where it leads."""

    name: Name
    subject: str
    lines: Sequence[str]
    links: Sequence[tuple[str, str]] = ()
    below: Sequence[str] = ()
    answers: str = ""  # the Message-ID of what it replies to
    behind: Sequence[str] = ()  # those that went before, the oldest first


def request(asked: Asked, to: str, mailing: Mailing, now: datetime) -> Letter:
    """What waits, for one address: each has links of its own."""
    waiting = asked.waiting
    until = asked.expires_at or now + LASTS
    link = Link(asked.thread_id, waiting.call_id, to, int(until.timestamp()))
    place = f"{mailing.url}/email/{token_for(link, mailing.secret)}"
    since = int(waiting.asked_at.timestamp() * 1000) if waiting.asked_at else 0
    kind: Kind = "reminds" if asked.reminds else "asks"
    name = Name(kind, asked.thread_id, waiting.call_id, to, since)
    return Letter(
        name,
        subject_of(waiting, asked.reminds),
        [words(str(redact(waiting.question))), "", *details(waiting, asked.expires_at)],
        links_to(place, waiting),
        [f"Or {how_to_reply(waiting)}"] if mailing.takes_replies else [],
        message_id(replace(name, kind="asks"), mailing) if asked.reminds else "",
    )


def answer(message: Message, came: Trigger, end: str) -> Letter:
    """To whoever wrote the mail that the thread last went on with."""
    about = came.data if isinstance(came.data, dict) else {}
    to = str((came.meta or {}).get("who"))
    name = Name("ends", message.thread_id or "", message.call_id, to)
    said = [words(str(redact(end))), "", "Reply to go on."]
    return Letter(name, replying_to(str(about.get("subject", ""))), said, answers=message.ref)


def replying_to(subject: str) -> str:
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}"


def subject_of(waiting: Waiting, reminds: bool) -> str:
    # A yes is one to what the subject asks as well.
    again = f"run {waiting.intent} again? It may have run"
    what = again if waiting.reason == "in_doubt" else waiting.question
    return f"{'Reminder: ' if reminds else ''}{redact(what)}"


def details(waiting: Waiting, until: datetime | None) -> list[str]:
    lines = [waiting.intent] if waiting.intent and waiting.reason != "question" else []
    if lines or waiting.reason == "question":
        lines += [f"  {line}" for line in arguments(listed(waiting))]
    if waiting.for_approval and is_cut(listed(waiting)):
        lines += ["It is too long for a mail: all of it stands behind the links."]
    if waiting.approver and waiting.approver not in waiting.question:
        lines += [one_line(f"It takes {waiting.approver} to decide.")]
    if until:
        lines += [f"It can be answered until {until:%d %b %Y, %H:%M:%S %Z}."]
    return [*lines, ""] if lines else []


def listed(waiting: Waiting) -> dict[str, Any]:
    """The arguments that the mail shows as such: a question of the model's is its own message."""
    is_said = waiting.intent in HUMAN_INTENTS
    return {k: v for k, v in waiting.arguments.items() if not (is_said and k == "message")}


def links_to(place: str, waiting: Waiting) -> list[tuple[str, str]]:
    """They open a page, and nothing happens before a click there: scanners follow links."""
    if waiting.for_approval:
        again = waiting.reason == "in_doubt"
        yes, no = ("Run it again", "It was not done") if again else ("Approve", "Reject")
        return [(yes, f"{place}#approve"), (no, f"{place}#reject")]
    return [("Answer", place)]


def how_to_reply(waiting: Waiting) -> str:
    if waiting.for_approval and is_cut(listed(waiting)):
        return "reply to this mail: no in the first line, why below it. To approve takes its link."
    if waiting.for_approval:
        yes = "yes and nothing else" + (" runs it again" if waiting.reason == "in_doubt" else "")
        return f"reply to this mail: {yes}, or no in the first line and why below it."
    return "reply to this mail, above what it quotes."


def written(letter: Letter, mailing: Mailing, now: datetime) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = mailing.sender, letter.name.to
    mail["Subject"] = subject_line(letter.subject)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(letter.name, mailing)
    mail["Auto-Submitted"] = "auto-generated"
    for header, value in MACHINE.items():
        mail[header] = value
    if letter.answers:
        mail["In-Reply-To"] = letter.answers
        mail["References"] = " ".join([*letter.behind, letter.answers])
    mail.set_content(as_plain_text(letter))
    mail.add_alternative(as_html(letter), subtype="html")
    return mail


def subject_line(said: str) -> str:
    """Python decodes what looks encoded in a header, line ends and all, and writes it as it is."""
    line = one_line(" ".join(said.split())).replace("=?", "= ?")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def as_plain_text(letter: Letter) -> str:
    links = [f"{what}: {place}" for what, place in letter.links]
    return "\n".join([*letter.lines, *links, *([""] if links else []), *letter.below]) + "\n"


def as_html(letter: Letter) -> str:
    links = "".join(f'<p><a href="{escape(to)}">{what}</a></p>' for what, to in letter.links)
    above, below = (escape("\n".join(lines)) for lines in (letter.lines, letter.below))
    return (
        '<!doctype html><html lang="en"><body>'
        f'<pre style="white-space:pre-wrap">{above}</pre>{links}<p>{below}</p></body></html>\n'
    )
