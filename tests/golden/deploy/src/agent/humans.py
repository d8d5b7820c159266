"""Factor 7: a human is contacted with a tool call. These are the calls; each channel is a file.

`baml_src/humans.baml` shows the same classes to the model; a test holds the two equal.
"""

from typing import Literal, get_args

from .steps import Step


class RequestMoreInformation(Step):
    intent: Literal["request_more_information"] = "request_more_information"
    message: str
    context: str | None = None
    urgency: Literal["low", "medium", "high"] | None = None
    format: Literal["free_text", "yes_no", "multiple_choice"] | None = None
    choices: list[str] | None = None


class RequestApprovalFromManager(Step):
    intent: Literal["request_approval_from_manager"] = "request_approval_from_manager"
    message: str


class DoneForNow(Step):
    intent: Literal["done_for_now"] = "done_for_now"
    message: str


HumanStep = RequestMoreInformation | RequestApprovalFromManager | DoneForNow
# A call is one of these by its name and not by its words, which a model could choose so that it is
# not shown as a call.
HUMAN_INTENTS = frozenset(step.model_fields["intent"].default for step in get_args(HumanStep))
