"""Somebody with a mailbox, who opens the link and clicks there."""

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from httpx2 import Client

from ..ways import Way, counted
from .mailing import links_in, text_of, variables
from .servers import Taken, answer_to, smtp_server

NAME = "email"


class InTheMailbox:
    def __init__(self, taken: Taken) -> None:
        self.taken = taken
        self.variables = variables(taken.port)

    def answer(self, client: Client, thread: dict[str, Any], approved: bool) -> str:
        [place] = links_in(self.mail(thread))
        form = {"do": "approve" if approved else "reject"}
        return counted(client.post(place, data=form, follow_redirects=False))

    def says(self, client: Client, thread: dict[str, Any]) -> str:
        return text_of(answer_to(self.taken, self.mail(thread)))

    def mail(self, thread: dict[str, Any]) -> EmailMessage:
        contacted = thread["awaiting"]["contacted"]
        [ref] = [each["ref"] for each in contacted if each["channel"] == NAME]
        return next(mail for mail in self.taken.mails if mail["Message-ID"] == ref)


@contextmanager
def way() -> Iterator[Way]:
    with smtp_server() as taken:
        yield InTheMailbox(taken)
