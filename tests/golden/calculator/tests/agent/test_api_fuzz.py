"""schemathesis against the API's own OpenAPI: every call, right and wrong, and what they answer."""

import asyncio
import time
from base64 import b64encode
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from pydantic import SecretStr
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as api
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.discovery import brought
from agent.hooks import Signed
from agent.server.app import create_app
from agent.settings import Settings
from agent.signatures import ID, NAMES, headers_for, keys_in
from agent.store.filesystem import FileSystemThreadStore

from ..yours.samples import APPROVAL_STEP
from .scripted import agent_of, decided, said, thread_of
from .serving import TOKEN, app_of, as_told

pytestmark = pytest.mark.slow

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
ANSWERS = [not_a_server_error, api.status_code_conformance, api.content_type_conformance]
# The router answers a 405 from one route, without the other methods of its path; and a schema
# cannot say that 1.0 is no place in a thread, or that a call id stands in one of two places.
EXCEPT = [api.allow_header_conformance, api.positive_data_acceptance]
# A channel of yours may take "1" and false for a number, as pydantic does where it is not strict.
LENIENT = {route.path for each in brought("routes") for route in each.routes}

app = app_of(token=TOKEN)
schema = schemathesis.openapi.from_dict(app.openapi())
schema.app = app
schema.config.generation.with_security_parameters = False  # the token is there, whatever is tried


@schema.parametrize()
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
def test_every_call_answers_as_its_description_says(case: schemathesis.Case[Any]) -> None:
    answer = case.call(headers=HEADERS)
    if answer.status_code != 413:  # which is a refusal, though not in the eyes of schemathesis
        lenient = [api.negative_data_rejection] if case.path in LENIENT else []
        case.validate_response(answer, excluded_checks=[*EXCEPT, *lenient])


# Whoever follows a thread that waits waits with it.
@schema.include(path_regex="thread_id").exclude(path_regex="/events$").parametrize()
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
def test_so_does_every_call_about_a_thread_that_waits(
    case: schemathesis.Case[Any], store: FileSystemThreadStore
) -> None:
    waiting = thread_of(said(), decided(APPROVAL_STEP))
    case.path_parameters = {"thread_id": asyncio.run(store.create(waiting))}
    if isinstance(case.body, dict) and "call_id" in case.body:
        case.body["call_id"] = "1"
    case.call_and_validate(headers=HEADERS, checks=ANSWERS)


SECRET = f"whsec_{b64encode(bytes(32)).decode()}"


class Signing:
    """Signs whatever is sent to the app, as its sender would."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        sent = {name.decode("latin-1"): value for name, value in scope["headers"]}
        name = sent.get(ID, str(uuid4()).encode()).decode("latin-1")
        signed = headers_for(keys_in(SECRET), name, int(time.time()), body)
        others = [each for each in scope["headers"] if each[0].decode("latin-1") not in NAMES]
        ours = [(key.encode(), value.encode("latin-1")) for key, value in signed.items()]

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app({**scope, "headers": [*others, *ours]}, again, send)


behind = create_app(
    Settings(webhook_secret=SecretStr(SECRET), max_requests=10**6),
    agent_of(FileSystemThreadStore(Path(".threads")), as_told),
)
description = behind.openapi()
hooks = [route for each in brought("routes") for route in each.routes if isinstance(route, Signed)]
for hook in hooks:
    del description["paths"][hook.path]["post"]["security"]  # whatever a case leaves out is signed
signed = schemathesis.openapi.from_dict(description)
signed.app = Signing(behind)


@signed.include(path=[hook.path for hook in hooks]).parametrize()
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
def test_so_does_every_call_of_who_signs(case: schemathesis.Case[Any]) -> None:
    answer = case.call()
    if answer.status_code != 413:
        case.validate_response(answer, excluded_checks=EXCEPT)
