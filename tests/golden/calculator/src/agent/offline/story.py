"""What the rules make of a thread: what is still to be done, and what came of the rest."""

import re
from itertools import product
from typing import Any, get_args

from ..tools import NextStep
from .clauses import Unclear, answered, bare, understand
from .grammar import RESULT, Draft, Hole, number
from .sentences import RULES

INTENTS = {step.model_fields["intent"].default for step in get_args(NextStep)}
STOP = re.compile(r"\W*(?:no|stop|cancel|abort|never ?mind|forget|leave it)\b", re.I)
AGAIN = re.compile(r"\W*(?:yes|ok|okay|(?:try )?again|retry|go on|continue)\W*", re.I)
ASKS = "request_more_information"
NOT_AN_LLM = "This is the offline stand-in, not an LLM: it understands"


def text_of(data: Any) -> str:
    """What an event says, whichever channel it came through."""
    fields = data if isinstance(data, dict) else {"text": data}
    said = (fields.get(name) for name in ("message", "text", "body", "response"))
    return next((text for text in said if isinstance(text, str)), "")


class Story:
    """Read event by event, it knows what comes next."""

    def __init__(self) -> None:
        self.planned: list[Draft] = []
        self.results: list[tuple[str, Any]] = []  # of what was asked last, with their intents
        self.known: dict[str, Any] = {}  # what was looked up, by its kind or the tool's intent
        self.last: Any = None  # the result before that is a number, or a text
        self.decision = "done_for_now"  # behind this one somebody speaks again
        self.no = ""  # what it means that a human refuses the decision
        self.verdict: Draft | None = None  # what is left to be said whatever is planned
        self.misheard = ""  # what of the last answer was not understood

    def read(self, kind: str, data: Any) -> None:
        about = data if isinstance(data, dict) else {}
        match kind:
            case "tool_response":
                self.came(data)
            case "error":
                self.doubt(text_of(data))
            case "expired":
                why = text_of(data)
                self.plan([], done(self.told(f"{why[:1].upper()}{why[1:]}.")))
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
                if kind != ASKS:  # an error that was overcome is shown no more: it was understood
                    self.misheard = ""
                self.no = f"Not done: {kind} ({', '.join(values)}) was not approved"
            case _ if self.decision == "done_for_now":
                self.decision, self.results, self.known = "", [], {}
                self.follow(text_of(data))
            case _:
                self.known[kind] = about

    def came(self, data: Any) -> None:
        """A result: of the step that was planned, or of something that had to be looked up."""
        self.known[self.decision] = data if isinstance(data, dict) else {}
        if self.planned and name_of(self.planned[0]) == self.decision:
            self.results.append((self.decision, data))
            self.planned = self.planned[1:]
            self.last = self.last if isinstance(data, dict) else data

    def plan(self, steps: list[Draft], verdict: Draft | None = None) -> None:
        self.planned, self.verdict, self.misheard = steps, verdict, ""

    def follow(self, text: str) -> bool:
        """Plan what a text asks for, if all of it can be understood; else say what cannot."""
        try:
            steps = understand(text, RULES)
        except Unclear as unclear:
            self.plan([], question(not_understood(unclear, text)))
            return False
        self.plan(steps, None if steps else question(f"{NOT_AN_LLM} {RULES.usage}"))
        return bool(steps)

    def answer(self, text: str) -> None:
        """A new sentence, an end, a “go on”, or what was asked for; else it is asked again."""
        planned, asked = self.planned, self.verdict
        if self.follow(text):
            return
        if STOP.match(text):
            self.plan([], done("Nothing more was done, as you say."))
        elif planned and AGAIN.fullmatch(text):
            self.plan([as_before(planned[0]), *planned[1:]])
        elif planned:
            self.plan(planned, asked)
            self.fill(text)

    def fill(self, text: str) -> None:
        """The holes of the next step, and the same ones in the steps behind it."""
        asked, *others = self.planned
        try:
            step, values = filled(self.ready(), text)
        except Unclear as unclear:
            self.misheard = part_of(unclear)
            return
        steps = expanded(step, values)
        for other in others:
            same = [name for name in values if name in asked and other.get(name) is asked[name]]
            holes = [name for name in same if isinstance(other[name], Hole)]
            steps += expanded(other, {name: values[name] for name in holes})
        self.plan(steps)

    def judge(self, yes: bool, comment: str) -> None:
        because = f" ({comment})." if comment else "."
        if self.decision == "request_approval_from_manager":
            said = f"The manager said {'yes' if yes else 'no'}{because}"
            self.came({"said": said}) if yes else self.plan([], done(self.told(said)))
        elif not yes and not (comment and self.follow(comment)):
            asked = re.search(r"\?|\bask\b", comment, re.I)
            no = self.no + because
            self.plan([], question(f"{no} What now?") if asked else done(self.told(no)))

    def doubt(self, error: str) -> None:
        """Another argument mends some errors; about the others a human is asked, or told."""
        step = self.planned[0] if self.planned else {}
        sentence = RULES.sentence(self.decision)
        found = (name for words, name in sentence.mended_by.items() if re.search(words, error))
        if name := next((name for name in found if name in step), None):
            hole = Hole(f"{RULES.places[name].wanted} ({error})", old=step[name])
            self.planned = [step | {name: hole}, *self.planned[1:]]
        elif sentence.final and re.search(sentence.final, error):
            self.plan([], done(self.told(f"Not done: {error}.")))
        else:
            self.verdict = question(f"{error}. Say “again”, or what to do instead.")

    def next_step(self) -> Draft:
        step = self.following()
        if not self.misheard:
            return step
        asks = step if step["intent"] == ASKS else question("Say “go on”, or what to do instead.")
        return asks | {"message": f"{self.misheard} {asks['message']}"}

    def following(self) -> Draft:
        if self.verdict:
            return self.verdict
        if not self.planned:
            nothing = question(f"{NOT_AN_LLM} {RULES.usage}")
            return done(self.told()) if self.results else nothing
        step = self.ready()
        holes = [value for value in step.values() if isinstance(value, Hole)]
        if holes:
            name = step["intent"].partition("_{")[0]
            return question(f"{name} needs {holes[0].wanted}: which?", holes[0].choices)
        return {"intent": name_of(step), **arguments(step)}

    def ready(self) -> Draft:
        """The next step, with what came before it and what was looked up."""
        step = {name: self.value(each) for name, each in self.planned[0].items()}
        return RULES.completed(step, self.known)

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
        return " ".join([*(sentence_of(intent, result) for intent, result in kept), *more])


