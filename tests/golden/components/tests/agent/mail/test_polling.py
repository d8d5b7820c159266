"""The mailbox: gone, silent, in the way of a store that fails; a mail is never lost, nor twice."""

import asyncio
import socket
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.channels.mail.polling import look
from agent.channels.mail.reading import Mail
from agent.channels.mail.receiving import receive
from agent.channels.mail.settings import Server, load_email, server_in
from agent.runner import Runner
from agent.store import StoreError
from agent.store.filesystem import FileSystemThreadStore
from agent.workers import Failed

from ..scripted import agent_of
from .mailing import ADA, as_mailed, mail_from, variables
from .servers import HERE, Mailbox, Session, imap_server
from .test_reading import BELIEVED, POISON


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables(25).items():
        monkeypatch.setenv(name, value)


def server(port: int) -> Server:
    return server_in(SecretStr(f"imap://ada:secret@{HERE}:{port}"))


def looked(port: int, store: FileSystemThreadStore, asked: Counter[str] | None = None) -> int:
    """How many threads there are after a look."""
    asked = Counter() if asked is None else asked

    async def once() -> int:
        runner = Runner(agent_of(store, as_mailed))
        try:
            await look(server(port), runner, load_email(), asked)
        finally:
            await runner.shut_down()
        return len(await store.find())

    return asyncio.run(once())


def test_what_comes_while_it_is_gone_is_there_when_it_is_back(
    told: Any, store: FileSystemThreadStore
) -> None:
    with imap_server() as box:
        box.mails.append(mail_from(ADA, "hello").as_bytes())
        box.broken = True
        with pytest.raises(Failed):
            looked(box.port, store)
        box.broken = False
        assert looked(box.port, store) == 1
        assert looked(box.port, store) == 1
        assert box.seen == {1}


@pytest.mark.parametrize("kind", POISON)
def test_a_mail_that_cannot_be_read_is_in_the_way_of_none(
    told: Any, store: FileSystemThreadStore, kind: str
) -> None:
    with imap_server() as box:
        box.mails += [BELIEVED + POISON[kind], mail_from(ADA, "hello").as_bytes()]
        assert looked(box.port, store) >= 1
        assert box.seen == {1, 2}
    assert "hello" in str(asyncio.run(store.find()))


def test_of_a_mail_that_brings_much_what_it_says_is_read(
    told: Any, store: FileSystemThreadStore
) -> None:
    mail = mail_from(ADA, "hello")
    mail.add_attachment(bytes(3_000_000), maintype="application", subtype="zip", filename="a.zip")
    with imap_server() as box:
        box.mails.append(mail.as_bytes())
        assert looked(box.port, store) == 1
    assert "hello" in str(asyncio.run(store.find())[0])


def test_what_it_does_not_give_is_asked_for_again(told: Any, store: FileSystemThreadStore) -> None:
    times = iter(["NO [SERVERBUG] try again"])

    class Busy(Session):
        def answer(self, command: str) -> str | None:
            if "FETCH" in command and (busy := next(times, None)):
                return busy
            return super().answer(command)

    with imap_server(Mailbox(Busy)) as box:
        box.mails.append(mail_from(ADA, "hello").as_bytes())
        assert looked(box.port, store) == 0
        assert box.seen == set()
        assert looked(box.port, store) == 1


@pytest.mark.parametrize("says", ["NO [SERVERBUG] never", "BAD what", None])
def test_those_that_it_never_gives_are_in_the_way_of_none(
    told: Any, store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch, says: str | None
) -> None:
    monkeypatch.setattr("agent.channels.mail.polling.AT_ONCE", 3)
    refused = {"1", "2", "3", "4", "5"}

    class Refusing(Session):
        def answer(self, command: str) -> str | None:
            if "FETCH" in command and command.split()[2] in refused:
                if says is None:
                    raise ConnectionError
                return says
            return super().answer(command)

    asked = Counter[str]()
    with imap_server(Mailbox(Refusing)) as box:
        box.mails += [mail_from(ADA, f"hello {number}").as_bytes() for number in range(8)]
        for _ in range(8):
            with suppress(Failed):
                looked(box.port, store, asked)
        assert box.seen == {6, 7, 8}
        assert set(asked) == refused
        refused -= {"5"}  # it is asked for again, however many are not given
        for _ in range(8):
            with suppress(Failed):
                looked(box.port, store, asked)
        assert box.seen == {5, 6, 7, 8}
        assert set(asked) == refused


class HangingUp(Session):
    def answer(self, command: str) -> str | None:
        if command.upper() == "LOGOUT":
            raise ConnectionError
        return super().answer(command)


def test_one_that_hangs_up_in_place_of_a_goodbye_has_done_its_work(
    told: Any, store: FileSystemThreadStore
) -> None:
    with imap_server(Mailbox(HangingUp)) as box:
        box.mails.append(mail_from(ADA, "hello").as_bytes())
        assert looked(box.port, store) == 1
        assert box.seen == {1}


def test_one_that_says_nothing_is_not_waited_for(
    told: Any, store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.channels.mail.polling.PATIENCE", 0.6)
    with socket.create_server((HERE, 0)) as silent, pytest.raises((Failed, TimeoutError)):
        looked(silent.getsockname()[1], store)


def test_a_mail_that_could_not_be_stored_comes_again(
    told: Any, store: FileSystemThreadStore, tmp_path: Path
) -> None:
    with imap_server() as box:
        box.mails.append(mail_from(ADA, "hello").as_bytes())
        (tmp_path / "full").write_text("a file where the folder was")
        with pytest.raises(StoreError):
            looked(box.port, FileSystemThreadStore(tmp_path / "full"))
        assert box.seen == set()
        assert looked(box.port, store) == 1
        assert box.seen == {1}


def test_a_mail_that_comes_again_after_a_crash_is_the_same(
    told: Any, store: FileSystemThreadStore
) -> None:
    with imap_server() as box:
        box.mails.append(mail_from(ADA, "hello").as_bytes())
        looked(box.port, store)
        box.seen.clear()  # it was stored, and not marked
        assert looked(box.port, store) == 1


def test_whoever_fetches_many_signs_in_twice(told: Any, store: FileSystemThreadStore) -> None:
    signed_in: list[str] = []

    class Counting(Session):
        def answer(self, command: str) -> None:
            signed_in.extend([command] if command.upper().startswith("LOGIN") else [])
            super().answer(command)

    with imap_server(Mailbox(Counting)) as box:
        box.mails += [mail_from(ADA, f"hello {number}").as_bytes() for number in range(5)]
        assert looked(box.port, store) == 5
        assert box.seen == {1, 2, 3, 4, 5}
        assert len(signed_in) == 2


def test_what_came_before_one_that_could_not_be_stored_is_marked(
    told: Any, store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told twice, say, that their mail was not clear."""

    async def fails(mail: Mail, *about: Any) -> None:
        if "third" in mail.text:
            raise StoreError
        await receive(mail, *about)

    monkeypatch.setattr("agent.channels.mail.polling.receive", fails)
    with imap_server() as box:
        box.mails += [mail_from(ADA, each).as_bytes() for each in ("first", "second", "third")]
        with pytest.raises(StoreError):
            looked(box.port, store)
        assert box.seen == {1, 2}
