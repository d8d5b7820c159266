"""The sentences: what each asks for, and what is none of them."""

from typing import Any

import pytest

from agent.events import AnyEvent

from ..agent.scripted import answer, decided, fetched, result, said, thread_of
from .said import decided_for, decided_in

ASKS = "request_more_information"


@pytest.mark.parametrize(
    ("text", "step"),
    [
        (
            "deploy the backend v1.2.0 to staging",
            {"intent": "deploy_backend", "tag": "v1.2.0", "environment": "staging"},
        ),
        (
            "please deploy backend and frontend v1.2.0 to production",
            {"intent": "deploy_backend", "tag": "v1.2.0", "environment": "production"},
        ),
        ("deploy the newest backend to staging", {"intent": "list_git_tags"}),
        ("which tags are there?", {"intent": "list_git_tags"}),
        (
            "what is deployed in production?",
            {"intent": "check_deployment_status", "environment": "production"},
        ),
        (
            "roll back the frontend in staging",
            {"intent": "rollback", "service": "frontend", "environment": "staging"},
        ),
        (
            "roll out the backend v1.1.0 gradually",
            {"intent": "roll_out", "service": "backend", "tag": "v1.1.0"},
        ),
    ],
)
def test_a_deployment_is_a_tool(text: str, step: dict[str, Any]) -> None:
    assert decided_for(text) == step


@pytest.mark.parametrize(
    "text",
    [
        "don't deploy the backend v1.2.0 to production",
        "deploy the backend v1.2.0 to production unless it rains",
        "deploy the backend v1.2.0 to production tomorrow",
        "deploy backend v1.2.0 to nowhere",
        "deploy v1.2.0 to staging",
        "deploy the backend v1.2.0 to staging, then deploy the frontend to mars",
        "deploy the backend v1.2.0 to staging, deploy nothing",
        "roll out the frontend slowly to staging",
        "statusofstaging",
    ],
)
def test_what_turns_it_around_or_is_not_known_does_nothing(text: str) -> None:
    assert decided_for(text)["intent"] == ASKS


def test_what_is_not_understood_is_named() -> None:
    message = decided_for("deploy the backend unless it rains")["message"]
    assert "“unless it rains” in “deploy the backend unless it rains”" in message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("roll out the frontend v1.0.0 slowly to staging", "to staging"),
        ("deploy the backend v1.2.0 to staging, then deploy the frontend to mars", "to mars"),
    ],
)
def test_of_what_is_nearly_a_deployment_the_part_is_named(text: str, part: str) -> None:
    assert f"I do not understand “{part}” in “" in decided_for(text)["message"]


def test_the_newest_can_be_rolled_out_and_its_service_asked_for() -> None:
    tags = fetched({"tags": [{"name": "v1.2.0"}], "older": 0})
    known = tags.model_copy(update={"type": "git_tags"})
    step = decided_in(thread_of(said("roll out the newest backend gradually"), known))
    assert step == {"intent": "roll_out", "service": "backend", "tag": "v1.2.0"}
    asked = decided_in(thread_of(said("deploy the latest version to staging"), known))
    assert asked["choices"] == ["backend", "frontend"]


def test_a_place_is_asked_for_and_the_answer_is_used() -> None:
    begun = said("deploy backend v1.2.0")
    asked = decided_in(thread_of(begun))
    assert asked["choices"] == ["staging", "production"]
    step = decided_in(thread_of(begun, decided(asked), answer(response="staging")))
    assert step == {"intent": "deploy_backend", "tag": "v1.2.0", "environment": "staging"}


@pytest.mark.parametrize(
    "text",
    [
        "not production",
        "anything but production",
        "neither staging nor production",
        "please don't touch production",
        "staging or production",
        "is it production?",
        "production tomorrow",
        "production is off limits",
    ],
)
def test_an_answer_that_says_anything_besides_deploys_nothing(text: str) -> None:
    begun = said("deploy backend v1.2.0")
    asked = decided_in(thread_of(begun))
    step = decided_in(thread_of(begun, decided(asked), answer(response=text)))
    assert step["intent"] == ASKS
    assert "I do not understand" in step["message"]
    assert step["choices"] == ["staging", "production"]


def test_an_answer_with_two_places_is_two_deployments() -> None:
    begun = said("deploy backend v1.2.0")
    asked = decided_in(thread_of(begun))
    to = {"intent": "deploy_backend", "tag": "v1.2.0", "environment": "staging"}
    answered: list[AnyEvent] = [begun, decided(asked), answer(response="staging and production")]
    assert decided_in(thread_of(*answered)) == to
    went = thread_of(*answered, decided(to, "2"), result("2", {"environment": "staging"}))
    assert decided_in(went) == to | {"environment": "production"}


def test_a_tag_that_there_is_not_can_be_another() -> None:
    tags = fetched({"tags": [{"name": "v1.2.0"}], "older": 0})
    begun: list[AnyEvent] = [
        said("deploy backend v9 to staging"),
        tags.model_copy(update={"type": "git_tags"}),
    ]
    asked = decided_in(thread_of(*begun))
    assert asked["choices"] == ["v1.2.0"]
    step = decided_in(thread_of(*begun, decided(asked), answer(response="v1.2.0")))
    assert step == {"intent": "deploy_backend", "tag": "v1.2.0", "environment": "staging"}


def test_what_was_deployed_is_said() -> None:
    step = {"intent": "deploy_backend", "tag": "v1.2.0", "environment": "staging"}
    came = {"service": "backend", "environment": "staging", "deployed": "v1.2.0", "before": "-"}
    thread = thread_of(said("deploy backend v1.2.0 to staging"), decided(step), result(data=came))
    assert decided_in(thread)["message"] == "Deployed backend v1.2.0 to staging (before: -)."
