"""Deploying and rolling back, each call once, with a line in the history for every change."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from filelock import FileLock

from .files import private
from .releases import DEPLOYED, Environment, Service, release_of, serve, served, tag_of
from .repository import tag_named

HISTORY = DEPLOYED / "history.jsonl"
PATIENCE = 60  # seconds that another process may deploy
Action = Literal["deploy", "rollback"]


def status(environment: Environment) -> dict[str, str]:
    """The tag of each service that is served there."""
    found = {service: tag_of(served(service, environment)) for service in get_args(Service)}
    return {"environment": environment, **found}


def deploy(call_id: str, service: Service, tag: str, environment: Environment) -> dict[str, str]:
    """Once per call id. Raises ValueError for a tag that is none, and OSError."""
    with locked():
        if done := answered(call_id):
            return done
        return change(call_id, "deploy", service, environment, release_of(tag_named(tag)))


def rollback(call_id: str, service: Service, environment: Environment) -> dict[str, str]:
    """Put back what was there before, once per call id. Raises ValueError or OSError."""
    with locked():
        if done := answered(call_id):
            return done
        known = releases(service, environment)
        if len(known) < 2:
            raise ValueError(f"there is no earlier {service} in {environment} to roll back to")
        # The one before is served already if a crash came between the two lines of `change`.
        if served(service, environment) not in known[-2:]:
            there = f"the {service} in {environment} is not what the history ends with"
            raise ValueError(f"{there}: deploy the tag that is wanted")
        return change(call_id, "rollback", service, environment, known[-2])


def change(
    call_id: str, action: Action, service: Service, environment: Environment, release: str
) -> dict[str, str]:
    entry = {"call_id": call_id, "at": datetime.now(UTC).isoformat(), "action": action}
    entry |= {"service": service, "environment": environment, "release": release}
    entry |= {"before": served(service, environment)}
    serve(service, environment, release)
    append(entry)
    return answer(entry)


def releases(service: Service, environment: Environment) -> list[str]:
    """What was deployed there, without what was rolled back; the last one should be there now."""
    known: list[str] = []
    for entry in read():
        if (entry["service"], entry["environment"]) != (service, environment):
            continue
        if entry["action"] == "rollback":
            known.pop()
        elif known[-1:] != [entry["release"]]:
            known.append(entry["release"])
    return known


def answered(call_id: str) -> dict[str, str] | None:
    """What this call was answered, if it is in the history."""
    return next((answer(entry) for entry in read() if entry["call_id"] == call_id), None)


def answer(entry: dict[str, Any]) -> dict[str, str]:
    """What the model has to know; the history has the rest."""
    about = {"service": entry["service"], "environment": entry["environment"]}
    return about | {"deployed": tag_of(entry["release"]), "before": tag_of(entry["before"])}


def read() -> list[dict[str, Any]]:
    lines = HISTORY.read_text("utf-8").splitlines() if HISTORY.exists() else []
    return [json.loads(line) for line in lines]


def append(entry: dict[str, Any]) -> None:
    with open(HISTORY, "a", encoding="utf-8", opener=private) as history:
        history.write(json.dumps(entry) + "\n")
        history.flush()
        os.fsync(history.fileno())


@contextmanager
def locked() -> Iterator[None]:
    DEPLOYED.mkdir(exist_ok=True)
    with FileLock(DEPLOYED / ".lock", PATIENCE, mode=0o600):
        yield
