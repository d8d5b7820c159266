"""What the rules make of a thread: what is still to be done, and what came of the rest."""

import re
from typing import Any, get_args

from ..tools import NextStep
from . import sentences
from .grammar import RESULT, Hole, Step, Unclear, number, understand

INTENTS = {step.model_fields["intent"].default for step in get_args(NextStep)}
STOP = re.compile(r"\W*(?:no|stop|cancel|abort|never ?mind|forget)\b", re.I)
AGAIN = re.compile(r"\W*(?:yes|(?:try )?again|retry|go on)\W*", re.I)
NOT_AN_LLM = "This is the offline stand-in, not an LLM: it understands"


def text_of(data: Any) -> str:
    """What an event says, whichever channel it came through."""
    fields = data if isinstance(data, dict) else {"text": data}
    said = (fields.get(name) for name in ("message", "text", "body", "response"))
    return next((text for text in said if isinstance(text, str)), "")


class Story:
    """Read event by event, it knows what comes next."""

    def __init__(self) -> None:
        self.planned: list[Step] = []
        self.results: list[tuple[str, Any]] = []  # of what was asked last, with their intents
        self.known: dict[str, Any] = {}  # what was looked up, by its kind or the tool's intent
        self.last: Any = None  # the result before
        self.decision = "done_for_now"  # behind this one somebody speaks again
        self.no = ""  # what it means that a human refuses the decision
        self.verdict: Step | None = None  # what is left to be said whatever is planned

    def read(self, kind: str, data: Any) -> None:
        about = data if isinstance(data, dict) else {}
        match kind:
            case "tool_response":
                self.came(data)
            case "error":
                self.doubt(text_of(data))
            case "human_response" if "approved" in about:
                self.judge(about["approved"] in (True, "true"), str(about.get("comment") or ""))
            case "human_response":
                self.answer(text_of(data))
            case "human_request" if about.get("reason") == "in_doubt":
                self.no = f"{self.decision} was started once, and not again"
            case "human_request":
                self.verdict = None
            case _ if kind in INTENTS:
                values = [str(value) for name, value in about.items() if name != "intent"]
                self.decision = kind
                self.no = f"Not done: {kind} ({', '.join(values)}) was not approved"
            case _ if self.decision == "done_for_now":
                self.decision, self.results, self.known = "", [], {}
                self.follow(text_of(data))
            case _:
                self.known[kind] = about

    def came(self, data: Any) -> None:
        """A result: of the step that was planned, or of something that had to be looked up."""
        self.known[self.decision] = data
        if self.planned and name_of(self.planned[0]) == self.decision:
            self.results.append((self.decision, data))
            self.planned, self.last = self.planned[1:], data

    def plan(self, steps: list[Step], verdict: Step | None = None) -> None:
        self.planned, self.verdict = steps, verdict

    def follow(self, text: str) -> bool:
        """Plan what a text asks for, if all of it can be understood; else say what cannot."""
        try:
            steps = understand(text, sentences.SENTENCES)
        except Unclear as unclear:
            self.plan([], question(not_understood(unclear)))
            return False
        self.plan(steps, None if steps else question(f"{NOT_AN_LLM} {sentences.USAGE}"))
        return bool(steps)

    def answer(self, text: str) -> None:
        planned = self.planned
        if self.follow(text):
            return
        verdict = self.verdict
        if STOP.match(text):
            self.plan([], done("Nothing more was done, as you say."))
        elif not planned:
            self.plan([], verdict)
        elif AGAIN.fullmatch(text):
            self.plan([as_before(planned[0]), *planned[1:]])
        else:
            self.plan([filled(step, text) for step in planned])

    def judge(self, yes: bool, comment: str) -> None:
        because = f" ({comment})." if comment else "."
        if self.decision == "request_approval_from_manager":
            self.plan([], done(f"The manager said {'yes' if yes else 'no'}{because}"))
        elif not yes and not (comment and self.follow(comment)):
            asked = re.search(r"\?|\bask\b", comment, re.I)
            no = self.no + because
            self.plan([], question(f"{no} What now?") if asked else done(self.told(no)))

    def doubt(self, error: str) -> None:
        """Another argument mends some errors; about the others a human is asked, or told."""
        for words, name, wanted in sentences.MENDED_BY:
            if self.planned and words in error and name in self.planned[0]:
                hole = Hole(f"{wanted} ({error})", old=self.planned[0][name])
                self.planned = [self.planned[0] | {name: hole}, *self.planned[1:]]
                return
        if any(words in error for words in sentences.FINAL):
            self.plan([], done(self.told(f"Not done: {error}.")))
        else:
            self.verdict = question(f"{error}. Say “again”, or what to do instead.")

    def next_step(self) -> Step:
        if self.verdict:
            return self.verdict
        if not self.planned:
            nothing = question(f"{NOT_AN_LLM} {sentences.USAGE}")
            return done(self.told()) if self.results else nothing
        step = {name: self.value(each) for name, each in self.planned[0].items()}
        step = sentences.completed(step, self.known)
        holes = [value for value in step.values() if isinstance(value, Hole)]
        if holes:
            name = step["intent"].partition("_{")[0]
            return question(f"{name} needs {holes[0].wanted}: which?", holes[0].choices)
        return {"intent": name_of(step), **arguments(step)}

    def value(self, value: Any) -> Any:
        if value != RESULT:
            return value
        found = number(str(self.last))
        return Hole("a number, for there is no result yet") if found in (None, RESULT) else found

    def told(self, *more: str) -> str:
        """What came of everything; of numbers in a row, the last."""
        plain = [not isinstance(result, dict) for _, result in self.results]
        last = [place for place, is_plain in enumerate(plain) if is_plain][-1:]
        kept = [r for n, r in enumerate(self.results) if not plain[n] or [n] == last]
        return " ".join([*(told(intent, result) for intent, result in kept), *more])


