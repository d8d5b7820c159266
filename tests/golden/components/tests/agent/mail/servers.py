"""Mail servers of this machine: one that takes mails (SMTP), and one that has a mailbox (IMAP)."""

import asyncio
import re
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from time import monotonic, sleep
from typing import Any

from aiosmtpd.smtp import SMTP

HERE = "127.0.0.1"


class Taken:
    """What an SMTP server has been given; it answers with `says` as long as there is any."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.says: list[str] = []
        self.refuses: dict[str, str] = {}  # what is said of whom
        self.port = 0

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.says:
            return self.says.pop(0)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        assert envelope.rcpt_tos == [mail["To"]]
        self.mails.append(mail)
        return "250 OK"

    def wait_for(self, count: int, seconds: float = 15) -> list[EmailMessage]:
        deadline = monotonic() + seconds
        while len(self.mails) < count:
            assert monotonic() < deadline, f"{len(self.mails)} of {count} mails came"
            sleep(0.02)
        return self.mails


def answer_to(taken: Taken, mail: EmailMessage) -> EmailMessage:
    """The first that replies to this one, once it has come."""
    deadline = monotonic() + 15
    while True:
        found = (each for each in taken.mails if each["In-Reply-To"] == mail["Message-ID"])
        if answer := next(found, None):
            return answer
        assert monotonic() < deadline, "no answer came"
        sleep(0.02)


@contextmanager
def smtp_server(taken: Taken | None = None) -> Iterator[Taken]:
    taken, loop = taken or Taken(), asyncio.new_event_loop()

    async def listen() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(taken, loop=loop), HERE, 0)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    try:
        taken.port = server.sockets[0].getsockname()[1]
        yield taken
    finally:
        asyncio.run_coroutine_threadsafe(ended(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def ended(server: asyncio.Server) -> None:
    server.close()
    sessions = asyncio.all_tasks() - {asyncio.current_task()}
    for session in sessions:
        session.cancel()
    await asyncio.gather(*sessions, return_exceptions=True)


class Mailbox(socketserver.ThreadingTCPServer):
    """As much of IMAP4rev1 as it takes to find, read and mark what is new."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, session: "type[Session] | None" = None) -> None:
        super().__init__((HERE, 0), session or Session)
        self.mails: list[bytes] = []
        self.seen: set[int] = set()
        self.broken = False

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Not a word on stderr of what a session raises so as to break off."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Session(socketserver.StreamRequestHandler):
    server: Mailbox

    def say(self, *lines: str) -> None:
        for line in lines:
            self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        if self.server.broken:
            return
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            status = self.answer(command) or "OK done"
            self.say(f"{tag} {status}")
            if command.upper() == "LOGOUT":
                return

    def answer(self, command: str) -> str | None:
        """With which status it ends, if it is not OK."""
        mails, seen = self.server.mails, self.server.seen
        match command.upper().split():
            case ["CAPABILITY"]:
                self.say("* CAPABILITY IMAP4rev1")
            case ["SELECT", *_]:
                self.say(f"* {len(mails)} EXISTS", "* 0 RECENT")
            case ["LOGOUT"]:
                self.say("* BYE")
            case ["UID", "SEARCH", *_]:
                new = [str(uid) for uid in range(1, len(mails) + 1) if uid not in seen]
                self.say(f"* SEARCH {' '.join(new)}".strip())
            case ["UID", "FETCH", uid, *_]:
                [most] = re.findall(r"BODY\.PEEK\[]<0\.(\d+)>", command)
                raw = mails[int(uid) - 1][: int(most)]
                size = f"BODY[]<0> {{{len(raw)}}}"
                self.say(f"* {uid} FETCH (UID {uid} FLAGS () {size}")
                self.wfile.write(raw)
                self.say(")")
            case ["UID", "STORE", uids, *_] if re.search(r"\\Seen", command, re.I):
                seen.update(map(int, uids.split(",")))
        return None


@contextmanager
def imap_server(box: Mailbox | None = None) -> Iterator[Mailbox]:
    with box or Mailbox() as box:
        threading.Thread(target=box.serve_forever, daemon=True).start()
        try:
            yield box
        finally:
            box.shutdown()
