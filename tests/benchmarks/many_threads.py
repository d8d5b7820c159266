"""So many threads that wait for a human, in the store's Postgres: `many_threads.py COUNT`.

One thread is made through the store, and its rows are written again and again, under other ids
and at other times: events and what is derived of them, as the store would write both.
"""

# It runs in the environment of a generated agent that has the stores.
# mypy: disable-error-code="import-not-found"

import asyncio
import sys
from datetime import UTC, datetime
from random import sample

import psycopg
from agent import wiring
from agent.events import HumanContacted, ToolCall, Trigger
from agent.settings import Settings
from agent.store.database.rows import row_of
from agent.thread import Thread

ASKS = {"intent": "request_more_information", "message": "which one?"}
COPIES = """
    CREATE TEMP TABLE copies AS
    SELECT gen_random_uuid() AS id, created - number * interval '10 ms' AS at
    FROM threads, generate_series(1, %s) AS number
"""
TEXT = """to_char(copies.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
THREADS = f"""
    INSERT INTO threads (id, version, status, created, due, summary)
    SELECT copies.id, version, status, copies.at, due + (copies.at - created),
        replace(replace(summary, %(id)s::text, copies.id::text), %(at)s::text, {TEXT})
    FROM copies, threads WHERE threads.id = %(id)s::uuid
"""
EVENTS = f"""
    INSERT INTO events (thread_id, seq, event)
    SELECT copies.id, seq, replace(event, %(at)s::text, {TEXT})
    FROM copies, events WHERE thread_id = %(id)s::uuid
"""


async def fill(count: int) -> None:
    settings = Settings()
    agent = wiring.with_channels(wiring.build(settings, lambda thread_id, event: None), settings)
    at = datetime.now(UTC).replace(microsecond=123_456)  # of which each copy has as many digits
    thread = Thread().append(Trigger(type="user_input", data="hello"), at=at)
    thread = thread.append(ToolCall(call_id="call-1", data=ASKS), at=at)
    told = HumanContacted(call_id="call-1", data={"channel": "inbox"})
    thread_id = await agent.store.create(thread.append(told, at=at))
    given = {"id": thread_id, "at": at.isoformat().replace("+00:00", "Z")}
    with psycopg.connect(settings.store_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # each thread is there
        for statement, values in ((COPIES, [count]), (THREADS, given), (EVENTS, given)):
            connection.execute(statement.encode(), values)
        ids = [id for (id,) in connection.execute("SELECT id::text FROM copies LIMIT 10000")]
        connection.execute("VACUUM ANALYZE threads, events")
        connection.execute("CHECKPOINT")
        for copy in sample(ids, 20):
            stored = connection.execute("SELECT * FROM threads WHERE id = %s", [copy]).fetchone()
            wanted = row_of(copy, await agent.store.get(copy), agent.policy)
            assert (copy, *(stored or ())[1:]) == tuple(vars(wanted).values()), (stored, wanted)


if __name__ == "__main__":
    asyncio.run(fill(int(sys.argv[1])))
