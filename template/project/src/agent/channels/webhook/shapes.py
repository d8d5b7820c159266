"""What is asked, in A2H's shapes: a `HumanContact` to answer, a `FunctionCall` to decide on."""

import json
from typing import Any

from ...reach import Asked
from ...redaction import marked
from ...waiting import Waiting

CONTACT, CALL = "human_contacts", "function_calls"
YES_NO = ({"name": "yes", "title": "Yes"}, {"name": "no", "title": "No"})
# A call that may have run is no new one: it is asked in words, and answered by one of these.
APPROVE, REJECT = "approve", "reject"
IN_DOUBT = (
    {"name": APPROVE, "title": "Run it again"},
    {"name": REJECT, "title": "Treat it as not done"},
)


def kind_of(waiting: Waiting) -> str:
    return CALL if waiting.reason == "approval" else CONTACT


def shape_of(asked: Asked) -> dict[str, Any]:
    """`run_id` is the thread. `state` says what the draft has no place for."""
    waiting = asked.waiting
    state = {
        "thread_id": asked.thread_id,
        "call_id": waiting.call_id,
        "reason": waiting.reason,
        "urgency": waiting.urgency,
        "approver": waiting.approver,
        "expires_at": asked.expires_at and asked.expires_at.isoformat(),
        "reminds": asked.reminds,
    }
    spec = call(waiting) if kind_of(waiting) == CALL else contact(waiting)
    return {
        "run_id": asked.thread_id,
        "call_id": waiting.call_id,
        "spec": spec | {"state": state},
        "status": {"requested_at": waiting.asked_at and waiting.asked_at.isoformat()},
    }


def call(waiting: Waiting) -> dict[str, Any]:
    return {"fn": waiting.intent, "kwargs": marked(waiting.arguments)}


def contact(waiting: Waiting) -> dict[str, Any]:
    options = options_of(waiting)
    question = waiting.question
    if waiting.reason == "in_doubt":  # a yes runs it again, so all of it is to be seen
        with_what = json.dumps(marked(waiting.arguments), indent=2, ensure_ascii=False)
        question = f"{question}\n\n{waiting.intent} {with_what}"
    said = {"msg": question, "subject": waiting.intent if waiting.arguments else None}
    return said | ({"response_options": list(options)} if options else {})


def options_of(waiting: Waiting) -> tuple[dict[str, str], ...]:
    if waiting.reason == "in_doubt":
        return IN_DOUBT
    if waiting.format == "yes_no":
        return YES_NO
    return tuple({"name": choice, "title": choice} for choice in waiting.choices)
