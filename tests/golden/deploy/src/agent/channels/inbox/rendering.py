"""Pages as HTML: all text is escaped, and nothing is loaded but what is our own."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from ...cache import Cache
from ...redaction import our_secrets, redact
from ...sessions import COOKIE
from ...shown import quoted, visible

# A thread is shown again with every event, and looking for secrets takes a second for a megabyte.
_redacted: Cache[tuple[str, frozenset[str]], str] = Cache(16_000_000)

LONGEST = 10_000  # characters of one event that are shown
HERE = Path(__file__).parent
STATIC = {path.name: path.read_bytes() for path in sorted((HERE / "static").iterdir())}
VERSION = sha256(b"".join(STATIC.values())).hexdigest()[:12]

SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with that a browser sends `Origin: null` along with a form of our own.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def page(request: Request, template: str, status: int = 200, **about: Any) -> HTMLResponse:
    caller = getattr(request.state, "caller", None)
    text = templates.get_template(template).render(
        root=request.scope.get("root_path", ""),
        app=request.app.title,
        version=VERSION,
        person=caller.person if caller else None,
        may=caller.scopes if caller else frozenset(),
        signed_in=caller is not None and COOKIE in request.cookies,
        **about,
    )
    return HTMLResponse(text, status, SAFE)


def to(request: Request, path: str) -> RedirectResponse:
    """Behind a form: whoever reloads what they see then sends nothing again."""
    return RedirectResponse(request.scope.get("root_path", "") + path, 303, SAFE)


def visibly(text: str) -> str:
    """Others' words, in which whatever cannot be seen can be."""
    return visible(text.replace("\r\n", "\n"), but="\n\t")


def redacted(value: Any) -> str:
    """Any JSON over several lines, without its secrets; a text as it is."""
    body, own = json.dumps(value), our_secrets()
    if known := _redacted.get((body, own)):
        return known
    shown = redact(json.loads(body), own)
    if not isinstance(shown, str):
        shown = json.dumps(shown, ensure_ascii=False, indent=2)
    made = visibly(shown)
    return _redacted.keep((body, own), made, 4 * (len(body) + len(made)))


def cut(text: str) -> str:
    """The beginning of what is long; what the model sees has all of it."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"


def at_once(at: datetime | None) -> str:
    """For machines, such as the script that says it in the reader's own zone."""
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""


def when(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%d %b %Y, %H:%M:%S UTC") if at else ""


def ago(at: datetime | None, now: datetime) -> str:
    """How long since, or until then, to the largest unit."""
    seconds = int((now - at).total_seconds()) if at else 0
    if abs(seconds) < 10:
        return "just now"
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    name, length = next(unit for unit in units if abs(seconds) >= unit[1])
    much = f"{abs(seconds) // length} {name}"
    return f"{much} ago" if seconds > 0 else f"in {much}"


def a_line(text: str, longest: int = 140) -> str:
    """The beginning of what somebody said, on one line."""
    line = " ".join(redacted(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters |= {
    "visibly": visibly,
    "redacted": redacted,
    "cut": cut,
    "quoted": quoted,
    "iso": at_once,
    "when": when,
    "ago": ago,
    "a_line": a_line,
}
