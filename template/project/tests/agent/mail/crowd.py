"""People with mailboxes who click and reply, now and then twice, while their servers fail."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from typing import Any
from zlib import crc32

from httpx2 import Client
from pydantic import SecretStr

from agent.channels.mail.signing import Name, name_in
from agent.forms import PREFIX
from agent.inbound import delivery_id

from ..crowds import EDIT, Crowd, Mind, Said, Seen
from ..somebody import NOBODY, NotNow
from .mailing import ADA, BOB, SECRET, links_in, mail_from, quoting, text_of, variables
from .servers import HERE, Mailbox, Session, Taken, imap_server, smtp_server

NAME = "email"
PEOPLE = (ADA, BOB)
BREAKS = ("LOGIN", "FETCH", "STORE", "STORE", "LOGOUT")


def who_answers(call: str) -> tuple[str, ...]:
    """Some calls one of them alone: what gets lost then is not hidden by the other's answer."""
    return ((ADA,), (BOB,), PEOPLE)[crc32(call.encode()) // 3 % 3]


def name_of(mail: EmailMessage) -> Name:
    name = name_in(str(mail["Message-ID"]), SecretStr(SECRET))
    assert name
    return name


class FailingServer(Taken):
    """It refuses, or breaks off, before and after it has taken a mail."""

    def __init__(self, mind: Mind) -> None:
        super().__init__()
        self.mind = mind

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        fault = self.mind.chance.choices(["", "refuses", "leaves", "forgets"], [75, 10, 5, 10])[0]
        self.says = ["451 not now"] if fault == "refuses" else []
        if fault != "leaves":
            answer = await super().handle_DATA(server, session, envelope)
        if fault in ("leaves", "forgets"):
            raise ConnectionResetError
        return answer


class FailingSession(Session):
    """Now and then it is late, and breaks off before or after it has done what it was asked."""

    server: "FailingMailbox"

    def setup(self) -> None:
        super().setup()
        mind = self.server.mind
        self.breaks = mind.chance.choice(BREAKS) if mind.does(0.2) else None

    def answer(self, command: str) -> None:
        breaks_off = self.breaks and self.breaks in command.upper()
        if breaks_off:
            time.sleep(0.1)
        if not breaks_off or self.server.mind.does(0.5):
            super().answer(command)
        if breaks_off:
            raise ConnectionError


class FailingMailbox(Mailbox):
    def __init__(self, mind: Mind) -> None:
        super().__init__(FailingSession)
        self.mind = mind


class WithMailboxes:
    def __init__(self, taken: Taken, box: Mailbox, mind: Mind) -> None:
        self.taken, self.box, self.mind = taken, box, mind
        self.variables = variables(
            taken.port,
            AGENT_EMAIL_TO=", ".join(PEOPLE),
            AGENT_EMAIL_IMAP=f"imap://ada:secret@{HERE}:{box.port}",
            AGENT_EMAIL_POLL="1",
        )
        self.seen = Seen()
        self.done: set[str] = set()  # the mails that they have answered, or that are settled
        self.sent: dict[int, Said | str] = {}  # their own, by place in the mailbox
        self.number = 0

    @property
    def is_content(self) -> bool:
        return len(self.box.seen) == len(self.box.mails)

    def turn(self, client: Client, threads: int) -> None:
        self.client = client
        self.notice()
        if self.number < threads:
            self.begin()
            self.box.mails.append(self.mind.chance.choice(self.box.mails))  # long after
        for mail in list(self.taken.mails):
            about = name_of(mail)
            if about.kind == "settles":
                self.done.add(str(mail["In-Reply-To"]))
            elif about.kind in ("asks", "reminds") and self.is_for_them(mail, about):
                self.answer(mail, about)

    def notice(self) -> None:
        """Which of their own mails were marked."""
        for uid in self.box.seen & self.sent.keys():
            match self.sent.pop(uid):
                case Said() as said:
                    self.seen.took(said)
                case thread_id:
                    self.seen.launched.append(thread_id)

    def is_for_them(self, mail: EmailMessage, about: Name) -> bool:
        call = f"{about.thread_id}/{about.call_id}"
        is_open = not self.done & {str(mail["Message-ID"]), str(mail["In-Reply-To"])}
        is_theirs = self.mind.is_theirs(call) and str(mail["To"]) in who_answers(call)
        return is_open and is_theirs and self.mind.does(0.3) and NOBODY not in text_of(mail)

    def begin(self) -> None:
        mail = mail_from(ADA, self.mind.begins(self.number, NAME))
        self.number += 1
        self.post(mail, delivery_id(NAME, str(mail["Message-ID"])))

    def post(self, mail: EmailMessage, about: Said | str) -> None:
        """Now and then it comes a second time."""
        self.box.mails.append(mail.as_bytes())
        self.sent[len(self.box.mails)] = about
        if self.mind.does(0.2):
            self.box.mails.append(mail.as_bytes())

    def answer(self, mail: EmailMessage, about: Name) -> None:
        address = str(mail["To"])
        said = Said(about.thread_id, about.call_id, f"{NAME}:{address}", "no")
        if "Approve: " in text_of(mail):
            said = replace(said, what=self.mind.decides())
        elif "Run it again: " not in text_of(mail):
            said = replace(said, what=self.mind.words("words by mail"))
        if said.what != "changed" and self.mind.does(0.5):
            self.seen.sent.append(said)
            self.post(mail_from(address, quoting(said.what, mail), to=mail), said)
        else:
            self.click(mail, said)
        self.done.add(str(mail["Message-ID"]))

    def click(self, mail: EmailMessage, said: Said) -> None:
        [place] = links_in(mail)
        name, value = EDIT
        form = {
            "yes": {"do": "approve"},
            "changed": {"do": "change", f"{PREFIX}{name}": value},
            "no": {"do": "reject"},
        }.get(said.what, {"do": "answer", "response": said.what})
        self.seen.sent.append(said)
        for number in range(2 if self.mind.does(0.2) else 1):
            answer = self.client.post(place, data=form, follow_redirects=False)
            if answer.status_code == 503:
                raise NotNow
            assert answer.status_code in (303, 409, 410), answer.text
            if not number:
                self.seen.took(said, counted=answer.status_code == 303)

    def saw(self) -> Seen:
        told: dict[str, set[str]] = {address: set() for address in PEOPLE}
        self.seen.asked = {address: set() for address in PEOPLE}
        for mail in self.taken.mails:
            about, address = name_of(mail), str(mail["To"])
            match about.kind:
                case "asks" | "reminds":
                    self.seen.asked[address].add(f"{about.thread_id}/{about.call_id}")
                case "settles":
                    told[address].add(str(mail["In-Reply-To"]))
                case "ends":
                    self.seen.ended.add(about.thread_id)
        self.seen.settled = set.union(*told.values())
        return self.seen


@contextmanager
def crowd(mind: Mind) -> Iterator[Crowd]:
    with smtp_server(FailingServer(mind)) as taken, imap_server(FailingMailbox(mind)) as box:
        yield WithMailboxes(taken, box, mind)