def sentence_of(intent: str, result: Any) -> str:
    """A result, in the sentence that is said of it."""
    values = result if isinstance(result, dict) else {}
    shown = {name: listed(value) for name, value in values.items()} | {"result": result}
    try:
        said = RULES.sentence(intent).said.format(**shown)
    except (KeyError, IndexError):
        said = ""
    return said or f"{intent} gave {result}."


def listed(value: Any) -> Any:
    """A list as its names."""
    if not isinstance(value, list):
        return value
    return ", ".join(str(each.get("name") if isinstance(each, dict) else each) for each in value)


def filled(step: Draft, text: str) -> tuple[Draft, dict[str, list[Any]]]:
    """The step, and what an answer has for its holes."""
    if changes := RULES.sentence(step["intent"]).answer(text.strip()):
        return as_before(step), {name: [value] for name, value in changes.items()}
    holes = [name for name, value in step.items() if isinstance(value, Hole)]
    return step, answered(text, {name: RULES.places[name] for name in holes})


def expanded(step: Draft, values: dict[str, list[Any]]) -> list[Draft]:
    """A step for each of the values."""
    return [step | dict(zip(values, row, strict=True)) for row in product(*values.values())]


def as_before(step: Draft) -> Draft:
    return {
        name: value.old if isinstance(value, Hole) and value.old is not None else value
        for name, value in step.items()
    }


def name_of(step: Draft) -> str:
    """The intent, with the arguments that are a part of its name."""
    return str(step["intent"]).format(**step)


def arguments(step: Draft) -> Draft:
    in_name = set(re.findall(r"\{(\w+)\}", step["intent"])) | {"intent"}
    return {name: value for name, value in step.items() if name not in in_name}


def not_understood(unclear: Unclear, text: str) -> str:
    usage = f"{NOT_AN_LLM} {RULES.usage}"
    return f"{part_of(unclear)} {usage}" if bare(text) else usage


def part_of(unclear: Unclear) -> str:
    part, clause = unclear.part[:80], unclear.clause[:200]
    return f"I do not understand “{part}”" + (f" in “{clause}”." if part != clause else ".")


def question(message: str, choices: tuple[str, ...] = ()) -> Draft:
    offered = {"format": "multiple_choice", "choices": list(choices)} if choices else {}
    return {"intent": ASKS, "message": message, **offered}


def done(message: str) -> Draft:
    return {"intent": "done_for_now", "message": message}
