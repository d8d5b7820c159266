"""What the offline stand-in makes of a thread: what is still to be done, and what came out."""

import re
from typing import Any, get_args

from ..tools import NextStep
from .arithmetic import NUMBER, Hole, Result, Step, number
from .grammar import ORDER_ID, understand

INTENTS = {step.model_fields["intent"].default for step in get_args(NextStep)}
STOP = re.compile(r"\W*(?:no|stop|cancel|abort|never ?mind|forget)\b", re.IGNORECASE)
# What a tool's error says, the argument that would mend it, and what to ask for.
MENDED_BY = {
    "divide by zero": ("b", "a divisor that is not zero"),
    "too large": ("b", "a smaller number"),
    "the amount must": ("amount", "an amount above 0"),
    "no more than": ("amount", "a smaller amount"),
    "there is no order": ("order_id", "the id of another order"),
}
USAGE = (
    "This is the offline stand-in, not an LLM: it understands arithmetic, refunds and questions to"
    " the manager. Try “multiply 3 and 4, then add 5 to the result”, “refund order A-1001, it"
    " arrived broken” or “ask the manager whether we may close early”."
)


def text_of(data: Any) -> str:
    """What an event says, whichever channel it came through."""
    fields = data if isinstance(data, dict) else {"text": data}
    said = (fields.get(name) for name in ("message", "text", "body", "response"))
    return next((text for text in said if isinstance(text, str)), "")


class Story:
    """Read event by event, it knows what comes next."""

    def __init__(self) -> None:
        self.planned: list[Step] = []
        self.results: list[Any] = []
        self.new = 0  # the first result of what was asked last
        self.orders: dict[str, Any] = {}
        self.decision = "done_for_now"  # the last one; behind this one somebody speaks again
        self.no = ""  # what it means that a human refuses the decision
        self.verdict: Step | None = None  # what a human's no or stop has left to say

    def read(self, kind: str, data: Any) -> None:
        about = data if isinstance(data, dict) else {}
        match kind:
            case "tool_response":
                self.results.append(data)
                self.planned = self.planned[1:]
            case "error":
                self.doubt(text_of(data))
            case "human_response" if "approved" in about:
                self.judge(about["approved"] in (True, "true"), str(about.get("comment") or ""))
            case "human_response":
                self.answer(text_of(data))
            case "human_request" if about.get("reason") == "in_doubt":
                self.no = f"{self.decision} was started once, and not again"
            case "orders":
                self.orders |= about
            case _ if kind in INTENTS:
                self.decision, self.no = kind, f"Not done: {kind} was not approved"
            case _ if self.decision == "done_for_now":
                self.decision, self.new = "", len(self.results)
                self.plan([])
                self.follow(text_of(data))

    def plan(self, steps: list[Step], verdict: Step | None = None) -> None:
        self.planned, self.verdict = steps, verdict

    def follow(self, text: str) -> bool:
        """Plan what a text asks for, if it is a sentence of ours."""
        if steps := understand(text, len(self.results)):
            self.plan(steps)
        return bool(steps)

    def answer(self, text: str) -> None:
        if self.follow(text):
            return
        if STOP.match(text) and not re.search("[0-9]", text):
            self.plan([], done("Nothing more was done, as you say."))
        elif self.planned:
            fill(self.planned[0], text)

    def judge(self, yes: bool, comment: str) -> None:
        because = f" ({comment})." if comment else "."
        if self.decision == "request_approval_from_manager":
            self.plan([], done(f"The manager said {'yes' if yes else 'no'}{because}"))
        elif not yes and not self.follow(comment):
            no = self.no + because
            asked = re.search(r"\?|\bask\b", comment, re.IGNORECASE)
            self.plan([], question(f"{no} What now?") if asked else done(no))

    def doubt(self, error: str) -> None:
        """Another argument would mend some errors; after the others the call is tried again."""
        if "refunded already" in error:
            self.plan([], done(f"Not done: {error}."))
        for words, (name, wanted) in MENDED_BY.items():
            if self.planned and words in error and name in self.planned[0]:
                self.planned[0][name] = Hole(wanted)

    def next_step(self) -> Step:
        results = self.results[self.new :]
        if self.verdict:
            return self.verdict
        if not self.planned:
            return done(outcome(results)) if results else question(USAGE)
        step = {name: self.known(value) for name, value in self.planned[0].items()}
        if "order_id" in step:
            look_up(step, self.orders)
        holes = [value.wanted for value in step.values() if isinstance(value, Hole)]
        return question(f"{step['intent']} needs {holes[0]}: which?") if holes else step

    def known(self, value: Any) -> Any:
        if not isinstance(value, Result):
            return value
        found = number(str(self.results[value.place])) if value.place < len(self.results) else None
        return Hole("a number, which the last result is not") if found is None else found


def fill(step: Step, answer: str) -> None:
    """Put what a human answered where something was missing."""
    if "order_id" in step and (order := ORDER_ID.search(answer)):
        step["order_id"] = order[0].upper()
    found = (number(text) for text in NUMBER.findall(ORDER_ID.sub(" ", answer)))
    numbers = [value for value in found if value is not None]
    for name, value in step.items():
        if isinstance(value, Hole) and name != "order_id" and numbers:
            step[name] = numbers.pop(0)


def look_up(refund: Step, orders: dict[str, Any]) -> None:
    """What a refund lacks may be in the order that was pre-fetched."""
    order = orders.get(str(refund["order_id"]))
    if isinstance(order, str):
        refund["order_id"] = Hole(f"another order, for there is no {refund['order_id']}")
    elif isinstance(order, dict) and isinstance(refund["amount"], Hole):
        refund["amount"] = number(str(order.get("amount"))) or refund["amount"]


def outcome(results: list[Any]) -> str:
    refunds = [result for result in results if isinstance(result, dict)]
    if not refunds:
        return f"The result is {results[-1]}."
    return " ".join(f"Refunded {r.get('refunded')} for order {r.get('order_id')}." for r in refunds)


def question(message: str) -> Step:
    return {"intent": "request_more_information", "message": message}


def done(message: str) -> Step:
    return {"intent": "done_for_now", "message": message}
