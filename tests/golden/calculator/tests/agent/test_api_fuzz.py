"""schemathesis against the API's own OpenAPI: every call, right and wrong, and what they answer."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as api

from agent.store.filesystem import FileSystemThreadStore

from ..yours.samples import APPROVAL_STEP
from .scripted import decided, said, thread_of
from .serving import TOKEN, app_of

pytestmark = pytest.mark.slow

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
ANSWERS = [not_a_server_error, api.status_code_conformance, api.content_type_conformance]
# The router answers a 405 from one route, without the other methods of its path; and a schema
# cannot say that 1.0 is no place in a thread, or that a call id stands in one of two places.
EXCEPT = [api.allow_header_conformance, api.positive_data_acceptance]

app = app_of(token=TOKEN)
schema = schemathesis.openapi.from_dict(app.openapi())
schema.app = app


@schema.parametrize()
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
def test_every_call_answers_as_its_description_says(case: schemathesis.Case[Any]) -> None:
    answer = case.call(headers=HEADERS)
    if answer.status_code != 413:  # which is a refusal, though not in the eyes of schemathesis
        case.validate_response(answer, excluded_checks=EXCEPT)


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
