"""What the offline stand-in makes of a thread: what is still to be done, and what came out."""

import re
from typing import Any, get_args

from ..tools import NextStep
from .grammar import NEWEST
from .plans import Hole, Pairs, Step, fill, understand
from .sayings import USAGE, done, outcome, question, tags_in, text_of

INTENTS = {step.model_fields["intent"].default for step in get_args(NextStep)}
STOP = re.compile(r"\W*(?:no|stop|cancel|abort|never ?mind|forget)\b", re.IGNORECASE)
FINAL = ("to roll back to", "deploy the tag that is wanted")  # errors that no other try mends


class Story:
    """Read event by event, it knows what comes next."""

    def __init__(self) -> None:
        self.planned: list[Step] = []
        self.results: list[tuple[str, Step]] = []  # of what was asked last, with their intents
        self.before: Pairs = []  # what was deployed for the message before that: “it”
        self.tags: list[str] | None = None  # None until they are shown; new ones may come
        self.are_all = False
        self.decision, self.arguments = "done_for_now", ""  # behind this one somebody speaks again
        self.no = ""  # what it means that a human refuses the decision
        self.verdict: Step | None = None  # what an error, a no or a stop has left to say

    def read(self, kind: str, data: Any) -> None:
        about = data if isinstance(data, dict) else {}
        match kind:
            case "tool_response" if self.decision != "list_git_tags":
                self.results.append((self.decision, about))
                self.planned = self.planned[1:]
            case "tool_response" | "git_tags":
                self.learn(about)
            case "error":
                self.doubt(text_of(data))
            case "human_response" if "approved" in about:
                self.judge(about["approved"] in (True, "true"), str(about.get("comment") or ""))
            case "human_response":
                self.answer(text_of(data))
            case "human_request" if about.get("reason") == "in_doubt":
                self.no = f"{self.decision} ({self.arguments}) was started once, and not again"
            case _ if kind in INTENTS:
                values = (str(value) for name, value in about.items() if name != "intent")
                self.decision, self.arguments = kind, ", ".join(values)
                self.no = f"Not done: {kind} ({self.arguments}) was not approved"
            case _ if self.decision == "done_for_now":
                self.before = deployed(self.results) or self.before
                self.decision, self.results, self.tags = "", [], None
                self.plan([])
                self.follow(text_of(data))

    def plan(self, steps: list[Step], verdict: Step | None = None) -> None:
        self.planned, self.verdict = steps, verdict

    def follow(self, text: str) -> bool:
        """Plan what a text asks for, if it is a sentence of ours."""
        if steps := understand(text, self.before):
            self.plan(steps)
        return bool(steps)

    def learn(self, result: Step) -> None:
        self.tags = [str(tag.get("name")) for tag in tags_in(result)]
        self.are_all = str(result.get("older")) == "0"
        if self.planned and self.planned[0]["intent"] == "list_git_tags":
            self.results.append(("list_git_tags", result))
            self.planned = self.planned[1:]

    def answer(self, text: str) -> None:
        self.planned = [self.checked(step) for step in self.planned]
        if filled := fill(self.planned, text):
            self.planned = filled
        elif not self.follow(text) and STOP.match(text):
            self.plan([], done("Nothing more was done, as you say."))

    def judge(self, yes: bool, comment: str) -> None:
        if yes or self.follow(comment):
            return
        no = self.no + (f" ({comment})." if comment else ".")
        asked = re.search(r"\?|\bask\b", comment, re.IGNORECASE)
        self.plan([], question(f"{no} What now?") if asked else done(self.told(no)))

    def doubt(self, error: str) -> None:
        """Another tag mends some errors, and nothing others; after the rest it is tried again."""
        if "there is no tag" in error and self.planned:
            wrong = self.planned[0].get("tag")
            mended = {"tag": Hole(f"another tag ({error})", tuple(self.tags or ()))}
            self.planned = [s | mended if s.get("tag") == wrong else s for s in self.planned]
        elif error.endswith(FINAL):
            self.plan([], done(self.told(f"Not done: {error}.")))

    def next_step(self) -> Step:
        if self.verdict:
            return self.verdict
        if not self.planned:
            return done(self.told()) if self.results else question(USAGE)
        step = self.checked(self.planned[0])
        holes = [value for value in step.values() if isinstance(value, Hole)]
        if holes:
            wanted, choices = holes[0]
            return question(f"{step['intent']} needs {wanted}: which?", choices)
        if step.get("tag") == NEWEST:
            if not self.tags:
                none = question("There is no tag to deploy. What now?")
                return none if self.tags == [] else {"intent": "list_git_tags"}
            step["tag"] = self.tags[0]
        if step["intent"] == "deploy":
            step["intent"] = f"deploy_{step.pop('service')}"
        return step

    def checked(self, step: Step) -> Step:
        """With a hole for a tag that is none."""
        tag = step.get("tag", NEWEST)
        if not self.tags or isinstance(tag, Hole) or tag == NEWEST:
            return dict(step)
        for name in (tag, f"v{tag}"):
            if name in self.tags:
                return step | {"tag": name}
        none = Hole(f"another tag, for there is no {tag}", tuple(self.tags))
        return step | {"tag": none} if self.are_all else dict(step)

    def told(self, *more: str) -> str:
        return " ".join([*(outcome(*result) for result in self.results), *more])


def deployed(results: list[tuple[str, Step]]) -> Pairs:
    """Services with their tags."""
    found = [(result.get("service"), result.get("deployed")) for _, result in results]
    return list(dict.fromkeys((str(name), str(tag)) for name, tag in found if name and tag))
