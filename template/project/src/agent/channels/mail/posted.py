"""In by the webhooks of Postmark and Mailgun. Who posts is known before anything else is read."""

import asyncio
import hmac
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from time import time
from urllib.parse import parse_qsl
from weakref import WeakKeyDictionary

from fastapi import APIRouter, HTTPException, Request
from pydantic import SecretStr

from ...cache import Cache
from ...inbound import Running
from ...log import logger
from .reading import Mail, NoMail, from_mailgun, from_postmark
from .receiving import receive
from .settings import EmailSettings, load_email, missing, secrets_in

OLDEST = 15 * 60  # seconds: Mailgun tries again after ten minutes
MAX_FIELDS = 1_000
FEW = 2  # mails of that length that are read at once
LARGEST = 40_000_000  # bytes of what Postmark posts, attachments and all
OK = {"status": "ok"}
BOUNDARY = re.compile(r"boundary=\"?([\w'()+,./:=?-]{1,70})", re.ASCII | re.IGNORECASE)
NAME = re.compile(
    rb'^content-disposition:[^\n]*[; ]name="([^"\r\n]{1,200})"', re.IGNORECASE | re.MULTILINE
)
HEAD = 1_000  # bytes of a part's headers that are looked at

# Mailgun signs its time and token alone, so each is good for one body. This process remembers.
_seen: Cache[str, str] = Cache(1_000_000)
_few = WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]()

router = APIRouter()


@router.post("/hooks/email/postmark")
async def postmark(request: Request, runner: Running) -> dict[str, str]:
    """Postmark signs nothing: it sends the user and password that stand in the hook's address."""
    settings = load_email()
    secrets = used(settings.email_postmark, settings)
    if not is_postmark(request.headers.getlist("authorization"), secrets):
        raise HTTPException(401, "this has not the user and password of AGENT_EMAIL_POSTMARK")
    request.state.max_body = LARGEST
    async with few():
        body = await body_of(request)
        try:
            mail = await asyncio.to_thread(from_postmark, body)
        except NoMail as fault:
            raise HTTPException(422, str(fault)) from None
    return await taken(mail, runner, settings)


def few() -> asyncio.Semaphore:
    """Who reads one: it can take four times its length in memory."""
    return _few.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(FEW))


@router.post("/hooks/email/mailgun")
async def mailgun(request: Request, runner: Running) -> dict[str, str]:
    """Mailgun signs in its form, of which nothing but the signature is looked at before."""
    settings = load_email()
    keys, body = used(settings.email_mailgun, settings), await body_of(request)
    form = fields_in(body, request.headers.get("content-type", ""))
    if not is_mailgun(form, keys, time()) or not is_its_first(form["token"], body):
        raise HTTPException(401, "this is not signed with AGENT_EMAIL_MAILGUN, or it is old")
    try:
        mail = await asyncio.to_thread(from_mailgun, form, body)
    except NoMail as fault:
        raise HTTPException(406, str(fault)) from None  # which Mailgun does not try again
    return await taken(mail, runner, settings)


async def body_of(request: Request) -> bytes:
    """What is not taken here is told to no human: it is logged."""
    try:
        return await request.body()
    except HTTPException as fault:
        logger().warning("mail_not_taken", problem=fault.detail)
        raise


async def taken(mail: Mail, runner: Running, settings: EmailSettings) -> dict[str, str]:
    await receive(mail, runner, settings)
    return OK


def used(secrets: SecretStr | None, settings: EmailSettings) -> list[bytes]:
    if secrets is None or missing(settings):
        raise HTTPException(404, "this hook is not in use: the settings of AGENT_EMAIL_ say so")
    return [each.get_secret_value().encode() for each in secrets_in(secrets)]


def is_postmark(sent: Sequence[str], secrets: Sequence[bytes]) -> bool:
    """Basic authentication; a secret is `user:password`."""
    scheme, _, text = sent[0].partition(" ") if len(sent) == 1 else ("", "", "")
    try:
        given = b64decode(text, validate=True)
    except ValueError:
        return False
    return scheme.lower() == "basic" and bool(
        sum(hmac.compare_digest(given, each) for each in secrets)
    )


def is_mailgun(form: Mapping[str, str], keys: Sequence[bytes], now: float) -> bool:
    at, token, given = (form.get(name, "") for name in ("timestamp", "token", "signature"))
    if not re.fullmatch(r"[0-9]{1,12}", at) or not token or abs(now - int(at)) > OLDEST:
        return False
    ours = [hmac.new(key, f"{at}{token}".encode(), "sha256").hexdigest() for key in keys]
    return bool(sum(hmac.compare_digest(given.encode(), one.encode()) for one in ours))


def is_its_first(token: str, body: bytes) -> bool:
    """Whether this token has come with no other body; the same again is the same delivery."""
    whose = sha256(body).hexdigest()
    return (_seen.get(token) or _seen.keep(token, whose, len(token) + len(whose))) == whose


def fields_in(body: bytes, content_type: str) -> dict[str, str]:
    """Nothing where it is no form. Of two fields of one name, the first."""
    try:
        pairs = parts_in(body, content_type) if "multipart" in content_type.lower() else None
        if pairs is None:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except (ValueError, LookupError):
        return {}
    return dict(reversed(pairs))


def parts_in(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """The fields of a form that has files; a file is none. Raises ValueError.

    Nobody has signed it yet: Python's own parser takes the square of the time, and calls itself.
    """
    found = BOUNDARY.search(content_type)
    mark = b"\r\n--" + found[1].encode() if found else b""
    parts = (b"\r\n" + body).split(mark, MAX_FIELDS)[1:] if mark else []
    fields = []
    for head, _, value in (part.partition(b"\r\n\r\n") for part in parts):
        name = NAME.search(head[:HEAD])
        if name and b"filename" not in head[:HEAD].lower():
            fields.append((name[1].decode(), value.decode()))
    return fields
