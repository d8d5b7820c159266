"""An agent that asks by mail and takes mails, behind real mail servers of this machine."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.channels.mail.sending import Email
from agent.due import Policy, Route
from agent.events import AnyEvent
from agent.people import Approvers
from agent.thread import Thread

from ..scripted import DONE, decided
from ..serving import serving
from .servers import HERE, Taken, smtp_server

ADA, BOB, EVE = "ada@example.com", "bob@example.com", "eve@evil.example"
AGENT = "agent@example.com"
TRUSTED = "mx.example.com"
SECRET = "the-secret-that-signs-in-the-tests"
USER, PASSWORD = "postmark", "a-password-of-the-tests"
POSTMARK = f"{USER}:{PASSWORD}"
MAILGUN = "key-of-mailgun-in-the-tests"
URL = "http://127.0.0.1"


def variables(port: int, **more: str) -> dict[str, str]:
    """Everything that mail needs to be told."""
    return {
        "AGENT_EMAIL_FROM": AGENT,
        "AGENT_EMAIL_TO": ADA,
        "AGENT_EMAIL_URL": URL,
        "AGENT_EMAIL_SECRET": SECRET,
        "AGENT_EMAIL_SMTP": f"smtp://{HERE}:{port}",
        "AGENT_EMAIL_POSTMARK": POSTMARK,
        "AGENT_EMAIL_MAILGUN": MAILGUN,
        "AGENT_EMAIL_ALLOWED": f"{ADA}, {BOB}",
        "AGENT_EMAIL_TRUSTS": TRUSTED,
        **more,
    }


async def as_mailed(thread: Thread) -> AnyEvent:
    """The first mail is the script: a JSON list of steps. Behind the last one it is done."""
    first = thread.events[0]
    about: Any = first.data
    try:
        step = json.loads(about["message"])[len(thread.calls)]
    except (ValueError, LookupError):
        step = DONE
    return decided(step, f"call-{len(thread.events)}")


@dataclass
class Office:
    """The agent, seen from outside; what it has sent, and the way to write to it."""

    client: TestClient
    taken: Taken

    def post(self, mail: EmailMessage, status: int = 200) -> Any:
        """By Postmark's hook, whole."""
        body = json.dumps({"RawEmail": mail.as_bytes().decode()})
        answer = self.client.post("/hooks/email/postmark", content=body, auth=(USER, PASSWORD))
        assert answer.status_code == status, answer.text
        return answer

    def threads(self) -> list[dict[str, Any]]:
        found = self.client.get("/api/v1/threads").json()["threads"]
        return [self.client.get(f"/api/v1/threads/{each['id']}").json() for each in found]


@contextmanager
def office(
    roles: dict[str, list[str]] | None = None, parts: dict[str, Any] | None = None, **more: str
) -> Iterator[Office]:
    with smtp_server() as taken, pytest.MonkeyPatch.context() as patched:
        for name, value in variables(taken.port, **more).items():
            patched.setenv(name, value)
        ours: dict[str, Any] = {
            "channels": {"email": Email()},
            "policy": Policy((Route(channel="email"),)),
            "approvers": Approvers(roles),
        }
        with serving(as_mailed, **ours | (parts or {})) as client:
            yield Office(client, taken)


def vouched(sender: str, by: str = TRUSTED) -> str:
    return f"{by}; dkim=pass (good) header.d={sender.partition('@')[2]} header.s=k1"


def mail_from(
    sender: str,
    text: str,
    *,
    to: EmailMessage | None = None,
    subject: str = "hello",
    vouch: str | None = None,
    **headers: str,
) -> EmailMessage:
    """A mail as it is when the trusted server has taken it in; `to` one of ours, if it replies."""
    mail = EmailMessage()
    mail["Authentication-Results"] = vouched(sender) if vouch is None else vouch
    mail["From"], mail["To"], mail["Subject"] = f"Ada Lovelace <{sender}>", AGENT, subject
    mail["Message-ID"] = make_msgid(domain="example.com")
    if to:
        mail["In-Reply-To"] = mail["References"] = str(to["Message-ID"])
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def quoting(text: str, mail: EmailMessage) -> str:
    """As a mail client writes a reply: what it answers stands below, marked."""
    below = "\n".join(f"> {line}" for line in text_of(mail).splitlines())
    return f"{text}\n\nOn Mon, 2 Feb 2026 at 10:00, The Agent <{AGENT}> wrote:\n\n{below}\n"


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    return str(body.get_content())


def links_in(mail: EmailMessage) -> list[str]:
    """The paths of the links, without what leads to a place on the page."""
    found = re.findall(rf"{URL}(/email/[^\s#]+)", text_of(mail))
    return list(dict.fromkeys(found))
