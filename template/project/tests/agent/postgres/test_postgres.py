"""A real Postgres that goes and comes back, or is the wrong one."""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from starlette.testclient import TestClient

from agent.parts import Agent
from agent.runner import Runner
from agent.server.app import create_app
from agent.settings import Settings
from agent.store import Busy, NotStored, StoreError, Unusable
from agent.store.opening import open_store
from agent.store.postgres import PostgresThreadStore
from agent.store.postgres.connecting import set_up
from agent.store.postgres.rows import PostgresRows
from agent.terminal import cli
from agent.thread import Thread

from ...yours.samples import SAFE_STEP
from ..postgres_servers import GIVEN, as_user, fresh_url, server, started
from ..processes import python
from ..scripted import DONE, NOON, agent_of, error, model_that_says, said, thread_of, types
from ..serving import HERE, THREADS, as_told, told
from ..stores import created, held, read

ours_to_stop = pytest.mark.skipif(GIVEN is not None, reason="that server is not ours to stop")


def one_more(thread: Thread) -> Thread:
    return thread.append(error(), at=NOON)


@pytest.fixture
def store() -> PostgresThreadStore:
    set_up(url := fresh_url())
    return PostgresThreadStore(url)


def wrong() -> dict[str, tuple[str, str]]:
    """What can be wrong with an address, and what is said of it."""
    parts = urlsplit(server())
    return {
        "no server": ("postgresql://u:secret-word@127.0.0.1:9/x", "Connection refused"),
        "no database": (parts._replace(path="/nowhere").geturl(), "does not exist"),
        "no user": (as_user("nobody_here", "secret-word"), "does not exist|failed"),
        "no schema": (fresh_url(), "run `agent migrate`"),
        "no address": ("postgresql://u:secret-word%@h:x/y", "no address of a Postgres"),
        "no end": ("postgresql://u:hunter@secret-word@h/y", "no address of a Postgres"),
        "no port": ("postgresql://u:secret-word@127.0.0.1:99999/x", "invalid port number"),
        "no sslmode": (f"{fresh_url()}&sslmode=bogus", "invalid sslmode value"),
        "no option": (f"{fresh_url()}&options=-cbogus%3D1", "unrecognized"),
        "no setting": ("postgresql://u:secret-word@h/y?nonsense=1", "no address of a Postgres"),
    }


KINDS = [
    "no server",
    "no database",
    "no user",
    "no schema",
    "no address",
    "no end",
    "no port",
    "no sslmode",
    "no option",
    "no setting",
]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_is_one_line_at_once_and_no_password(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url, says = wrong()[kind]
    begun = time.monotonic()
    with pytest.raises(NotStored, match=says) as found:
        asyncio.run(open_store(url, "xml").find())
    assert isinstance(found.value, Unusable) == (kind != "no server")
    monkeypatch.setenv("AGENT_STORE_URL", url)
    for command in (["threads"], ["serve"], ["check"], ["a message"]):
        if command == ["serve"] and kind == "no server":
            continue  # it waits for it
        with pytest.raises(SystemExit) as left:
            cli.main(command)
        assert left.value.code == 2
        told = capsys.readouterr()
        assert told.err.count("\n") == 1
        assert "secret-word" not in f"{told}{found.value}"
    assert time.monotonic() - begun < 5


def test_one_after_the_other_has_one_connection_and_one_that_is_lost_takes_the_idle_along(
    store: PostgresThreadStore,
) -> None:
    thread_id, rows = created(store), cast(PostgresRows, store.rows)
    for _ in range(8):
        asyncio.run(store.update(thread_id, one_more))
        assert read(store, thread_id)
    assert len(rows._idle) == 1
    with rows._connection(), rows._connection(), rows._connection():
        assert rows._idle == []
    ended = [idle.info.backend_pid for idle in rows._idle]
    assert len(ended) == 3
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) pid", (ended,))
    asyncio.run(store.update(thread_id, one_more))
    assert len(rows._idle) == 1
    assert len(read(store, thread_id).events) == 10