def told(intent: str, result: Any) -> str:
    """A result, in the sentence that is said of it."""
    values = result if isinstance(result, dict) else {}
    shown = {name: listed(value) for name, value in values.items()} | {"result": result}
    try:
        return sentences.SAID[intent].format(**shown)
    except (KeyError, IndexError):
        return f"{intent} gave {result}."


def listed(value: Any) -> Any:
    """A list as its names."""
    if not isinstance(value, list):
        return value
    return ", ".join(str(each.get("name") if isinstance(each, dict) else each) for each in value)


def filled(step: Step, text: str) -> Step:
    """With what an answer says in the places that are open."""
    for words, said in sentences.ANSWERS.items():
        if re.fullmatch(words, text.strip(), re.I):
            return as_before(step) | dict(said)
    slots = next(s.slots for s in sentences.SENTENCES if s.intent == step["intent"])
    new, rest = dict(step), text
    for name, value in step.items():
        if isinstance(value, Hole) and (found := re.search(slots[name].regex, rest, re.I)):
            new[name], rest = slots[name].read(found[0]), rest.replace(found[0], " ", 1)
    return new


def as_before(step: Step) -> Step:
    return {
        name: value.old if isinstance(value, Hole) and value.old is not None else value
        for name, value in step.items()
    }


def name_of(step: Step) -> str:
    """The intent, with the arguments that are a part of its name."""
    return str(step["intent"]).format(**step)


def arguments(step: Step) -> Step:
    in_name = set(re.findall(r"\{(\w+)\}", step["intent"])) | {"intent"}
    return {name: value for name, value in step.items() if name not in in_name}


def not_understood(unclear: Unclear) -> str:
    """Which part it is, if the rest is a sentence."""
    usage = f"{NOT_AN_LLM} {sentences.USAGE}"
    if unclear.part in ("", unclear.clause):
        return usage
    return f"I do not understand “{unclear.part[:80]}” in “{unclear.clause[:200]}”. {usage}"


def question(message: str, choices: tuple[str, ...] = ()) -> Step:
    offered = {"format": "multiple_choice", "choices": list(choices)} if choices else {}
    return {"intent": "request_more_information", "message": message, **offered}


def done(message: str) -> Step:
    return {"intent": "done_for_now", "message": message}
