"""What stands on the page behind a link: HTML as plain as can be, all of it escaped. Pure."""

import time
from base64 import b64encode
from hashlib import sha256
from html import escape

from starlette.responses import HTMLResponse

from ...forms import PREFIX, Field, form_for
from ...outcomes import became_of
from ...redaction import redact
from ...shown import arguments, visible
from ...thread import Thread
from ...waiting import Waiting
from .signing import Link

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:2em auto;padding:0 1em}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8881;padding:1em}"
    "textarea,input,select{width:100%;box-sizing:border-box;font:inherit}button{font:inherit;"
    "padding:.5em 1em;margin:.5em 0}:root{color-scheme:light dark}"
)
SAFE = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; style-src 'sha256-"
    + b64encode(sha256(STYLE.encode()).digest()).decode()
    + "'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}


def shown(link: Link, thread: Thread, status: int = 200, why: str = "") -> HTMLResponse:
    """What waits, and the forms; for a call that waits no longer, what became of it."""
    waiting = thread.asked(link.call_id)
    parts = [f"<p><strong>{text(why)}</strong></p>"] if why else []
    if waiting is None:
        became = became_of(link.call_id, thread.events) or "it waits no longer"
        parts += [f"<h1>Settled</h1><p>{text(became)}.</p><p>There is nothing to do.</p>"]
    else:
        is_over = link.until <= time.time()
        over = "<p>This link is over. What it asks still waits: ask whoever runs the agent.</p>"
        parts += [question_in(waiting), over if is_over else forms(waiting)]
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Agent</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><p>You are {text(link.address)}.</p>{''.join(parts)}</body></html>"
    )
    return HTMLResponse(page, status, SAFE)


def question_in(waiting: Waiting) -> str:
    shown = arguments(waiting.arguments, whole=True)
    lines = [f"{waiting.intent}", *(f"  {line}" for line in shown)]
    call = f"<pre>{text(chr(10).join(lines))}</pre>" if waiting.intent else ""
    role = waiting.approver
    who = f"<p>It takes {text(role)} to decide.</p>" if role else ""
    return f"<h1>{text(str(redact(waiting.question)))}</h1>{call}{who}"


def forms(waiting: Waiting) -> str:
    if not waiting.for_approval:
        choices = "".join(
            f'<p><button name="response" value="{attribute(each)}">{text(each)}</button></p>'
            for each in waiting.choices
        )
        own = words("response", "Your answer")
        return (form("answer", choices) if choices else "") + form("answer", own + button("Answer"))
    again = waiting.reason == "in_doubt"
    fields = form_for(waiting)
    edit = "".join(map(field, fields)) + button("Approve with these")
    change = f"<details><summary>Edit, then approve</summary>{form('change', edit)}</details>"
    no = "It was not done" if again else "Reject"
    return (
        form("approve", button("Run it again" if again else "Approve"))
        + (change if fields else "")
        + form("reject", words("comment", "Why? The agent reads it.") + button(no))
    )


def form(do: str, inside: str) -> str:
    hidden = f'<input type="hidden" name="do" value="{do}">'
    return f'<form method="post" id="{do}">{hidden}{inside}</form>'


def field(each: Field) -> str:
    name = attribute(PREFIX + each.name)
    if each.kind == "choice":
        inside = "".join(
            f'<option value="{attribute(one.value)}"'
            f"{' selected' if one.value == each.value else ''}>{text(one.label)}</option>"
            for one in each.choices
        )
        inside = f'<select name="{name}">{inside}</select>'
    else:
        inside = f'<textarea name="{name}" rows="2">\n{escape(each.value)}</textarea>'
    return f"<p><label>{text(each.label)}{inside}</label></p>"


def words(name: str, label: str) -> str:
    return f'<p><label>{label}<textarea name="{name}" rows="3"></textarea></label></p>'


def button(says: str) -> str:
    return f"<button>{says}</button>"


def text(said: str) -> str:
    """Others' words: nothing in them is HTML, and what cannot be seen can be."""
    return escape(visible(said.replace("\r\n", "\n"), but="\n\t"))


def attribute(value: str) -> str:
    return escape(value).replace("\n", "&#10;")