def test_who_may_not_write_is_told_so(store: PostgresThreadStore) -> None:
    rows: Any = store.rows
    schema = rows.url.rpartition("%3D")[2]
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {schema} LOGIN".encode())
        connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {schema}".encode())
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {schema}".encode())
    reader = PostgresThreadStore(f"{as_user(schema)}&options=-csearch_path%3D{schema}")
    thread_id = created(store)
    assert read(reader, thread_id)
    with pytest.raises(Unusable, match="permission denied"):
        asyncio.run(reader.update(thread_id, one_more))
    with pytest.raises(StoreError, match="permission denied"):
        set_up(f"{as_user(schema)}&options=-csearch_path%3D{schema}_nowhere,public")


def test_every_letter_is_kept_whatever_the_environment_says_of_them(
    store: PostgresThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    thread = thread_of(said("\U0001f600"))
    assert read(store, created(store, thread)) == thread


def test_a_database_of_another_encoding_is_refused() -> None:
    """It would take all but what it has no letters for, such as an emoji."""
    name = f"test_{uuid4().hex}"
    url = urlsplit(server())._replace(path=f"/{name}").geturl()
    with psycopg.connect(server(), autocommit=True) as connection:
        made = f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
        connection.execute(made.encode())
        try:
            with pytest.raises(Unusable, match="has the encoding LATIN1 and needs UTF8"):
                set_up(url)
            with pytest.raises(Unusable, match="has the encoding LATIN1 and needs UTF8"):
                asyncio.run(PostgresThreadStore(url).find())
        finally:
            connection.execute(f"DROP DATABASE {name}".encode())


@pytest.fixture
def apart() -> Iterator[Path]:
    """A server of this test alone, which it may stop."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
        stopped(Path(folder))


def stopped(folder: Path) -> None:
    """At once, as when its machine is switched off."""
    file = folder / "postmaster.pid"
    if file.exists():
        pid = int(file.read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        while file.exists() and Path(f"/proc/{pid}").exists():
            time.sleep(0.02)


@pytest.mark.slow
@ours_to_stop
def test_who_gives_no_password_is_told_so_for_good(
    apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, asked = started(apart), apart / "pg_hba.conf"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE asked LOGIN PASSWORD 'secret-word'")
        asked.write_text(f"local all asked scram-sha-256\n{asked.read_text()}")
        connection.execute("SELECT pg_reload_conf()")
    monkeypatch.delenv("PGPASSWORD", raising=False)
    with pytest.raises(Unusable, match="no password supplied"):
        asyncio.run(PostgresThreadStore(url.replace("postgres:@", "asked@")).find())


@pytest.mark.slow
@ours_to_stop
def test_a_server_that_comes_back_was_waited_for(apart: Path) -> None:
    set_up(url := started(apart))
    store = PostgresThreadStore(url)
    thread_id = created(store)

    async def meanwhile() -> list[Thread]:
        async with store.lease(thread_id):
            stopped(apart)
            waiting = asyncio.gather(
                *(store.update(thread_id, one_more) for _ in range(3)), store.get(thread_id)
            )
            await asyncio.sleep(0.3)
            await asyncio.to_thread(started, apart)
            await waiting
            await asyncio.sleep(2.5)  # by now the lease is taken again
            with pytest.raises(Busy):
                await held(PostgresThreadStore(url), thread_id)
        return []

    asyncio.run(meanwhile())
    asyncio.run(held(store, thread_id))
    assert types(read(PostgresThreadStore(url), thread_id)) == ["user_input"] + ["error"] * 3


@pytest.mark.slow
@ours_to_stop
def test_a_server_that_stays_away_is_told_of_and_nothing_is_half_done(apart: Path) -> None:
    set_up(url := started(apart))
    store = PostgresThreadStore(url, patience=0.5)
    thread_id = created(store)
    stopped(apart)
    for use in (store.update(thread_id, one_more), store.get(thread_id), held(store, thread_id)):
        with pytest.raises(NotStored, match="cannot be used"):
            asyncio.run(use)
    started(apart)
    assert types(read(store, thread_id)) == ["user_input"]
    asyncio.run(held(store, thread_id))


@pytest.mark.slow
@ours_to_stop
def test_a_server_of_ours_outlives_it(apart: Path) -> None:
    """Who asks meanwhile is told, and what is asked afterwards is done."""
    set_up(url := started(apart))
    store = PostgresThreadStore(url, patience=0.3)
    app = create_app(Settings(), agent_of(store, as_told))
    with TestClient(app, "http://127.0.0.1", client=HERE) as client:
        assert client.post(THREADS, json=told(SAFE_STEP)).status_code == 202
        stopped(apart)
        for answer in (client.post(THREADS, json=told(SAFE_STEP)), client.get(THREADS)):
            assert answer.status_code == 503
            assert "the store was lost" in answer.json()["detail"]
        assert client.get("/healthz").status_code == 200
        started(apart)
        assert client.post(THREADS, json=told(SAFE_STEP)).status_code == 202
        assert len(client.get(THREADS).json()["threads"]) == 2


@pytest.mark.slow
@ours_to_stop
def test_a_thread_goes_on_where_its_database_was_lost(apart: Path) -> None:
    set_up(url := started(apart))

    async def slow(tool: object, call_id: str) -> int:
        await asyncio.to_thread(stopped, apart)
        return 7

    async def run(agent: Agent) -> Thread:
        runner = Runner(agent, patient=True)
        thread_id = await runner.launch(said())
        await asyncio.sleep(1.5)
        await asyncio.to_thread(started, apart)
        await runner.wait(thread_id, 20)
        thread = await agent.store.get(thread_id)
        await runner.shut_down()
        return thread

    store = PostgresThreadStore(url, patience=0.5)
    thread = asyncio.run(
        run(agent_of(store, model_that_says(SAFE_STEP, DONE), handle_next_step=slow))
    )
    assert types(thread) == ["user_input", "tool_call", "tool_response", "tool_call"]
    assert thread.status == "done"


@pytest.mark.slow
def test_who_had_a_lease_has_it_after_a_cut(store: PostgresThreadStore) -> None:
    """The server's side of what was cut lives on, and is ended before the lease is taken again."""
    rows: Any = store.rows
    thread_id, other = created(store), PostgresThreadStore(rows.url)

    async def cut() -> None:
        async with store.lease(thread_id):
            cut_off, store._leases._connection = store._leases._connection, None
            await asyncio.sleep(2.5)
            assert cut_off
            with pytest.raises(Busy):
                await held(other, thread_id)
        await held(store, thread_id)
        await held(other, thread_id)

    asyncio.run(cut())


@pytest.mark.slow
def test_who_has_lost_a_lease_to_another_is_stopped(store: PostgresThreadStore) -> None:
    """What they do under it is cancelled, and what it raises by itself is raised."""
    rows: Any = store.rows
    thread_id, other, had = created(store), PostgresThreadStore(rows.url), list[str]()

    async def lose() -> None:
        async with store.lease(thread_id):
            ended = store._leases._connection
            assert ended
            ended.close()
            while True:  # Postgres knows in a moment that the connection is gone
                with suppress(Busy):
                    async with other.lease(thread_id):
                        had.append(thread_id)
                        await asyncio.sleep(60)
                        pytest.fail("it went on")
                await asyncio.sleep(0.02)

    async def fail() -> None:
        async with store.lease(thread_id):
            raise TimeoutError

    for work, raised in ((lose, Busy), (fail, TimeoutError)):
        with pytest.raises(raised):
            asyncio.run(work())
    assert had


MIGRATE = "import sys; from agent.store.postgres.connecting import set_up; set_up(sys.argv[1])"


@pytest.mark.slow
def test_many_that_migrate_at_once_wait_for_one(store: PostgresThreadStore) -> None:
    url = fresh_url()
    came = [python(MIGRATE, url) for _ in range(4)]
    assert [each.wait() for each in came] == [0] * 4
    created(PostgresThreadStore(url))
