"""In by IMAP: looks into the mailbox now and then, for as long as the server runs.

A mail is marked as seen once what it says is stored. Where that fails it comes again, and the same
mail twice is one.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from imaplib import IMAP4

from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

from ...errors import format_error
from ...log import logger
from ...runner import Runner
from ...store import StoreError
from ...workers import Failed, run_apart
from .reading import MOST, NoMail, beginning_of
from .receiving import receive
from .settings import EmailSettings, Server, load_email, missing, server_in

PATIENCE = 60.0  # seconds for one look
AT_ONCE = 20  # mails of one look
LONGEST = 600.0  # seconds between two looks, when they fail


@dataclass(frozen=True)
class Found:
    uid: str
    raw: bytes


async def poll(runner: Runner) -> None:
    """Until it is cancelled; at once back where there is no mailbox to look into."""
    settings = load_email()
    if settings.email_imap is None or missing(settings):
        return
    server, pause = server_in(settings.email_imap), float(settings.email_poll)
    asked = Counter[str]()
    while True:
        try:
            await look(server, runner, settings, asked)
            pause = float(settings.email_poll)
        except (Failed, TimeoutError, StoreError) as problem:
            logger().warning("mail_not_fetched", problem=format_error(problem))
            pause = min(pause * 2, max(LONGEST, settings.email_poll))
        await asyncio.sleep(pause)


async def look(
    server: Server, runner: Runner, settings: EmailSettings, asked: Counter[str]
) -> None:
    """`asked` counts, for each mail, how often it was asked for in vain. Raises Failed and
    TimeoutError where the mailbox, and StoreError where the store fails.
    """
    stored = list[str]()
    try:
        for each in await run_apart(partial(unseen, server, asked), PATIENCE):
            await take(each, runner, settings)
            stored.append(each.uid)
    finally:  # those before it, where one fails
        if stored:
            await run_apart(partial(mark, server, stored), PATIENCE)


async def take(found: Found, runner: Runner, settings: EmailSettings) -> None:
    try:
        mail = await asyncio.to_thread(beginning_of, found.raw)
    except NoMail as fault:
        logger().warning("mail_ignored", problem=str(fault))
    else:
        await receive(mail, runner, settings)


async def unseen(server: Server, asked: Counter[str]) -> Sequence[Found]:
    """In a thread of its own, which it holds up. Those that it asked for in vain come last, so that
    they are in the way of none. Where one ends it all, those before it are there.
    """
    found, until = list[Found](), time.monotonic() + PATIENCE / 2
    with mailbox(server) as box:
        uids = box.uids(AND(seen=False))
        for uid in asked.keys() - set(uids):
            del asked[uid]
        for uid in sorted(uids, key=lambda uid: asked[uid])[:AT_ONCE]:
            if found and time.monotonic() > until:
                break
            asked[uid] += 1
            try:
                raw = raw_of(box, uid)
            except (IMAP4.error, OSError) as problem:
                if not found and asked[uid] == 1:  # it may be the mailbox; else it is this mail
                    raise
                logger().warning("mail_not_fetched", problem=f"{uid}: {format_error(problem)}")
                break
            if raw is not None:
                found.append(Found(uid, raw))
                del asked[uid]
    return found


def raw_of(box: BaseMailBox, uid: str) -> bytes | None:
    """Its first bytes, None where the server does not give them: then it comes another time. Not by
    `fetch`, which parses each, and ends all at the first that cannot be.
    """
    status, said = box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST}>)")
    raw = next((bytes(each[1]) for each in said if isinstance(each, tuple)), None)
    if status != "OK" or raw is None:
        logger().warning("mail_not_fetched", problem=f"{uid}: {status} {said!r:.200}")
        return None
    return raw


async def mark(server: Server, uids: Sequence[str]) -> None:
    """All at once: a server can take its time for each who signs in."""
    with mailbox(server) as box:
        box.client.uid("STORE", ",".join(uids), "+FLAGS", r"(\Seen)")  # `flag` expunges as well


@contextmanager
def mailbox(server: Server) -> Iterator[BaseMailBox]:
    kinds = {"tls": MailBox, "starttls": MailBoxStartTls, "none": MailBoxUnencrypted}
    box = kinds[server.security](server.host, server.port, timeout=PATIENCE / 3)
    try:
        box.login(server.user, server.password, server.folder)
        yield box
    finally:
        with suppress(IMAP4.error, OSError):  # some hang up at once, and what was done is done
            box.logout()
