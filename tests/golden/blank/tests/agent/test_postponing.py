"""Not now: whoever is asked says when they want to be asked again."""

from datetime import timedelta
from typing import Any

import pytest

from ..yours.samples import APPROVAL_STEP
from .scripted import DONE, NOON, QUESTION, model_that_says
from .serving import launch, serving

TOMORROW = (NOON + timedelta(days=1)).isoformat()


def path_of(thread: dict[str, Any], call: str) -> str:
    return f"/api/v1/threads/{thread['id']}/{call}"


@pytest.mark.parametrize("step", [QUESTION, APPROVAL_STEP])
def test_it_is_put_off_and_can_be_answered_all_the_same(step: dict[str, Any]) -> None:
    with serving(model_that_says(step, DONE)) as client:
        thread = launch(client)
        call = {"call_id": thread["awaiting"]["call_id"]}
        answered = client.post(path_of(thread, "postpone"), json={**call, "until": TOMORROW})
        assert answered.status_code == 202
        put_off = answered.json()
        assert put_off["status"] == thread["status"]
        last = put_off["events"][-1]
        assert (last["type"], last["data"]["until"]) == ("postponed", TOMORROW)
        assert (last["data"]["channel"], last["data"]["user"]) == ("http", "local")
        said = {"response": "red"} if step is QUESTION else {"approved": True}
        kind = "responses" if step is QUESTION else "approvals"
        assert client.post(path_of(thread, kind), json=call | said).status_code == 202


@pytest.mark.parametrize(
    ("until", "status"),
    [
        ("2020-01-01T00:00:00Z", 422),
        ("2027-06-01T00:00:00Z", 422),
        ("tomorrow", 422),
        ("2026-12-31", 422),
        (None, 422),
        ("2026-01-02T12:00:00", 422),  # of which place?
        ("9999-12-31T23:59:59+14:00", 422),
        ("0001-01-01T00:00:00-14:00", 422),
    ],
)
def test_a_time_that_is_none_changes_nothing(until: Any, status: int) -> None:
    with serving(model_that_says(QUESTION)) as client:
        thread = launch(client)
        body = {"call_id": thread["awaiting"]["call_id"], "until": until}
        assert client.post(path_of(thread, "postpone"), json=body).status_code == status
        assert client.get(f"/api/v1/threads/{thread['id']}").json() == thread


def test_what_waits_for_nobody_cannot_be_put_off() -> None:
    with serving(model_that_says(DONE)) as client:
        thread = launch(client)
        body = {"call_id": "1", "until": TOMORROW}
        assert client.post(path_of(thread, "postpone"), json=body).status_code == 409
